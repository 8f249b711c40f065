package parse

// Describe is DESCRIBE or, when Summarize is set, SUMMARIZE of a table or a query; exactly one of
// Table and Query is set.
type Describe struct {
	Pos
	Summarize bool
	Table     TableExpr
	Query     *Query
}

// Pivot is t PIVOT (aggregates FOR column IN (…) …), and the statement PIVOT t ON … USING …. GroupBy
// is nil where every column counts that is not named elsewhere.
type Pivot struct {
	Pos
	Source  TableExpr
	On      []PivotOn
	Using   []SelectItem
	GroupBy []Expr
	Alias   *Alias
}

// PivotOn is what columns are made of: expressions, and the values of them that are asked for; nil
// for all that there are.
type PivotOn struct {
	Pos
	Exprs  []Expr
	Values []PivotValue
}

// PivotValue is a value of each expression of a PivotOn.
type PivotValue struct {
	Pos
	Exprs []Expr
	Alias string
}

// Unpivot is t UNPIVOT (values FOR name IN (columns)), and the statement UNPIVOT t ON … INTO ….
type Unpivot struct {
	Pos
	Source       TableExpr
	IncludeNulls bool
	Values       []Ident
	Name         Ident
	Items        []UnpivotItem
	Alias        *Alias
}

// UnpivotItem is what makes one row: an expression for every value column, or a *Star for all columns.
type UnpivotItem struct {
	Pos
	Exprs []Expr
	Alias string
}

func (*Describe) queryBody() {}
func (*Pivot) tableExpr()    {}
func (*Unpivot) tableExpr()  {}
