package main

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

type formatAnswer struct {
	Text string `json:"text"`
}

// formatted is a file as OPA lays it out, in the version of Rego that it is written in.
func formatted(file source) (*formatAnswer, error) {
	module, err := parse(file, ast.CapabilitiesForThisVersion())
	if err != nil {
		return nil, err
	}
	version := module.RegoVersion()
	text, err := format.SourceWithOpts(file.Name, []byte(file.Text), format.Opts{
		RegoVersion:   version,
		ParserOptions: &ast.ParserOptions{RegoVersion: version},
	})
	if err != nil {
		return nil, err
	}
	return &formatAnswer{string(text)}, nil
}
