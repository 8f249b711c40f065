package expr

import (
	"cmp"
	"slices"

	"driftdb/internal/types"
)

// FunctionInfo describes one overload of a function or aggregate for lists of them.
type FunctionInfo struct {
	Name       string
	Args       int
	Returns    types.ID
	Aggregate  bool
	Volatility Volatility
}

// Functions lists all functions and aggregates that are called by a name, in its order.
func Functions() []FunctionInfo {
	var list []FunctionInfo
	for name, overloads := range functions {
		if c := name[0]; c != '_' && (c < 'a' || c > 'z') {
			continue // an operator
		}
		for _, f := range overloads {
			list = append(list, FunctionInfo{name, len(f.Params), f.Ret, false, f.Volatility})
		}
	}
	for name, overloads := range aggregates {
		for _, g := range overloads {
			list = append(list, FunctionInfo{name, len(g.Params), g.Ret, true, Immutable})
		}
	}
	slices.SortStableFunc(list, func(a, b FunctionInfo) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Args, b.Args), cmp.Compare(a.Returns, b.Returns))
	})
	return list
}
