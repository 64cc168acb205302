package main

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/types"
	"github.com/open-policy-agent/opa/v1/util"
)

// function is one that another tool adds to Rego. An error leaves the expression undefined and is
// a warning, as with OPA's builtins; a topdown.Halt ends the evaluation.
type function struct {
	declaration *types.Function
	call        func(call) (*ast.Term, error)
}

// call is one use of a function: from where, with what, and the files it may read.
type call struct {
	at       *ast.Location
	operands []*ast.Term
	files    map[string]string
}

// functions are what Trivy's and conftest's policies may use beside OPA's builtins.
var functions = map[string]function{
	"result.new":                  {resultNewType, resultNew},
	"isManaged":                   {types.NewFunction(types.Args(types.A), types.B), isManaged},
	"cidr.count_addresses":        {types.NewFunction(types.Args(types.S), types.N), countAddresses},
	"cidr.is_public":              {types.NewFunction(types.Args(types.S), types.B), isPublic},
	"sh.parse_commands":           {parseCommandsType, parseCommands},
	"parse_config":                {types.NewFunction(types.Args(types.S, types.S), configType), parseConfig},
	"parse_config_file":           {types.NewFunction(types.Args(types.S), configType), parseConfigFile},
	"parse_combined_config_files": {combinedType, parseCombinedConfigFiles},
}

func functionNames() []string { return util.KeysSorted(functions) }

// functionsNamed picks functions; they read nothing but the given files.
func functionsNamed(names []string, files map[string]string) (map[string]*topdown.Builtin, error) {
	chosen := make(map[string]*topdown.Builtin, len(names))
	for _, name := range names {
		function, known := functions[name]
		if !known {
			return nil, refusal("unknown_function", "this engine has no function %s", name)
		}
		chosen[name] = function.builtin(name, files)
	}
	return chosen, nil
}

func (f function) builtin(name string, files map[string]string) *topdown.Builtin {
	run := func(ctx topdown.BuiltinContext, operands []*ast.Term, found func(*ast.Term) error) error {
		answer, err := f.call(call{ctx.Location, operands, files})
		if halt, ends := err.(topdown.Halt); ends {
			return topdown.Halt{Err: builtinError(name, halt.Err, ctx.Location)}
		}
		if err != nil {
			return builtinError(name, err, ctx.Location)
		}
		return found(answer)
	}
	return &topdown.Builtin{Decl: &ast.Builtin{Name: name, Decl: f.declaration}, Func: run}
}

func builtinError(name string, err error, at *ast.Location) error {
	return &topdown.Error{Code: topdown.BuiltinErr, Message: fmt.Sprintf("%s: %v", name, err), Location: at}
}

// text is a string operand; the compiler has checked its type where it could.
func (c call) text(i int) (string, error) {
	text, ok := c.operands[i].Value.(ast.String)
	if !ok {
		return "", fmt.Errorf("operand %d must be string but got %s", i+1, ast.ValueName(c.operands[i].Value))
	}
	return string(text), nil
}
