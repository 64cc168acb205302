package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/cache"
)

const maxErrors = 100

// program is what was compiled together, ready to be asked.
type program struct {
	files     []source
	compiler  *ast.Compiler
	modules   map[string]*ast.Module // as parsed; kept for tests only
	store     storage.Store
	functions map[string]*topdown.Builtin
	values    cache.InterQueryValueCache // compiled patterns and schemas
	questions map[string]*question
}

type compileAnswer struct {
	Program  int              `json:"program"`
	Packages []packageSummary `json:"packages"`
	Rules    []ruleSummary    `json:"rules"`
}

func (s *shelf) compile(r *request) (*compileAnswer, error) {
	functions, err := functionsNamed(r.Functions, r.Files)
	if err != nil {
		return nil, err
	}
	capabilities := capabilitiesWith(functions, r.Forbid)
	modules, err := parseAll(r.Modules, capabilities)
	if err != nil {
		return nil, err
	}
	store := inmem.NewFromObjectWithOpts(orEmpty(r.Data), inmem.OptReturnASTValuesOnRead(true))
	p := &program{
		files:     r.Modules,
		store:     store,
		functions: functions,
		values:    newValueCache(),
		questions: map[string]*question{},
	}
	if r.Tests {
		p.modules = modules
	}
	if p.compiler, err = compiled(modules, capabilities, store, r.Strict); err != nil {
		return nil, err
	}
	collectGarbage()
	return &compileAnswer{s.add(p), packagesOf(p.compiler, modules), rulesOf(p.compiler)}, nil
}

func newValueCache() cache.InterQueryValueCache {
	config, err := cache.ParseCachingConfig(nil)
	if err != nil {
		panic(err) // OPA's own defaults
	}
	return cache.NewInterQueryValueCache(context.Background(), config)
}

func orEmpty(data map[string]any) map[string]any {
	if data == nil {
		return map[string]any{}
	}
	return data
}

// capabilitiesWith are all of this OPA's, less the forbidden builtins, plus the given functions.
func capabilitiesWith(functions map[string]*topdown.Builtin, forbid []string) *ast.Capabilities {
	capabilities := ast.CapabilitiesForThisVersion()
	capabilities.Builtins = slices.DeleteFunc(slices.Clone(capabilities.Builtins), func(b *ast.Builtin) bool {
		return slices.Contains(forbid, b.Name)
	})
	for _, function := range functions {
		capabilities.Builtins = append(capabilities.Builtins, function.Decl)
	}
	return capabilities
}

func compiled(
	modules map[string]*ast.Module, capabilities *ast.Capabilities, store storage.Store, strict bool,
) (*ast.Compiler, error) {
	ctx := context.Background()
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Abort(ctx, txn)
	compiler := ast.NewCompiler().
		SetErrorLimit(maxErrors).
		WithCapabilities(capabilities).
		WithStrict(strict).
		WithEnablePrintStatements(true).
		WithUseTypeCheckAnnotations(true).
		WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn))
	if compiler.Compile(modules); compiler.Failed() {
		return nil, compiler.Errors
	}
	return compiler, nil
}

// parseAll parses every file, on all cores, and reports the errors of all of them.
func parseAll(files []source, capabilities *ast.Capabilities) (map[string]*ast.Module, error) {
	parsed := make([]*ast.Module, len(files))
	failed := make([]error, len(files))
	var running sync.WaitGroup
	for i, file := range files {
		running.Go(func() {
			failed[i] = calmly(func() (err error) {
				parsed[i], err = parse(file, capabilities)
				return err
			})
		})
	}
	running.Wait()
	modules := make(map[string]*ast.Module, len(files))
	var failures ast.Errors
	for i, file := range files {
		var refused ast.Errors
		switch {
		case errors.As(failed[i], &refused):
			failures = append(failures, refused...)
		case failed[i] != nil:
			return nil, failed[i]
		default:
			modules[file.Name] = parsed[i]
		}
	}
	if len(failures) > 0 {
		return nil, failures
	}
	return modules, nil
}

// parse reads one file as its version says. For auto that is v1 if it parses as such, else v0; if
// it is neither, the errors are those of the version that gets further into the file.
func parse(file source, capabilities *ast.Capabilities) (*ast.Module, error) {
	switch file.Version {
	case "v0":
		return parseAs(ast.RegoV0, file, capabilities)
	case "v1":
		return parseAs(ast.RegoV1, file, capabilities)
	case "", "auto":
	default:
		return nil, refusal("request", "unknown version of Rego: %q", file.Version)
	}
	module, err := parseAs(ast.RegoV1, file, capabilities)
	if err == nil {
		return module, nil
	}
	module, err0 := parseAs(ast.RegoV0, file, capabilities)
	if err0 == nil || firstLine(err0) > firstLine(err) {
		return module, err0
	}
	return nil, err
}

func firstLine(err error) int {
	var refused ast.Errors
	if errors.As(err, &refused) && len(refused) > 0 && refused[0].Location != nil {
		return refused[0].Location.Row
	}
	return 0
}

func parseAs(version ast.RegoVersion, file source, capabilities *ast.Capabilities) (*ast.Module, error) {
	options := ast.ParserOptions{ProcessAnnotation: true, Capabilities: capabilities, RegoVersion: version}
	module, err := ast.ParseModuleWithOpts(file.Name, file.Text, options)
	if err == nil && module == nil {
		err = ast.Errors{ast.NewError(ast.ParseErr, ast.NewLocation(nil, file.Name, 1, 1), "empty module")}
	}
	return module, err
}

// withoutData writes a reference as a query names it: data.main.deny is main.deny.
func withoutData(ref ast.Ref) string {
	return strings.TrimPrefix(strings.TrimPrefix(ref.String(), "data"), ".")
}
