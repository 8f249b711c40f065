package parse

// JSONDoc is one document of INSERT INTO t {…}: its text, braces included,
// balanced but not otherwise checked.
type JSONDoc struct {
	Pos
	Text string
}

// PathStep is one step into a column that is assigned to: .Field, [Lo] or
// [Lo:Hi].
type PathStep struct {
	Pos
	Field  string
	Lo, Hi Expr
	Slice  bool
}

// Target is a column that INSERT or UPDATE assigns to.
type Target struct {
	Pos
	Name string
	Path []PathStep
}

// Overriding is the OVERRIDING clause of INSERT.
type Overriding uint8

// What an INSERT overrides.
const (
	OverridingNone Overriding = iota
	OverridingSystem
	OverridingUser
)

// Insert is INSERT INTO. Exactly one source is set: Query (VALUES included),
// Docs, or DefaultValues.
type Insert struct {
	Pos
	With          *With
	Table         Name
	Alias         string
	Columns       []Target // nil where no list was given
	ByName        bool     // DuckDB's BY NAME: the names of the query's columns are the list
	Overriding    Overriding
	Query         *Query
	Docs          []JSONDoc
	DefaultValues bool
	OnConflict    *OnConflict
	Returning     []SelectItem
}

// OnConflict is ON CONFLICT [target] DO NOTHING | DO UPDATE SET … [WHERE …].
// The target is index items with an optional predicate, a constraint's name, or
// neither.
type OnConflict struct {
	Pos
	Items       []IndexItem
	IndexWhere  Expr
	Constraint  string
	Replace     bool // INSERT OR REPLACE: DO UPDATE SET every column, for the table's one unique key
	DoUpdate    bool
	Set         []SetClause
	UpdateWhere Expr
}

// SetClause is col = value, or (a, b) = value when Multi is set; the value of
// the second is a *RowExpr, a *SubqueryExpr or, for one column, any expression.
type SetClause struct {
	Pos
	Targets []Target
	Multi   bool
	Value   Expr
}

// Update is UPDATE … SET.
type Update struct {
	Pos
	With      *With
	Table     *TableRef
	Set       []SetClause
	From      []TableExpr
	Where     Expr
	Returning []SelectItem
}

// Delete is DELETE FROM.
type Delete struct {
	Pos
	With      *With
	Table     *TableRef
	Using     []TableExpr
	Where     Expr
	Returning []SelectItem
}

// Truncate is TRUNCATE [TABLE].
type Truncate struct {
	Pos
	Tables          []Name
	RestartIdentity bool
	Cascade         bool
}

// Copy is COPY table|(query) FROM|TO place. Exactly one of Table and Query is
// set. The place is File, a Program, or standard input or output when both are
// empty.
type Copy struct {
	Pos
	Table   *Name
	Columns []Ident
	Query   Stmt
	From    bool
	File    string
	Program bool // File is a command to run
	Stdio   bool // STDIN or STDOUT
	Options []Option
	Where   Expr
}

func (*Insert) stmt()   {}
func (*Update) stmt()   {}
func (*Delete) stmt()   {}
func (*Truncate) stmt() {}
func (*Copy) stmt()     {}
