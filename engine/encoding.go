package main

import (
	"encoding/json"

	"github.com/open-policy-agent/opa/v1/ast"
)

const (
	maxDepth  = 1000 // levels of an answer; what orjson reads is 1024
	maxDigits = 4300 // of a number in an answer; what Python reads
)

// toJSON writes a value as OPA does, and stops as soon as it is longer than limit bytes.
func toJSON(value ast.Value, limit int) (json.RawMessage, error) {
	w := jsonWriter{limit: limit}
	if err := w.value(value, 0); err != nil {
		return nil, err
	}
	return w.text, nil
}

type jsonWriter struct {
	text  []byte
	limit int // 0 is none
}

func (w *jsonWriter) value(value ast.Value, depth int) error {
	if depth > maxDepth {
		return refusal("answer_depth", "the answer has more than %d levels", maxDepth)
	}
	switch value := value.(type) {
	case ast.Null:
		return w.raw("null")
	case ast.Boolean:
		if value {
			return w.raw("true")
		}
		return w.raw("false")
	case ast.Number:
		if len(value) > maxDigits {
			return refusal("answer_number", "the answer holds a number of %d digits", len(value))
		}
		return w.raw(string(value))
	case ast.String:
		return w.string(string(value))
	case *ast.Array:
		return w.sequence(value.Iter, depth)
	case ast.Set:
		return w.sequence(value.Iter, depth)
	case ast.Object:
		return w.object(value, depth)
	}
	return refusal("answer_type", "%v is no value", ast.ValueName(value))
}

// raw appends what is JSON already.
func (w *jsonWriter) raw(text string) error {
	if w.limit > 0 && len(w.text)+len(text) > w.limit {
		return refusal("answer_bytes", "the answer is longer than %d bytes", w.limit)
	}
	w.text = append(w.text, text...)
	return nil
}

func (w *jsonWriter) string(text string) error {
	if w.limit > 0 && len(text) > w.limit {
		return w.raw(text) // which refuses it, before it is copied
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		return err
	}
	return w.raw(string(quoted))
}

func (w *jsonWriter) sequence(iterate func(func(*ast.Term) error) error, depth int) error {
	separator := "["
	err := iterate(func(item *ast.Term) error {
		if err := w.raw(separator); err != nil {
			return err
		}
		separator = ","
		return w.value(item.Value, depth+1)
	})
	if err == nil && separator == "[" {
		err = w.raw("[")
	}
	if err != nil {
		return err
	}
	return w.raw("]")
}

func (w *jsonWriter) object(object ast.Object, depth int) error {
	separator := "{"
	err := object.Iter(func(key, value *ast.Term) error {
		if err := w.raw(separator); err != nil {
			return err
		}
		separator = ","
		if err := w.key(key.Value, depth); err != nil {
			return err
		}
		if err := w.raw(":"); err != nil {
			return err
		}
		return w.value(value.Value, depth+1)
	})
	if err == nil && separator == "{" {
		err = w.raw("{")
	}
	if err != nil {
		return err
	}
	return w.raw("}")
}

// key writes a key; one that is no string is the string of its JSON.
func (w *jsonWriter) key(key ast.Value, depth int) error {
	if text, ok := key.(ast.String); ok {
		return w.string(string(text))
	}
	inner := jsonWriter{limit: w.limit}
	if err := inner.value(key, depth+1); err != nil {
		return err
	}
	return w.string(string(inner.text))
}
