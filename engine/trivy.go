package main

import (
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"
	"mvdan.cc/sh/v3/syntax"
)

// resultFields are what Trivy copies from the cause of a result: the last name that is there wins.
var resultFields = []struct {
	name     string
	names    []string
	fallback *ast.Term
}{
	{"startline", []string{"startline", "StartLine"}, ast.IntNumberTerm(0)},
	{"endline", []string{"endline", "EndLine"}, ast.IntNumberTerm(0)},
	{"filepath", []string{"filepath", "Path"}, ast.StringTerm("")},
	{"sourceprefix", []string{"sourceprefix"}, ast.StringTerm("")},
	{"explicit", []string{"explicit"}, ast.BooleanTerm(false)},
	{"managed", []string{"managed"}, ast.BooleanTerm(true)},
	{"fskey", []string{"fskey"}, ast.StringTerm("")},
	{"resource", []string{"resource"}, ast.StringTerm("")},
}

var resultNewType = types.NewFunction(types.Args(types.S, types.A), types.A)

// resultNew is a message with the place of its cause.
func resultNew(c call) (*ast.Term, error) {
	result := placeOf(c.operands[1])
	result.Insert(ast.StringTerm("msg"), c.operands[0])
	return ast.NewTerm(result), nil
}

// isManaged says whether a resource is in the user's hands, which it is unless it says not.
func isManaged(c call) (*ast.Term, error) {
	return placeOf(c.operands[0]).Get(ast.StringTerm("managed")), nil
}

// placeOf is where a thing stands, and where that stands in which it lies.
func placeOf(cause *ast.Term) ast.Object {
	from := cause
	if metadata := cause.Get(ast.StringTerm("__defsec_metadata")); metadata != nil {
		from = metadata
	}
	place := ast.NewObject()
	for _, field := range resultFields {
		place.Insert(ast.StringTerm(field.name), field.fallback)
		for _, name := range field.names {
			if value := from.Get(ast.StringTerm(name)); value != nil {
				place.Insert(ast.StringTerm(field.name), value)
			}
		}
	}
	parent := ast.NullTerm()
	if outer := from.Get(ast.StringTerm("parent")); outer != nil {
		parent = ast.NewTerm(placeOf(outer))
	}
	place.Insert(ast.StringTerm("parent"), parent)
	return place
}

// notPublic are the networks that Trivy does not call public.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),     // RFC 1918
	netip.MustParsePrefix("172.16.0.0/12"),  // RFC 1918
	netip.MustParsePrefix("192.168.0.0/16"), // RFC 1918
	netip.MustParsePrefix("100.64.0.0/10"),  // RFC 6598, shared
	netip.MustParsePrefix("127.0.0.0/8"),    // loopback
	netip.MustParsePrefix("169.254.0.0/16"), // RFC 3927, link-local
	netip.MustParsePrefix("::1/128"),        // loopback
	netip.MustParsePrefix("fc00::/7"),       // RFC 4193, unique local
	netip.MustParsePrefix("fe80::/10"),      // link-local
}

// countAddresses is the size of a network, at most 2^64-1; of what is none it is 0.
func countAddresses(c call) (*ast.Term, error) {
	text, err := c.text(0)
	if err != nil {
		return nil, err
	}
	if isEverywhere(text) {
		return ast.UIntNumberTerm(math.MaxUint64), nil
	}
	first, last, ok := addresses(text)
	if !ok || strings.Contains(text, "-") {
		return ast.IntNumberTerm(0), nil
	}
	bits := first.BitLen()
	if network, err := netip.ParsePrefix(text); err == nil {
		bits = network.Bits()
	}
	if free := last.BitLen() - bits; free < 63 {
		return ast.UIntNumberTerm(1 << free), nil
	}
	return ast.UIntNumberTerm(math.MaxUint64), nil
}

// isPublic says whether an address, network or range begins or ends outside of private networks.
func isPublic(c call) (*ast.Term, error) {
	text, err := c.text(0)
	if err != nil {
		return nil, err
	}
	first, last, ok := addresses(text)
	return ast.BooleanTerm(isEverywhere(text) || ok && !(isPrivate(first) && isPrivate(last))), nil
}

func isEverywhere(text string) bool {
	return text == "*" || strings.EqualFold(text, "any") || strings.EqualFold(text, "internet")
}

func isPrivate(address netip.Addr) bool {
	return slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(address) })
}

// addresses are the first and the last of 10.0.0.1, 10.0.0.0/8 or 10.0.0.1-10.0.0.9.
func addresses(text string) (first, last netip.Addr, ok bool) {
	if network, err := netip.ParsePrefix(text); err == nil {
		return network.Addr().Unmap(), lastOf(network), true
	}
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	first, err := netip.ParseAddr(strings.TrimSpace(from))
	last, err2 := netip.ParseAddr(strings.TrimSpace(to))
	return first.Unmap(), last.Unmap(), err == nil && err2 == nil
}

func lastOf(network netip.Prefix) netip.Addr {
	raw := network.Addr().AsSlice()
	for bit := network.Bits(); bit < 8*len(raw); bit++ {
		raw[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(raw)
	return last.Unmap()
}

var parseCommandsType = types.NewFunction(
	types.Args(types.S), types.NewArray(nil, types.NewArray(nil, types.S)),
)

// parseCommands is every command of a shell text, as its words are written.
func parseCommands(c call) (*ast.Term, error) {
	text, err := c.text(0)
	if err != nil {
		return nil, err
	}
	script, err := syntax.NewParser().Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, err
	}
	commands := []*ast.Term{}
	syntax.Walk(script, func(node syntax.Node) bool {
		if simple, ok := node.(*syntax.CallExpr); ok && len(simple.Args) > 0 {
			commands = append(commands, words(simple.Args))
		}
		return true
	})
	return ast.ArrayTerm(commands...), nil
}

func words(args []*syntax.Word) *ast.Term {
	printer := syntax.NewPrinter()
	terms := make([]*ast.Term, len(args))
	for i, arg := range args {
		var text strings.Builder
		_ = printer.Print(&text, arg) // a Builder cannot fail
		terms[i] = ast.StringTerm(text.String())
	}
	return ast.ArrayTerm(terms...)
}
