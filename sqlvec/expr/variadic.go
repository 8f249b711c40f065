package expr

import (
	"sync"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// NewVariadic builds a call whose last argument, VARIADIC, is an array of the arguments from
// there on.
func NewVariadic(pos int, name string, args []Expr) (Expr, error) {
	last := len(args) - 1
	if t := args[last].Type(); !t.IsArray() && t.ID != types.Unknown {
		return nil, dberr.New(dberr.DatatypeMismatch, "VARIADIC argument must be an array").At(args[last].Pos())
	}
	for _, fn := range functions[name] {
		if !fn.Variadic || fn.row == nil || len(fn.Params) != len(args) || !callable(fn, typesOf(args[:last])) {
			continue
		}
		of := fn.Params[last]
		to := types.T(types.Text).Array()
		if t := args[last].Type(); of == anyType && t.IsArray() {
			to = t
		} else if of != anyType {
			to = types.T(of).Array()
		}
		if castFor(args[last].Type().ID, to.ID) != implicitCast {
			continue
		}
		casts := append(castsFor(fn, typesOf(args[:last])), to)
		return apply(At(pos), spreadArray(fn), args, casts)
	}
	return nil, dberr.Newf(dberr.UndefinedFunction, "function %s(%s) does not exist", name, typeList(typesOf(args))).At(pos).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

// spreads are the functions that spreadArray has made, so that equal calls have one function.
var spreads sync.Map // *Function -> *Function

// spreadArray returns the function that takes the variadic arguments of fn as an array.
func spreadArray(fn *Function) *Function {
	if known, ok := spreads.Load(fn); ok {
		return known.(*Function)
	}
	out := *fn
	out.text = nil
	last := len(fn.Params) - 1
	out.Variadic = false
	out.Params = append(append([]types.ID(nil), fn.Params[:last]...), anyArray)
	out.row = func(env *Env, a []types.Value) (types.Value, error) {
		list := append([]types.Value(nil), a[:last]...)
		if !a[last].Valid {
			if fn.Name == "format" {
				return fn.row(env, list)
			}
			return types.NullOf(types.T(fn.Ret)), nil
		}
		array, err := a[last].Array()
		if err != nil {
			return types.Value{}, err
		}
		for _, v := range array.Elems {
			if !v.Valid && !fn.NullCall {
				return types.NullOf(types.T(fn.Ret)), nil
			}
			list = append(list, v)
		}
		return fn.row(env, list)
	}
	known, _ := spreads.LoadOrStore(fn, &out)
	return known.(*Function)
}
