package main

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/types"
	"sigs.k8s.io/yaml"
)

var (
	configType   = types.NewObject(nil, types.NewDynamicProperty(types.S, types.A))
	combinedType = types.NewFunction(types.Args(types.NewArray(nil, types.S)), configType)
)

// parseConfig reads a configuration in the format that its first operand names.
func parseConfig(c call) (*ast.Term, error) {
	format, err := c.text(0)
	if err != nil {
		return nil, err
	}
	text, err := c.text(1)
	if err != nil {
		return nil, err
	}
	return asTerm(parsed(format, text))
}

// parseConfigFile reads a file whose path is seen from the policy that asks for it.
func parseConfigFile(c call) (*ast.Term, error) {
	name, err := c.text(0)
	if err != nil {
		return nil, err
	}
	_, config, err := c.file(name)
	return asTerm(config, err)
}

// parseCombinedConfigFiles reads several files into one list of paths and contents; the documents
// of a YAML stream are entries of their own.
func parseCombinedConfigFiles(c call) (*ast.Term, error) {
	names, err := topdownStrings(c.operands[0])
	if err != nil {
		return nil, err
	}
	combined := []any{}
	for _, name := range slices.Sorted(slices.Values(names)) {
		where, config, err := c.file(name)
		if err != nil {
			return nil, err
		}
		documents, several := config.([]any)
		if !several {
			documents = []any{config}
		}
		for _, document := range documents {
			combined = append(combined, map[string]any{"path": where, "contents": document})
		}
	}
	return asTerm(combined, nil)
}

func topdownStrings(term *ast.Term) ([]string, error) {
	var names []string
	return names, ast.As(term.Value, &names)
}

// file is the content of one of the files that were handed in, and its path.
func (c call) file(name string) (where string, config any, err error) {
	where = path.Join(path.Dir(strings.ReplaceAll(c.at.File, `\`, "/")), name)
	text, given := c.files[where]
	if !given {
		return where, nil, topdown.Halt{Err: fmt.Errorf("%s is none of the files given to this policy", where)}
	}
	config, err = parsed(strings.TrimPrefix(path.Ext(name), "."), text)
	return where, config, err
}

// parsed reads YAML and JSON; conftest's other formats end the evaluation, because an undefined
// value could make a policy pass.
func parsed(format, text string) (any, error) {
	switch strings.ToLower(format) {
	case "json":
		var config any
		err := json.Unmarshal([]byte(strings.TrimPrefix(text, "\ufeff")), &config)
		return config, err
	case "yaml", "yml":
		return yamlStream(text)
	}
	return nil, topdown.Halt{Err: fmt.Errorf("this engine reads yaml and json, not %q", format)}
}

// yamlStream is the one document of a text, or the list of them.
func yamlStream(text string) (any, error) {
	parts := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n---\n")
	if strings.HasPrefix(text, "%") && len(parts) > 1 { // directives belong to what follows them
		parts = append([]string{parts[0] + "\n---\n" + parts[1]}, parts[2:]...)
	}
	documents := make([]any, len(parts))
	for i, part := range parts {
		if err := yaml.Unmarshal([]byte(part), &documents[i]); err != nil {
			return nil, err
		}
	}
	if len(documents) == 1 {
		return documents[0], nil
	}
	return documents, nil
}

func asTerm(config any, err error) (*ast.Term, error) {
	if err != nil {
		return nil, err
	}
	value, err := ast.InterfaceToValue(config)
	return ast.NewTerm(value), err
}
