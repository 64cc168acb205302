package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/print"
)

const (
	maxWarnings = 100
	maxPrints   = 1000
)

// question is a query, compiled once for all inputs.
type question struct {
	body     ast.Body
	compiler ast.QueryCompiler
}

type evaluateAnswer struct {
	Results [][]result `json:"results"` // by input, then by query
}

// result is what one query says about one input: a value, undefined, or why there is neither.
type result struct {
	Value     json.RawMessage `json:"value,omitempty"`
	Undefined bool            `json:"undefined,omitempty"`
	Failure   *diagnostic     `json:"failure,omitempty"`
	remarks
	Nanoseconds int64 `json:"ns"`
}

// remarks are what a policy says beside its answer.
type remarks struct {
	Warnings []diagnostic `json:"warnings,omitempty"` // errors that OPA itself drops
	Prints   []string     `json:"prints,omitempty"`
}

// evaluation is one transaction over one program, with what a query may cost.
type evaluation struct {
	*program
	txn         storage.Transaction
	budget      time.Duration
	answerBytes int
	strict      bool
	known       topdown.VirtualCache // what rules said of this input, for the rules that ask them too
}

func (p *program) begin(r *request) (*evaluation, error) {
	txn, err := p.store.NewTransaction(context.Background())
	if err != nil {
		return nil, err
	}
	budget := time.Duration(r.BudgetMS) * time.Millisecond
	return &evaluation{p, txn, budget, r.AnswerBytes, r.StrictBuiltinErrors, nil}, nil
}

func (e *evaluation) end() { e.store.Abort(context.Background(), e.txn) }

func (s *shelf) evaluate(r *request) (*evaluateAnswer, error) {
	p, err := s.get(r.Program)
	if err != nil {
		return nil, err
	}
	e, err := p.begin(r)
	if err != nil {
		return nil, err
	}
	defer e.end()
	answer := &evaluateAnswer{make([][]result, len(r.Inputs))}
	for i, input := range r.Inputs {
		value, err := ast.InterfaceToValue(input)
		if err != nil {
			return nil, err
		}
		r.Inputs[i] = nil // a batch need not lie in memory twice
		e.known = topdown.NewVirtualCache()
		answer.Results[i] = make([]result, len(r.Queries))
		for j, query := range r.Queries {
			answer.Results[i][j] = e.ask(query, ast.NewTerm(value))
		}
	}
	return answer, nil
}

// ask evaluates one rule over one input. Whatever goes wrong, a panic included, is the failure of
// this result alone.
func (e *evaluation) ask(path string, input *ast.Term) (answer result) {
	start := time.Now()
	defer func() {
		if cause := recover(); cause != nil {
			answer = result{Failure: e.failure(refusal("panic", "%v", cause))}
		}
		answer.Nanoseconds = time.Since(start).Nanoseconds()
	}()
	q, err := e.rule(path)
	if err != nil {
		return result{Failure: e.failure(err)}
	}
	solutions, remarks, err := e.run(q, input)
	answer.remarks = remarks
	switch {
	case err != nil:
		e.known = nil
		answer.Failure = e.failure(err)
	case len(solutions) == 0:
		answer.Undefined = true
	default:
		answer.Value, err = toJSON(solutions[0][valueVar].Value, e.answerBytes)
		if err != nil {
			answer.Failure = e.failure(err)
		}
	}
	return answer
}

func (e *evaluation) failure(err error) *diagnostic { return &diagnose(err, e.files)[0] }

// run finds all solutions of a question within the budget.
func (e *evaluation) run(q *question, input *ast.Term) (topdown.QueryResultSet, remarks, error) {
	cancel := topdown.NewCancel()
	if e.budget > 0 {
		defer time.AfterFunc(e.budget, cancel.Cancel).Stop()
	}
	var dropped []topdown.Error
	prints := &notes{left: maxPrints}
	solutions, err := topdown.NewQuery(q.body).
		WithQueryCompiler(q.compiler).
		WithCompiler(e.compiler).
		WithStore(e.store).
		WithTransaction(e.txn).
		WithInput(input).
		WithCancel(cancel).
		WithBuiltins(e.functions).
		WithStrictBuiltinErrors(e.strict).
		WithBuiltinErrorList(&dropped).
		WithInterQueryBuiltinValueCache(e.values).
		WithVirtualCache(e.cache()).
		WithPrintHook(prints).
		Run(context.Background())
	return solutions, remarks{e.warnings(dropped), prints.lines}, err
}

// cache is what the questions about one input share; one that failed may have left it half done.
func (e *evaluation) cache() topdown.VirtualCache {
	if e.known == nil {
		e.known = topdown.NewVirtualCache()
	}
	return e.known
}

// warnings are the different errors among those that OPA dropped.
func (e *evaluation) warnings(dropped []topdown.Error) []diagnostic {
	var found []diagnostic
	seen := map[string]bool{}
	for i := range dropped {
		text := dropped[i].Error()
		if !seen[text] && len(found) < maxWarnings {
			seen[text] = true
			found = append(found, diagnose(&dropped[i], e.files)...)
		}
	}
	return found
}

const valueVar = ast.Var("value")

// rule is the question after the value of a rule, such as main.deny or a["b-c"].deny.
func (p *program) rule(path string) (*question, error) {
	if q, known := p.questions[path]; known {
		return q, nil
	}
	text := "data." + path
	if strings.HasPrefix(path, "[") {
		text = "data" + path
	}
	ref, err := ast.ParseRef(text)
	if err != nil {
		return nil, refusal("query", "%q is not the path of a rule", path)
	}
	q, err := p.question(ast.NewBody(ast.Equality.Expr(ast.NewTerm(valueVar), ast.NewTerm(ref))))
	if err == nil {
		p.questions[path] = q
	}
	return q, err
}

func (p *program) question(body ast.Body) (*question, error) {
	compiler := p.compiler.QueryCompiler().WithEnablePrintStatements(true)
	compiled, err := compiler.Compile(body)
	if err != nil {
		return nil, err
	}
	return &question{compiled, compiler}, nil
}

// notes collects what a policy prints, up to a number of lines.
type notes struct {
	lines []string
	left  int
}

func (n *notes) Print(at print.Context, text string) error {
	if n.left--; n.left >= 0 {
		text = shortened(text, maxText)
		if at.Location != nil {
			text = at.Location.String() + ": " + text
		}
		n.lines = append(n.lines, text)
	}
	return nil
}
