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
	Arguments  string // their types
	Result     string // its type
	Types      []string
	Strict     bool // a NULL among the arguments makes the result NULL
}

// firstFunctionOID is the number of the first of Functions; the others follow, before those of schemas.
const firstFunctionOID = 4500

// FunctionOID is the number of the i-th of Functions.
func FunctionOID(i int) int64 { return firstFunctionOID + int64(i) }

// FunctionByOID finds a function by its number.
func FunctionByOID(oid int64) (FunctionInfo, bool) {
	list := Functions()
	if i := oid - firstFunctionOID; i >= 0 && i < int64(len(list)) {
		return list[i], true
	}
	return FunctionInfo{}, false
}

// Functions lists all functions and aggregates that are called by a name, in its order.
func Functions() []FunctionInfo {
	var list []FunctionInfo
	for name, overloads := range functions {
		if !public(name) {
			continue
		}
		for _, f := range overloads {
			list = append(list, FunctionInfo{name, len(f.Params), f.Ret, false, f.Volatility, parameters(f.Params, f.Variadic), pseudoName(f.Ret), pseudoNames(f.Params), !f.NullCall})
		}
	}
	for name, overloads := range aggregates {
		if !public(name) {
			continue
		}
		for _, g := range overloads {
			list = append(list, FunctionInfo{name, len(g.Params), g.Ret, true, Immutable, parameters(g.Params, false), pseudoName(g.Ret), pseudoNames(g.Params), false})
		}
	}
	slices.SortStableFunc(list, func(a, b FunctionInfo) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Args, b.Args), cmp.Compare(a.Returns, b.Returns), cmp.Compare(a.Arguments, b.Arguments))
	})
	return list
}

// public reports whether a name is one to call by: no operator's, and none that only the binder uses.
func public(name string) bool { return name[0] == '_' || name[0] >= 'a' && name[0] <= 'z' }
