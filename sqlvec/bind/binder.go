package bind

import (
	"context"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// Points gives the views that a statement reads. The views stay with the session,
// which releases them when the statement ends.
type Points interface {
	// Present is the statement's snapshot, its own transaction's writes included.
	Present() *colstore.View
	// Temporary is the session's temporary tables, nil for none.
	Temporary() *colstore.View
	AtSeq(seq uint64) (*colstore.View, error)
	AtTX(csn uint64) (*colstore.View, error)
	// AtTime closes the time first (µs since 1970 UTC).
	AtTime(micros int64) (*colstore.View, error)
	// SeqAt is the last event at or before a closed time.
	SeqAt(micros int64) (uint64, error)
}

// Env is what a Binder asks of the session.
type Env struct {
	Ctx    context.Context
	Points Points
	// Path is the schemas in which names without one are looked up, in order, pg_temp and pg_catalog
	// among them; nil is that of a new session.
	Path []string
	Expr *expr.Env
	// Params are the values of $1, $2, …; they are bound as constants.
	Params []types.Value
	// Generic, where it is not nil, are the parameters of a plan for any values and any moment, in
	// the place of Params. Those of the unknown type get the type that the statement gives them.
	// What can only be bound for one moment is then error ErrMoment.
	Generic []*expr.Param
	// SystemTime is the session's own point in the past, nil for the present.
	SystemTime *Point
	// Scalar runs a bound query of one column and at most one row: the time of a
	// temporal clause may be one. Nil refuses such clauses.
	Scalar func(plan.Node) (types.Value, error)
	// Rows runs a bound query for the values that become the columns of a PIVOT. Nil refuses those.
	Rows func(plan.Node) ([][]types.Value, error)
	// With is the WITH clause around a part of a statement whose WITH clause writes. Written says
	// which of its queries have run, and their rows, nil for a statement without RETURNING.
	With    *parse.With
	Written func(*parse.CTE) (rows Source, done bool)
	// System finds one of the system's own views by schema and name; nil for none.
	System func(schema, name string) *SystemView
	// Locker locks the rows of FOR UPDATE. Nil refuses it.
	Locker func() plan.Locker
	// Variable is a value of SET VARIABLE; ok is false when there is none.
	Variable func(name string) (v types.Value, ok bool)
	// Rejects keeps the records that files with store_rejects leave out.
	Rejects *files.RejectLog
	// Sequence says where a sequence stands.
	Sequence func(*colstore.Table) colstore.SequencePosition
}

// Binder binds one statement. Make one with New.
type Binder struct {
	env        Env
	path       []string // in which names are looked up here
	nextID     int
	ctes       *cteScope
	time       *Point        // the default of the clauses around, nil for the present
	times      []pendingTime // points that the next join computes
	depth      int
	binding    *cte            // the WITH query that is being bound
	within     string          // what around here must have no recursive reference, "" for none
	selfRef    bool            // the FROM that was bound last has a recursive reference of its own
	columns    map[int]column  // every column of a FROM, for messages
	views      map[uint32]bool // those that are being bound
	record     *viewRecord     // set while a view is defined
	around     []*exprContext  // of the subqueries around, the innermost last
	rebinds    int             // queries around that can be bound once more, see withPresence
	present    map[string]bool // tables that have a column for their presence
	allPresent bool            // all tables of a FROM have one
	guessed    bool            // where there is none, a row is there that has a value
	locks      lockings
}

// maxDepth is how deep queries may nest.
const maxDepth = 64

// New returns a Binder for one statement.
func New(env Env) *Binder {
	b := &Binder{env: env, path: env.Path, time: env.SystemTime, columns: map[int]column{}}
	if b.path == nil {
		b.path = defaultPath
	}
	b.pushCTEs(env.With, nil)
	return b
}

// newColumn returns a column under a new ID.
func (b *Binder) newColumn(name string, t types.Type) plan.Column {
	b.nextID++
	return plan.Column{ID: b.nextID, Name: name, Type: t}
}

// enter counts the depth of queries; leave undoes it.
func (b *Binder) enter(pos int) error {
	b.depth++
	if b.depth > maxDepth {
		return dberr.Newf(dberr.StatementTooComplex, "queries are nested more than %d deep", maxDepth).At(pos)
	}
	return nil
}

func (b *Binder) leave() { b.depth-- }

// Query binds a query that stands alone. Its columns have types: what is unknown
// becomes text, and so do rows.
func (b *Binder) Query(q *parse.Query) (plan.Node, error) {
	node, err := b.typedQuery(q)
	if err != nil {
		return nil, err
	}
	return b.recordsAsText(node)
}

// TableQuery binds a query whose columns become those of a table.
func (b *Binder) TableQuery(q *parse.Query) (plan.Node, error) {
	node, err := b.typedQuery(q)
	if err != nil {
		return nil, err
	}
	if err := noRecords(node.Columns()); err != nil {
		return nil, err
	}
	return b.castColumns(node, declaredTypes(node))
}

func (b *Binder) typedQuery(q *parse.Query) (plan.Node, error) {
	node, err := b.bindQuery(q, nil)
	if err != nil {
		return nil, err
	}
	return b.resolveUnknown(node)
}

// resolveUnknown makes text of the columns whose type is still unknown.
func (b *Binder) resolveUnknown(node plan.Node) (plan.Node, error) {
	cols := node.Columns()
	want := make([]types.Type, len(cols))
	for i, c := range cols {
		want[i] = c.Type
		if c.Type.ID == types.Unknown {
			want[i] = types.T(types.Text)
		}
	}
	return b.castColumns(node, want)
}

// castColumns converts the columns of node to the types want.
func (b *Binder) castColumns(node plan.Node, want []types.Type) (plan.Node, error) {
	cols, same := node.Columns(), true
	for i, c := range cols {
		same = same && c.Type == want[i]
	}
	if same {
		return node, nil
	}
	p, ok := node.(*plan.Project)
	if !ok {
		p = &plan.Project{Input: node, Out: cols}
		for _, c := range cols {
			p.Exprs = append(p.Exprs, colExpr(c))
		}
	}
	return b.castProject(p, want)
}

// castProject converts inside a projection, so that literals become constants.
func (b *Binder) castProject(p *plan.Project, want []types.Type) (plan.Node, error) {
	q := &plan.Project{Input: p.Input}
	for i, e := range p.Exprs {
		out := p.Out[i]
		if e.Type() != want[i] {
			var err error
			if e, err = expr.Coerce(e, want[i]); err != nil {
				return nil, err
			}
			out = b.newColumn(out.Name, want[i])
		}
		q.Exprs, q.Out = append(q.Exprs, e), append(q.Out, out)
	}
	return q, nil
}

// colExpr is a reference to an operator's column.
func colExpr(c plan.Column) *expr.Col {
	return &expr.Col{Index: c.ID, Typ: c.Type, Name: c.Name}
}
