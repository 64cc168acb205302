package main

import (
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

// functions are those that other tools add to Rego, by name.
var functions = map[string]*topdown.Builtin{}

func functionNames() []string { return util.KeysSorted(functions) }

// functionsNamed picks functions; they read nothing but the given files.
func functionsNamed(names []string, _ map[string]string) (map[string]*topdown.Builtin, error) {
	chosen := make(map[string]*topdown.Builtin, len(names))
	for _, name := range names {
		function, known := functions[name]
		if !known {
			return nil, refusal("unknown_function", "this engine has no function %s", name)
		}
		chosen[name] = function
	}
	return chosen, nil
}
