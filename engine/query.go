package main

import (
	"encoding/json"

	"github.com/open-policy-agent/opa/v1/ast"
)

type queryAnswer struct {
	Bindings []map[string]json.RawMessage `json:"bindings"` // of each solution
	remarks
}

// query answers any query, as `opa eval` does: what OPA's own conformance cases need.
func (s *shelf) query(r *request) (*queryAnswer, error) {
	p, err := s.get(r.Program)
	if err != nil {
		return nil, err
	}
	body, err := ast.ParseBodyWithOpts(r.Query, ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		return nil, err
	}
	q, err := p.question(body)
	if err != nil {
		return nil, err
	}
	input, err := r.input()
	if err != nil {
		return nil, err
	}
	e, err := p.begin(r)
	if err != nil {
		return nil, err
	}
	defer e.end()
	solutions, remarks, err := e.run(q, input)
	if err != nil {
		return nil, err
	}
	answer := &queryAnswer{[]map[string]json.RawMessage{}, remarks}
	written := q.compiler.RewrittenVars()
	for _, solution := range solutions {
		bindings := map[string]json.RawMessage{}
		for name, term := range solution {
			if original, renamed := written[name]; renamed {
				name = original
			}
			if name.IsWildcard() || name.IsGenerated() {
				continue
			}
			if bindings[string(name)], err = toJSON(term.Value, r.AnswerBytes); err != nil {
				return nil, err
			}
		}
		answer.Bindings = append(answer.Bindings, bindings)
	}
	return answer, nil
}

// input is the one input of a query: written in Rego, or as JSON, or none at all.
func (r *request) input() (*ast.Term, error) {
	if r.InputTerm != "" {
		return ast.ParseTerm(r.InputTerm)
	}
	if len(r.Inputs) == 0 {
		return nil, nil
	}
	value, err := ast.InterfaceToValue(r.Inputs[0])
	return ast.NewTerm(value), err
}
