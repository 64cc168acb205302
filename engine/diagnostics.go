package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

const maxText = 500 // bytes of a quoted line

// diagnostic is what OPA, or this worker, says about a place in a policy.
type diagnostic struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	File    string   `json:"file,omitempty"`
	Line    int      `json:"line,omitempty"`
	Column  int      `json:"column,omitempty"`
	Text    string   `json:"text,omitempty"` // the line of the file
	Details []string `json:"details,omitempty"`
}

func (d diagnostic) Error() string { return d.Message }

// refusal is an error of the worker's own, with a code for the parent.
func refusal(code, format string, args ...any) error {
	return diagnostic{Code: code, Message: fmt.Sprintf(format, args...)}
}

// diagnose takes an error apart into all that it says about the given files.
func diagnose(err error, files []source) []diagnostic {
	var (
		own    diagnostic
		many   ast.Errors
		one    *ast.Error
		failed *topdown.Error
	)
	switch {
	case errors.As(err, &own):
		return []diagnostic{own}
	case errors.As(err, &many):
		found := make([]diagnostic, 0, len(many))
		for _, each := range many {
			found = append(found, compileDiagnostic(each, files))
		}
		return found
	case errors.As(err, &one):
		return []diagnostic{compileDiagnostic(one, files)}
	case errors.As(err, &failed):
		return []diagnostic{placed(failed.Code, failed.Message, failed.Location, files)}
	}
	return []diagnostic{{Code: "error", Message: err.Error()}}
}

func compileDiagnostic(err *ast.Error, files []source) diagnostic {
	found := placed(err.Code, err.Message, err.Location, files)
	if err.Details != nil {
		found.Details = err.Details.Lines()
	}
	return found
}

func placed(code, message string, at *ast.Location, files []source) diagnostic {
	found := diagnostic{Code: code, Message: message}
	if at != nil {
		found.File, found.Line, found.Column = at.File, at.Row, at.Col
		found.Text = lineAt(at, files)
	}
	return found
}

// lineAt is the whole line of a place; of a text that is no file, what the place itself holds.
func lineAt(at *ast.Location, files []source) string {
	text := string(at.Text)
	for _, file := range files {
		if lines := strings.Split(file.Text, "\n"); file.Name == at.File && 0 < at.Row && at.Row <= len(lines) {
			text = lines[at.Row-1]
		}
	}
	text, _, _ = strings.Cut(text, "\n")
	return shortened(strings.TrimRight(text, "\r"), maxText)
}

// shortened is text that JSON can hold, of at most limit bytes and an ellipsis.
func shortened(text string, limit int) string {
	if len(text) > limit {
		text = text[:limit] + "…"
	}
	return strings.ToValidUTF8(text, "")
}
