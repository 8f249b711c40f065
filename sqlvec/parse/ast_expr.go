package parse

// LitKind says what a Literal is.
type LitKind uint8

// The kinds of literals. LitInt and LitNumeric are unsigned: a minus sign is a
// UnaryExpr.
const (
	LitNull    LitKind = iota
	LitBool            // Bool holds the value
	LitInt             // Text holds decimal digits, of any length, without leading zeros
	LitNumeric         // Text holds a decimal number with a point or an exponent
	LitString          // Text holds the value, escapes resolved; its type is unknown until it is bound
	LitBits            // Text holds 0 and 1
	LitHexBits         // Text holds hexadecimal digits
)

// Literal is a constant.
type Literal struct {
	Pos
	Kind LitKind
	Text string
	Bool bool
}

// PointKind says what a PointLit counts.
type PointKind uint8

// The two numberings of the log.
const (
	PointSeq PointKind = iota // @SEQ:N, an event
	PointTx                   // @TX:N, a commit
)

// PointLit is a point in history, @SEQ:N or @TX:N; where another expression than a number
// was written, as in @SEQ:t.seq or @TX:($1 - 1), it is Value.
type PointLit struct {
	Pos
	Kind  PointKind
	N     uint64
	Value Expr
}

// Param is $N, N ≥ 1.
type Param struct {
	Pos
	N int
}

// ColumnRef is a possibly qualified column: Parts holds one to four names, the
// column last. Where it names an item of the select list, not a column, the binder sets Means to the
// item's expression, which is then what is printed.
type ColumnRef struct {
	Pos
	Parts []string
	Means Expr
}

// Star is *, t.* or (expr).*, in a select list, in count(*) or in a row.
type Star struct {
	Pos
	Table []string // the qualifier of t.*, or nil
	Of    Expr     // the composite value of (expr).*, or nil
	// Like is a pattern that the names must match, whose X is nil; it stands alone.
	Like    *LikeExpr
	Exclude []Ident // EXCLUDE (…), columns left out
	Replace []SelectItem
	Rename  []SelectItem // RENAME (a AS b): each Expr is a *ColumnRef
}

// UnaryExpr is a prefix operator: -, +, ~, @, |/ and the like. NOT is NotExpr.
type UnaryExpr struct {
	Pos
	Op     string
	Schema string // of OPERATOR(schema.op), or ""
	X      Expr
}

// BinaryExpr is an infix operator. != is given as <>. AND and OR are BoolExpr,
// LIKE is LikeExpr. Pos is the operator's.
type BinaryExpr struct {
	Pos
	Op     string
	Schema string // of OPERATOR(schema.op), or ""
	L, R   Expr
}

// BoolExpr is AND or OR over two or more arguments; a chain of the same operator
// is one node, so that its depth does not grow with its length.
type BoolExpr struct {
	Pos
	Or   bool
	Args []Expr
}

// NotExpr is NOT X.
type NotExpr struct {
	Pos
	X Expr
}

// Cast is X::type, CAST(X AS type), or a literal with its type before it, which
// mean the same; Try is TRY_CAST, which gives NULL where a cast fails.
type Cast struct {
	Pos
	X    Expr
	Type *TypeName
	Try  bool
}

// CollateExpr is X COLLATE name.
type CollateExpr struct {
	Pos
	X         Expr
	Collation Name
}

// AtTimeZone is X AT TIME ZONE Zone; Zone is nil for AT LOCAL.
type AtTimeZone struct {
	Pos
	X, Zone Expr
}

// IsTest is what follows IS [NOT].
type IsTest uint8

// The tests of IS.
const (
	IsNull IsTest = iota
	IsTrue
	IsFalse
	IsUnknown
)

// IsExpr is X IS [NOT] NULL, TRUE, FALSE or UNKNOWN.
type IsExpr struct {
	Pos
	X    Expr
	Test IsTest
	Not  bool
}

// DistinctExpr is L IS [NOT] DISTINCT FROM R.
type DistinctExpr struct {
	Pos
	L, R Expr
	Not  bool
}

// BetweenExpr is X [NOT] BETWEEN [SYMMETRIC] Lo AND Hi.
type BetweenExpr struct {
	Pos
	X, Lo, Hi      Expr
	Not, Symmetric bool
}

// LikeKind says which pattern language a LikeExpr uses.
type LikeKind uint8

// The pattern matches that are words; ~ and ~* are binary operators.
const (
	Like LikeKind = iota
	ILike
	SimilarTo
)

// LikeExpr is X [NOT] LIKE, ILIKE or SIMILAR TO Pattern [ESCAPE Escape].
type LikeExpr struct {
	Pos
	Kind               LikeKind
	Not                bool
	X, Pattern, Escape Expr // Escape may be nil
}

// InExpr is X [NOT] IN (List) or X [NOT] IN (Query); one of the two is set.
type InExpr struct {
	Pos
	X     Expr
	Not   bool
	List  []Expr
	Query *Query
}

// QuantifiedExpr is X Op ANY|ALL (Query) or (Array); SOME is ANY. LIKE and its
// kin appear as Op ~~, !~~, ~~* and !~~*.
type QuantifiedExpr struct {
	Pos
	X      Expr
	Op     string
	Schema string // of OPERATOR(schema.op), or ""
	All    bool
	Query  *Query
	Array  Expr
}

// ExistsExpr is EXISTS (Query).
type ExistsExpr struct {
	Pos
	Query *Query
}

// SubqueryExpr is a query in parentheses as a value: one column, at most one row.
// As the value of a multi-column SET, or beside a row, it may have more columns.
type SubqueryExpr struct {
	Pos
	Query *Query
}

// ArrayExpr is ARRAY[…], or ARRAY(Query) when Query is set.
type ArrayExpr struct {
	Pos
	Elems []Expr
	Query *Query
}

// RowExpr is ROW(…), or (a, b, …) when Explicit is false.
type RowExpr struct {
	Pos
	Elems    []Expr
	Explicit bool
}

// FieldAccess is (X).Name.
type FieldAccess struct {
	Pos
	X    Expr
	Name string
}

// Subscript is X[Lo], or X[Lo:Hi] when Slice is set; either bound of a slice may
// be nil. Apart says that X is a Subscript in parentheses: of what it gives, not one chain with it.
type Subscript struct {
	Pos
	X, Lo, Hi Expr
	Slice     bool
	Apart     bool
}

// When is one branch of a CASE.
type When struct {
	Pos
	Cond, Result Expr
}

// CaseExpr is CASE [Arg] WHEN … [ELSE …] END; Arg and Else may be nil.
type CaseExpr struct {
	Pos
	Arg   Expr
	Whens []When
	Else  Expr
}

// NullTreatment is IGNORE NULLS or RESPECT NULLS of a window function.
type NullTreatment uint8

// The null treatments.
const (
	NullsUnspecified NullTreatment = iota
	RespectNulls
	IgnoreNulls
)

// FuncCall is a call. The standard's special forms are ordinary calls with
// PostgreSQL's names and argument order: EXTRACT(f FROM x) is extract('f', x),
// SUBSTRING(x FROM a FOR n) is substring(x, a, n), POSITION(a IN b) is
// position(b, a), OVERLAY(x PLACING y FROM a FOR n) is overlay(x, y, a, n),
// TRIM is btrim, ltrim or rtrim(x, chars), (a, b) OVERLAPS (c, d) is
// overlaps(a, b, c, d). COALESCE, NULLIF, GREATEST, LEAST and GROUPING are calls.
type FuncCall struct {
	Pos
	Name Name
	Args []Expr // count(*) has one *Star; named arguments are *NamedArg
	// Bare is set for names written without parentheses: current_date,
	// current_timestamp, localtime, current_user and their kin.
	Bare        bool
	Distinct    bool
	Variadic    bool        // the last argument is VARIADIC
	OrderBy     []OrderItem // inside the parentheses
	WithinGroup []OrderItem
	Filter      Expr
	Nulls       NullTreatment
	Over        *WindowDef
}

// NamedArg is name => value in a call.
type NamedArg struct {
	Pos
	Name string
	X    Expr
}

// Lambda is an argument of a function of lists: a value made of each element, and of its number
// where there is a second parameter.
type Lambda struct {
	Pos
	Params []Ident
	Body   Expr
}

// DefaultExpr is the word DEFAULT as a value of INSERT or UPDATE.
type DefaultExpr struct{ Pos }

// GroupingKind says which construct a GroupingSet is.
type GroupingKind uint8

// The constructs of GROUP BY that make several groupings.
const (
	GroupingEmpty GroupingKind = iota // ()
	GroupingRollup
	GroupingCube
	GroupingSets
)

// GroupingSet is (), ROLLUP(…), CUBE(…) or GROUPING SETS(…). It appears only as
// an item of GROUP BY or of another GroupingSet. An item of several columns is a
// *RowExpr.
type GroupingSet struct {
	Pos
	Kind  GroupingKind
	Items []Expr
}

func (*Literal) expr()        {}
func (*PointLit) expr()       {}
func (*Param) expr()          {}
func (*ColumnRef) expr()      {}
func (*Star) expr()           {}
func (*UnaryExpr) expr()      {}
func (*BinaryExpr) expr()     {}
func (*BoolExpr) expr()       {}
func (*NotExpr) expr()        {}
func (*Cast) expr()           {}
func (*CollateExpr) expr()    {}
func (*AtTimeZone) expr()     {}
func (*IsExpr) expr()         {}
func (*DistinctExpr) expr()   {}
func (*BetweenExpr) expr()    {}
func (*LikeExpr) expr()       {}
func (*InExpr) expr()         {}
func (*QuantifiedExpr) expr() {}
func (*ExistsExpr) expr()     {}
func (*SubqueryExpr) expr()   {}
func (*ArrayExpr) expr()      {}
func (*RowExpr) expr()        {}
func (*FieldAccess) expr()    {}
func (*Subscript) expr()      {}
func (*CaseExpr) expr()       {}
func (*FuncCall) expr()       {}
func (*NamedArg) expr()       {}
func (*Lambda) expr()         {}
func (*DefaultExpr) expr()    {}
func (*GroupingSet) expr()    {}
