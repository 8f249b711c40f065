package expr

import (
	"driftdb/internal/types"
)

// Expr is a bound expression: every name is resolved, every operand has the type
// its operator wants. The set of node types is closed. Nodes are immutable once the
// binder is done and may be shared; only a Param's type may still be decided.
type Expr interface {
	// Type returns the type of the value.
	Type() types.Type
	// Pos returns the 1-based byte position in the statement, 0 when there is none.
	Pos() int
}

// At is the 1-based byte position of a node in the statement's text, 0 when none.
type At int

// Pos returns the position.
func (a At) Pos() int { return int(a) }

// Col is column Index of the input batch.
type Col struct {
	At
	Index int
	Typ   types.Type
	Name  string // for messages and EXPLAIN
}

// Const is a constant. A quoted literal or NULL whose type is not decided has the
// unknown type.
type Const struct {
	At
	Value types.Value
}

// Param is the parameter $N, N >= 1, read from Env.Params. A Param of the unknown
// type takes the type of its first use.
type Param struct {
	At
	N   int
	Typ types.Type
}

// OuterCol is column Index of the query Depth levels outside. Decorrelation removes
// it; Compile refuses it.
type OuterCol struct {
	At
	Depth, Index int
	Typ          types.Type
	Name         string
}

// Call is a function or operator with arguments of the types it declares.
type Call struct {
	At
	Fn   *Function
	Args []Expr
	Typ  types.Type
}

// Cast converts Arg. Try gives NULL where the conversion fails.
type Cast struct {
	At
	Arg      Expr
	To       types.Type
	Explicit bool // written by the user: VARCHAR(n) cuts instead of refusing
	Try      bool
}

// When is one branch of a Case.
type When struct{ Cond, Then Expr }

// Case is CASE WHEN … END. Else is never nil.
type Case struct {
	At
	Whens []When
	Else  Expr
	Typ   types.Type
}

// LogicOp is AND or OR.
type LogicOp uint8

// The connectives.
const (
	And LogicOp = iota
	Or
)

// Logic is a chain of AND or OR over two or more BOOLEAN arguments. Arguments are
// evaluated left to right, and only for the rows still undecided.
type Logic struct {
	At
	Op   LogicOp
	Args []Expr
}

// Not is NOT Arg.
type Not struct {
	At
	Arg Expr
}

// IsNull is Arg IS [NOT] NULL.
type IsNull struct {
	At
	Arg Expr
	Not bool
}

// Truth is what IsBool tests for.
type Truth uint8

// The truth values.
const (
	True Truth = iota
	False
	UnknownTruth
)

// IsBool is Arg IS [NOT] TRUE, FALSE or UNKNOWN.
type IsBool struct {
	At
	Arg   Expr
	Which Truth
	Not   bool
}

// IsDistinct is L IS [NOT] DISTINCT FROM R. Eq is the = of their type.
type IsDistinct struct {
	At
	L, R Expr
	Not  bool
	Eq   *Function
}

// In is Arg [NOT] IN (List). All have one type, whose = is Eq.
type In struct {
	At
	Arg  Expr
	List []Expr
	Not  bool
	Eq   *Function
}

// Coalesce is the first of Args that is not NULL; later ones are evaluated only for
// the rows that need them.
type Coalesce struct {
	At
	Args []Expr
	Typ  types.Type
}

// NullIf is NULL where L = R, and Value elsewhere; L is Value converted for Eq.
type NullIf struct {
	At
	Value, L, R Expr
	Eq          *Function
}

// MinMax is GREATEST, or LEAST, of Args; NULLs are ignored.
type MinMax struct {
	At
	Least bool
	Args  []Expr
	Typ   types.Type
}

// SubqueryKind says how a subquery is used.
type SubqueryKind uint8

// The uses of a subquery.
const (
	Scalar SubqueryKind = iota // one column, at most one row
	Exists
	Any // Arg Op ANY (query); IN is = ANY
	All
)

// Subquery is a query inside an expression. The planner turns it into a join or a
// parameter; Compile refuses what is left.
type Subquery struct {
	At
	Kind SubqueryKind
	Plan any // the planner's node
	Arg  Expr
	Op   *Function
	Not  bool
	Typ  types.Type
}

var boolean = types.T(types.Bool)

// Type returns the column's type.
func (e *Col) Type() types.Type { return e.Typ }

// Type returns the constant's type.
func (e *Const) Type() types.Type { return e.Value.Type }

// Type returns the parameter's type, unknown while it is not decided.
func (e *Param) Type() types.Type { return e.Typ }

// Type returns the column's type.
func (e *OuterCol) Type() types.Type { return e.Typ }

// Type returns the function's result type for the arguments.
func (e *Call) Type() types.Type { return e.Typ }

// Type returns the target type.
func (e *Cast) Type() types.Type { return e.To }

// Type returns the common type of the branches.
func (e *Case) Type() types.Type { return e.Typ }

// Type returns BOOLEAN.
func (e *Logic) Type() types.Type { return boolean }

// Type returns BOOLEAN.
func (e *Not) Type() types.Type { return boolean }

// Type returns BOOLEAN.
func (e *IsNull) Type() types.Type { return boolean }

// Type returns BOOLEAN.
func (e *IsBool) Type() types.Type { return boolean }

// Type returns BOOLEAN.
func (e *IsDistinct) Type() types.Type { return boolean }

// Type returns BOOLEAN.
func (e *In) Type() types.Type { return boolean }

// Type returns the common type of the arguments.
func (e *Coalesce) Type() types.Type { return e.Typ }

// Type returns the type of the value.
func (e *NullIf) Type() types.Type { return e.Value.Type() }

// Type returns the common type of the arguments.
func (e *MinMax) Type() types.Type { return e.Typ }

// Type returns the type of the query's column, or BOOLEAN.
func (e *Subquery) Type() types.Type { return e.Typ }
