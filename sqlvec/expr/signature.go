package expr

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"driftdb/internal/types"
)

// Signature is one overload of a function, for people.
type Signature struct {
	Name      string
	Args      string // types of the arguments, separated by commas
	Result    string // type of the result
	Aggregate bool
}

// forms are what IsForm knows, with their arguments.
var formSignatures = []Signature{
	{"coalesce", "anyelement, ...", "anyelement", false},
	{"greatest", "anyelement, ...", "anyelement", false},
	{"least", "anyelement, ...", "anyelement", false},
	{"nullif", "anyelement, anyelement", "anyelement", false},
}

// Signatures lists all functions and aggregates by name. Operators are left out.
func Signatures() []Signature {
	all := slices.Clone(formSignatures)
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		if c := name[0]; c != '_' && (c < 'a' || c > 'z') {
			continue
		}
		for _, fn := range functions[name] {
			all = append(all, Signature{Name: name, Args: parameters(fn.Params, fn.Variadic), Result: pseudoName(fn.Ret)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(aggregates)) {
		for _, g := range aggregates[name] {
			all = append(all, Signature{Name: name, Args: parameters(g.Params, false), Result: pseudoName(g.Ret), Aggregate: true})
		}
	}
	slices.SortStableFunc(all, func(a, b Signature) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// parameters writes the declared types of arguments.
func parameters(params []types.ID, variadic bool) string {
	names := pseudoNames(params)
	if variadic {
		names = append(names, "...")
	}
	return strings.Join(names, ", ")
}

func pseudoNames(params []types.ID) []string {
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = pseudoName(p)
	}
	return names
}

// pseudoName is the name of a declared type.
func pseudoName(id types.ID) string {
	switch id {
	case anyElement:
		return "anyelement"
	case anyArray:
		return "anyarray"
	case likeArray:
		return "anycompatiblearray"
	case likeElement:
		return "anycompatible"
	case anyEnum:
		return "anyenum"
	case anyType:
		return "\"any\""
	}
	return types.T(id).String()
}
