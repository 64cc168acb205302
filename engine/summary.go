package main

import (
	"encoding/json"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
)

// packageSummary says what one module is.
type packageSummary struct {
	Module      string         `json:"module"`
	Package     string         `json:"package"`
	Version     string         `json:"version"`
	Imports     []string       `json:"imports"`
	Annotations map[string]any `json:"annotations"`
}

// ruleSummary says where a rule is and how to ask for it.
type ruleSummary struct {
	Module      string         `json:"module"`
	Package     string         `json:"package"`
	Path        string         `json:"path"`
	Line        int            `json:"line"`
	Column      int            `json:"column"`
	Kind        string         `json:"kind"` // set, object, value or function
	Annotations map[string]any `json:"annotations"`
}

func packagesOf(compiler *ast.Compiler, modules map[string]*ast.Module) []packageSummary {
	summaries := make([]packageSummary, 0, len(modules))
	for _, name := range util.KeysSorted(modules) {
		module := modules[name]
		imports := []string{}
		for _, each := range module.Imports {
			imports = append(imports, each.Path.String())
		}
		summaries = append(summaries, packageSummary{
			Module:      name,
			Package:     withoutData(module.Package.Path),
			Version:     module.RegoVersion().String(),
			Imports:     imports,
			Annotations: merged(packageAnnotations(compiler.GetAnnotationSet(), module.Package)),
		})
	}
	return summaries
}

func rulesOf(compiler *ast.Compiler) []ruleSummary {
	summaries := []ruleSummary{}
	for _, name := range util.KeysSorted(compiler.Modules) {
		for _, rule := range compiler.Modules[name].Rules {
			var annotations []*ast.Annotations
			for _, each := range compiler.GetAnnotationSet().Chain(rule) {
				annotations = append(annotations, each.Annotations)
			}
			summaries = append(summaries, ruleSummary{
				Module:      name,
				Package:     withoutData(rule.Module.Package.Path),
				Path:        withoutData(rule.Ref().GroundPrefix()),
				Line:        rule.Location.Row,
				Column:      rule.Location.Col,
				Kind:        kindOf(rule),
				Annotations: merged(annotations),
			})
		}
	}
	return summaries
}

func kindOf(rule *ast.Rule) string {
	switch {
	case len(rule.Head.Args) > 0:
		return "function"
	case !rule.Head.Ref().IsGround():
		return "object"
	case rule.Head.RuleKind() == ast.MultiValue:
		return "set"
	}
	return "value"
}

// packageAnnotations speak about a whole package, the closest first.
func packageAnnotations(set *ast.AnnotationSet, pkg *ast.Package) []*ast.Annotations {
	outer := slices.Clone(set.GetSubpackagesScope(pkg.Path))
	slices.Reverse(outer)
	return append([]*ast.Annotations{set.GetPackageScope(pkg)}, outer...)
}

// merged are annotations as one mapping: the closest, which comes first, wins key by key, and
// within custom and labels again key by key.
func merged(closestFirst []*ast.Annotations) map[string]any {
	all := map[string]any{}
	for _, annotations := range slices.Backward(closestFirst) {
		if annotations == nil {
			continue
		}
		for key, value := range asMapping(annotations) {
			inner, both := all[key].(map[string]any)
			closer, nested := value.(map[string]any)
			if !both || !nested {
				all[key] = value
				continue
			}
			for name, each := range closer {
				inner[name] = each
			}
		}
	}
	return all
}

// asMapping is an annotation block as OPA writes it in JSON.
func asMapping(annotations *ast.Annotations) map[string]any {
	text, err := json.Marshal(annotations)
	if err != nil {
		return nil
	}
	var mapping map[string]any
	if err := util.UnmarshalJSON(text, &mapping); err != nil {
		return nil
	}
	return mapping
}
