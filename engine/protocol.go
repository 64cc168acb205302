package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/version"
)

const protocolVersion = 1

// request is one line from kubeguard: ID and Op, and what that operation needs of the rest.
type request struct {
	ID int64  `json:"id"`
	Op string `json:"op"`

	// compile
	Modules   []source          `json:"modules"`
	Data      map[string]any    `json:"data"`
	Strict    bool              `json:"strict"`
	Forbid    []string          `json:"forbid"`    // builtins taken away
	Functions []string          `json:"functions"` // functions of other tools, added
	Files     map[string]string `json:"files"`     // all that these functions may read
	Tests     bool              `json:"tests"`

	// evaluate, query, test, free
	Program     int      `json:"program"`
	BudgetMS    int      `json:"budget_ms"`    // per input and query, or per test; 0 is no limit
	AnswerBytes int      `json:"answer_bytes"` // per input and query; 0 is no limit
	Queries     []string `json:"queries"`      // rule paths, such as main.deny
	Inputs      []any    `json:"inputs"`

	// query
	Query               string `json:"query"`
	InputTerm           string `json:"input_term"` // Rego, so that sets can be given
	StrictBuiltinErrors bool   `json:"strict_builtin_errors"`

	// test
	Filter   string `json:"filter"`
	Coverage bool   `json:"coverage"`
	Trace    bool   `json:"trace"`

	// bundle
	Path string `json:"path"` // of an archive or a folder
	Key  string `json:"key"`  // PEM or a secret; "" when the signature is not checked

	// format
	source
}

// source is one file of Rego; its version is v0, v1 or auto.
type source struct {
	Name    string `json:"name"`
	Text    string `json:"text"`
	Version string `json:"version"`
}

// shelf keeps the compiled programs by number.
type shelf struct {
	programs map[int]*program
	last     int
}

func newShelf() *shelf { return &shelf{programs: map[int]*program{}} }

func (s *shelf) add(p *program) int {
	s.last++
	s.programs[s.last] = p
	return s.last
}

func (s *shelf) get(number int) (*program, error) {
	if p := s.programs[number]; p != nil {
		return p, nil
	}
	return nil, refusal("unknown_program", "there is no program %d", number)
}

// answer turns one request line into one answer line.
func (s *shelf) answer(line []byte) []byte {
	r, err := decode(line)
	if err != nil {
		return encode(r.ID, errorAnswer{diagnose(err, nil)})
	}
	var body any
	err = calmly(func() (err error) {
		body, err = s.perform(r)
		return err
	})
	if err != nil {
		return encode(r.ID, errorAnswer{diagnose(err, r.Modules)})
	}
	return encode(r.ID, body)
}

// calmly does something; a panic in OPA is an error like any other.
func calmly(do func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = refusal("panic", "%v\n%s", cause, debug.Stack())
		}
	}()
	return do()
}

// perform does what is asked for.
func (s *shelf) perform(r *request) (any, error) {
	switch r.Op {
	case "info":
		return info(), nil
	case "compile":
		return s.compile(r)
	case "evaluate":
		return s.evaluate(r)
	case "query":
		return s.query(r)
	case "test":
		return s.test(r)
	case "bundle":
		return readBundle(r)
	case "format":
		return formatted(r.source)
	case "free":
		delete(s.programs, r.Program)
		return struct{}{}, nil
	}
	return nil, refusal("request", "unknown operation %q", r.Op)
}

type infoAnswer struct {
	OPA       string   `json:"opa"`
	Protocol  int      `json:"protocol"`
	Builtins  []string `json:"builtins"`
	Functions []string `json:"functions"`
}

func info() infoAnswer {
	builtins := []string{}
	for _, builtin := range ast.CapabilitiesForThisVersion().Builtins {
		builtins = append(builtins, builtin.Name)
	}
	return infoAnswer{version.Version, protocolVersion, builtins, functionNames()}
}

type errorAnswer struct {
	Errors []diagnostic `json:"errors"`
}

// decode reads a request; numbers keep their digits. Of a broken line at least the id is read,
// so that the parent knows which of its requests it was.
func decode(line []byte) (*request, error) {
	var r request
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	err := decoder.Decode(&r)
	if err == nil {
		return &r, nil
	}
	if r.ID == 0 {
		r.ID = leadingID(line)
	}
	return &r, refusal("request", "%v", err)
}

// leadingID is the id of a line that begins with {"id": number, whatever follows; else 0.
func leadingID(line []byte) int64 {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	_, _ = decoder.Token()
	if key, _ := decoder.Token(); key != "id" {
		return 0
	}
	number, _ := decoder.Token()
	id, _ := strconv.ParseInt(fmt.Sprint(number), 10, 64)
	return id
}

// encode writes {"id": id, ...body} and a line feed.
func encode(id int64, body any) []byte {
	fields, err := json.Marshal(body)
	if err != nil {
		return encode(id, errorAnswer{diagnose(err, nil)})
	}
	line := fmt.Appendf(make([]byte, 0, len(fields)+32), `{"id":%d`, id)
	if fields = fields[1:]; len(fields) > 1 {
		line = append(line, ',')
	}
	return append(append(line, fields...), '\n')
}
