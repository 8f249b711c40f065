package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Volatility says when two calls with equal arguments give equal results.
type Volatility uint8

// The volatilities, each a promise weaker than the one before.
const (
	Immutable Volatility = iota // always
	Stable                      // within one statement
	Volatile                    // never
)

// Pseudo types of declared arguments.
const (
	anyElement  types.ID = 255 // one type for all such arguments, and for the result
	anyType     types.ID = 254 // any type
	anyArray    types.ID = 253 // an array of anyElement
	likeArray   types.ID = 252 // an array of a type that all likeArray and likeElement become
	likeElement types.ID = 251 // see likeArray
	anyEnum     types.ID = 250 // an anyElement that is an enumeration
)

// Function is one overload of a function or operator. Functions are immutable and
// live as long as the process.
type Function struct {
	Name       string     // lower case; an operator's symbol
	Params     []types.ID // declared argument types; the last repeats when Variadic
	Variadic   bool
	Ret        types.ID
	Volatility Volatility
	NullCall   bool // called with NULL arguments too; otherwise any NULL gives NULL
	// ofText is for a comparison of CHAR that of TEXT, which does its work on the characters.
	ofText *Function

	returns func(args []types.Type) types.Type      // nil: T(Ret)
	refine  func(c *Call) types.Type                // when set, the type by constant arguments
	eval    evalFunc                                // dense over a batch
	row     rowFunc                                 // row at a time, for functions that are rare
	text    textFunc                                // beside row, for those that give a text and never NULL
	coarse  func(args []vec.Vec) (coarseTime, bool) // how fine the time is that it is computed from; args are constants but for one
	costly  bool                                    // eval costs more for a row than looking a result up; row always does
}

// evalFunc computes a function over the n rows of f. args are in any form, but of
// the declared types; sel is the rows that may raise errors (nil: all). NULLs of
// the arguments are applied by the caller unless NullCall.
type evalFunc func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error)

// rowFunc computes a function for one row. Strings in args are valid during the
// call only.
type rowFunc func(env *Env, args []types.Value) (types.Value, error)

// textFunc is a rowFunc that appends the text it gives to dst.
type textFunc func(env *Env, dst []byte, args []types.Value) ([]byte, error)

// frame is one evaluation of a program over a batch.
type frame struct {
	n     int
	cols  []vec.Vec
	arena *arena.Arena
	env   *Env
}

// ReturnType returns the type of the result for arguments of the given types.
func (fn *Function) ReturnType(args []types.Type) types.Type {
	if fn.returns != nil {
		return fn.returns(args)
	}
	return types.T(fn.Ret)
}

// refinedType returns the result type of a call that its constant arguments narrow
// down further than their types do.
func refinedType(c *Call) types.Type {
	if c.Fn.refine != nil {
		return c.Fn.refine(c)
	}
	return c.Fn.ReturnType(typesOf(c.Args))
}
