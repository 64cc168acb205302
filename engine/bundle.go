package main

import (
	"errors"
	"io"
	"path"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

type bundleAnswer struct {
	Modules []source       `json:"modules"`
	Data    map[string]any `json:"data"`
	Signed  bool           `json:"signed"` // there is a signature, whether or not it was checked
}

// readBundle reads an OPA bundle, an archive or a folder, with OPA's own reader. With a key it has
// to be signed, and nothing in it may have changed since.
func readBundle(r *request) (*bundleAnswer, error) {
	files, err := unpacked(r.Path)
	if err != nil {
		return nil, err
	}
	read, err := files.read(r.Key, ast.RegoV1)
	if parsing := (ast.Errors)(nil); errors.As(err, &parsing) {
		// An old bundle need not say that it is v0.
		if old, failed := files.read(r.Key, ast.RegoV0); failed == nil {
			read, err = old, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if read.Type() == bundle.DeltaBundleType {
		return nil, refusal("bundle", "it is a delta: it only says what changes in another bundle")
	}
	if len(read.WasmModules) > 0 {
		return nil, refusal("bundle", "it holds WebAssembly, which is not evaluated here: build it with --target rego")
	}
	answer := &bundleAnswer{[]source{}, read.Data, files.signatures() != nil}
	for _, module := range read.Modules {
		version := "v1"
		if module.Parsed.RegoVersion() == ast.RegoV0 {
			version = "v0"
		}
		answer.Modules = append(answer.Modules, source{clean(module.RelativePath), string(module.Raw), version})
	}
	return answer, nil
}

// clean is the path of a file inside its bundle, without what only says where that begins.
func clean(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

func (f files) read(key string, version ast.RegoVersion) (bundle.Bundle, error) {
	reader := bundle.NewCustomReader(&replay{files: f}).
		WithRegoVersion(version).
		WithProcessAnnotations(true).
		WithSkipBundleVerification(key == "")
	if key != "" {
		config, err := verification(key, f.signatures())
		if err != nil {
			return bundle.Bundle{}, err
		}
		reader = reader.WithBundleVerificationConfig(config)
	}
	return reader.Read()
}

// replay hands files that are in memory to OPA's reader, which sets its loader no other limits.
type replay struct {
	files
	bundle.DirectoryLoader // its settings, which are about reading files
}

func (l *replay) NextFile() (*bundle.Descriptor, error) {
	if len(l.files) == 0 {
		return nil, io.EOF
	}
	next := l.files[0]
	l.files = l.files[1:]
	return bundle.NewDescriptor(next.name, next.name, next.reader()), nil
}
