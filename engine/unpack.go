package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/open-policy-agent/opa/v1/bundle"
)

const (
	maxUnpacked = 256 << 20 // bytes of all files together
	maxFiles    = 100_000
)

// files are those of a bundle, read once: whatever is asked of them afterwards, they are the same.
type files []file

type file struct {
	name    string
	content []byte
}

func (f file) reader() *bytes.Buffer { return bytes.NewBuffer(f.content) }

// signatures is what signs the bundle, nil if nothing does.
func (f files) signatures() []byte {
	for _, each := range f {
		if bundle.IsSignaturesFile(each.name) {
			return each.content
		}
	}
	return nil
}

// unpacked reads a gzipped tar archive or a folder. Links and devices are no part of a bundle; one
// that stands where a policy or data would is refused, because OPA would go on without it.
func unpacked(where string) (files, error) {
	status, err := os.Stat(where)
	if err != nil {
		return nil, err
	}
	if status.IsDir() {
		return fromFolder(where)
	}
	archive, err := os.Open(where)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	return fromArchive(archive)
}

func fromArchive(archive io.Reader) (files, error) {
	var found collector
	plain, err := gzip.NewReader(archive)
	if err != nil {
		return nil, refusal("bundle", "it is no gzipped archive: %v", err)
	}
	limited := &io.LimitedReader{R: plain, N: 2 * maxUnpacked}
	for entries := tar.NewReader(limited); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) && limited.N > 0 {
			return found.files, nil
		}
		if limited.N <= 0 {
			return nil, tooLarge()
		}
		if err != nil {
			return nil, refusal("bundle", "the archive cannot be read: %v", err)
		}
		if err := found.add(header.Name, header.FileInfo().Mode(), header.Size, entries); err != nil {
			return nil, err
		}
	}
}

func fromFolder(root string) (files, error) {
	var found collector
	err := filepath.WalkDir(root, func(where string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		status, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, where)
		if err != nil {
			return err
		}
		return found.add("/"+filepath.ToSlash(name), status.Mode(), status.Size(), &opening{name: where})
	})
	return found.files, err
}

// collector takes files in, as long as they are not too many and not too large.
type collector struct {
	files
	size int64
	seen map[string]bool
}

func (c *collector) add(name string, mode fs.FileMode, size int64, from io.Reader) error {
	if mode.IsDir() {
		return nil
	}
	if !mode.IsRegular() {
		if matters(name) {
			return refusal("bundle", "%s is no regular file", name)
		}
		return nil
	}
	if c.size += size; c.size > maxUnpacked || len(c.files) >= maxFiles {
		return tooLarge()
	}
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	if c.seen[clean(name)] {
		return refusal("bundle", "%s is there twice", name)
	}
	c.seen[clean(name)] = true
	content, err := io.ReadAll(io.LimitReader(from, size))
	if err != nil {
		return refusal("bundle", "%s cannot be read: %v", name, err)
	}
	c.files = append(c.files, file{name, content})
	return nil
}

// matters is whether OPA would read a file of this name.
func matters(name string) bool {
	return filepath.Ext(name) == bundle.RegoExt || bundle.IsStructuredDoc(name) ||
		bundle.IsYAMLDataFile(name) || bundle.IsSignaturesFile(name)
}

func tooLarge() error {
	return refusal("bundle", "it holds more than %d files or %d MiB", maxFiles, maxUnpacked>>20)
}

// opening opens a file when it is first read.
type opening struct {
	name string
	file *os.File
}

func (o *opening) Read(to []byte) (n int, err error) {
	if o.file == nil {
		if o.file, err = os.Open(o.name); err != nil {
			return 0, err
		}
	}
	if n, err = o.file.Read(to); err != nil {
		o.file.Close()
	}
	return n, err
}
