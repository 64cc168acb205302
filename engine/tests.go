package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

const maxTrace = 1 << 20 // bytes of what one test prints, and of its trace

type testAnswer struct {
	Tests    []testRun      `json:"tests"`
	Coverage []fileCoverage `json:"coverage,omitempty"`
}

// testRun is one test; Cases are those of a data-driven test that failed.
type testRun struct {
	Package     string      `json:"package"`
	Name        string      `json:"name"`
	File        string      `json:"file"`
	Line        int         `json:"line"`
	Status      string      `json:"status"` // pass, fail, skip or error
	Nanoseconds int64       `json:"ns"`
	Output      string      `json:"output,omitempty"`
	Trace       string      `json:"trace,omitempty"`
	Error       *diagnostic `json:"error,omitempty"`
	Cases       []string    `json:"cases,omitempty"`
}

// fileCoverage says which lines of a file ran, and the share of those that can, 0 to 100.
type fileCoverage struct {
	File      string  `json:"file"`
	Covered   []int   `json:"covered"`
	Uncovered []int   `json:"uncovered"`
	Percent   float64 `json:"percent"`
}

// test runs the tests of a program with OPA's own runner.
func (s *shelf) test(r *request) (*testAnswer, error) {
	p, err := s.get(r.Program)
	if err != nil {
		return nil, err
	}
	if p.modules == nil {
		return nil, refusal("request", "program %d was not compiled for tests", r.Program)
	}
	answer := &testAnswer{Tests: []testRun{}}
	if r.Trace {
		// OPA's runner either traces or covers.
		if answer.Tests, err = p.runTests(r, p.runner(r).EnableTracing(true)); err != nil || !r.Coverage {
			return answer, err
		}
	}
	runner, lines := p.runner(r), cover.New()
	if r.Coverage {
		runner = runner.SetCoverageQueryTracer(lines).SetCoverageRuns(nil)
	}
	runs, err := p.runTests(r, runner)
	if err != nil {
		return nil, err
	}
	if r.Coverage {
		answer.Coverage = p.coverage(lines)
	}
	if !r.Trace {
		answer.Tests = runs
	}
	return answer, nil
}

func (p *program) runner(r *request) *tester.Runner {
	compiler := ast.NewCompiler().
		WithCapabilities(p.compiler.Capabilities()).
		WithEnablePrintStatements(true).
		WithRewriteTestRules(r.Trace).
		WithUseTypeCheckAnnotations(true)
	budget := time.Duration(r.BudgetMS) * time.Millisecond
	if budget == 0 {
		budget = time.Hour
	}
	return tester.NewRunner().
		SetCompiler(compiler).
		SetStore(p.store).
		SetModules(p.modules).
		AddCustomBuiltins(asTestBuiltins(p.functions)).
		SetParallel(1).
		SetTimeout(budget).
		Filter(r.Filter)
}

// runTests is what the tests said, in the order in which they are written.
func (p *program) runTests(r *request, runner *tester.Runner) ([]testRun, error) {
	ctx := context.Background()
	txn, err := p.store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer p.store.Abort(ctx, txn)
	results, err := runner.RunTests(ctx, txn)
	if err != nil {
		return nil, err
	}
	runs := []testRun{}
	for each := range results {
		runs = append(runs, p.summarised(each, r.Trace))
	}
	slices.SortFunc(runs, func(a, b testRun) int {
		if a.File != b.File {
			return strings.Compare(a.File, b.File)
		}
		return a.Line - b.Line
	})
	return runs, nil
}

func (p *program) summarised(of *tester.Result, traced bool) testRun {
	run := testRun{
		Package:     strings.TrimPrefix(of.Package, "data."),
		Name:        of.Name,
		File:        of.Location.File,
		Line:        of.Location.Row,
		Status:      "pass",
		Nanoseconds: of.Duration.Nanoseconds(),
		Output:      shortened(string(of.Output), maxTrace),
		Cases:       failedCases(of.SubResults, ""),
	}
	switch {
	case of.Error != nil:
		run.Status, run.Error = "error", &diagnose(of.Error, p.files)[0]
	case of.Skip:
		run.Status = "skip"
	case of.Fail:
		run.Status = "fail"
	}
	if traced && run.Status != "pass" && len(of.Trace) > 0 {
		var text bytes.Buffer
		topdown.PrettyTraceWithLocation(&text, of.Trace)
		run.Trace = shortened(text.String(), maxTrace)
	}
	return run
}

// failedCases are the names of failed cases; one within another is written outer/inner.
func failedCases(cases tester.SubResultMap, prefix string) []string {
	var failed []string
	for _, name := range util.KeysSorted(cases) {
		inner := failedCases(cases[name].SubResults, prefix+name+"/")
		if len(inner) == 0 && cases[name].Fail {
			inner = []string{prefix + name}
		}
		failed = append(failed, inner...)
	}
	return failed
}

func (p *program) coverage(lines *cover.Cover) []fileCoverage {
	report := lines.Report(p.modules)
	files := make([]fileCoverage, 0, len(report.Files))
	for _, name := range util.KeysSorted(report.Files) {
		file := report.Files[name]
		files = append(files, fileCoverage{
			File:      name,
			Covered:   linesOf(file.Covered),
			Uncovered: linesOf(file.NotCovered),
			Percent:   file.Coverage,
		})
	}
	return files
}

func linesOf(ranges []cover.Range) []int {
	lines := []int{}
	for _, each := range ranges {
		for line := each.Start.Row; line <= each.End.Row; line++ {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// asTestBuiltins gives OPA's test runner the functions in the shape it wants.
func asTestBuiltins(functions map[string]*topdown.Builtin) []*tester.Builtin {
	builtins := make([]*tester.Builtin, 0, len(functions))
	for name, function := range functions {
		declared := &rego.Function{Name: name, Decl: function.Decl.Decl}
		call := func(ctx rego.BuiltinContext, operands []*ast.Term) (answer *ast.Term, err error) {
			err = function.Func(ctx, operands, func(term *ast.Term) error {
				answer = term
				return nil
			})
			return answer, err
		}
		builtins = append(builtins, &tester.Builtin{Decl: function.Decl, Func: rego.FunctionDyn(declared, call)})
	}
	return builtins
}
