package bind

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// PointKind says in what a Point counts.
type PointKind uint8

// The kinds of points.
const (
	AtSeq PointKind = iota
	AtTX
	AtTime
)

// Point is a place in history as a statement names it: N is an event number, a commit
// number, or microseconds since 1970 UTC.
type Point struct {
	Kind PointKind
	N    int64
	// clause is set for the default that a FOR SYSTEM_TIME clause makes, which may be
	// a range; it is evaluated once.
	clause *period
}

// period is an evaluated FOR SYSTEM_TIME clause.
type period struct {
	kind     parse.SystemTimeKind
	from, to Point
	pos      int
}

// ranged reports whether the clause asks for row versions, not for a state.
func (p *period) ranged() bool { return p.kind != parse.SystemTimeAsOf }

// String is how EXPLAIN shows a point.
func (p Point) String() string {
	switch p.Kind {
	case AtSeq:
		return "@SEQ:" + strconv.FormatInt(p.N, 10)
	case AtTX:
		return "@TX:" + strconv.FormatInt(p.N, 10)
	}
	v := types.IntValue(types.T(types.TimestampTZ), p.N)
	return "'" + types.Format(v) + "'"
}

func (p *period) String() string {
	switch p.kind {
	case parse.SystemTimeBetween:
		return fmt.Sprintf("BETWEEN %s AND %s", p.from, p.to)
	case parse.SystemTimeFromTo:
		return fmt.Sprintf("FROM %s TO %s", p.from, p.to)
	case parse.SystemTimeAll:
		return "ALL"
	}
	return "AS OF " + p.from.String()
}

// withTime runs fn with the clause, if any, as the default of all tables inside.
func (b *Binder) withTime(clause *parse.SystemTime, fn func() error) error {
	if clause == nil {
		return fn()
	}
	p, err := b.period(clause)
	if err != nil {
		return err
	}
	saved := b.time
	b.time = &Point{clause: p}
	defer func() { b.time = saved }()
	return fn()
}

// period evaluates a clause.
func (b *Binder) period(c *parse.SystemTime) (*period, error) {
	p := &period{kind: c.Kind, pos: int(c.Position())}
	err := b.moment()
	if err != nil {
		return nil, err
	}
	if c.From != nil {
		if p.from, err = b.point(c.From); err != nil {
			return nil, err
		}
	}
	if c.To != nil {
		if p.to, err = b.point(c.To); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// point evaluates one end of a clause.
func (b *Binder) point(e parse.Expr) (Point, error) {
	if lit, ok := e.(*parse.PointLit); ok && lit.Value != nil {
		return b.countedPoint(lit)
	} else if ok {
		kind := AtSeq
		if lit.Kind == parse.PointTx {
			kind = AtTX
		}
		if lit.N > math.MaxInt64 {
			return Point{}, dberr.New(dberr.TemporalOutOfRange, "point in time out of range").At(int(lit.Position()))
		}
		return Point{Kind: kind, N: int64(lit.N)}, nil
	}
	v, err := b.timeValue(e)
	if err != nil {
		return Point{}, err
	}
	pos := int(e.Position())
	if !v.Valid {
		return Point{}, dberr.New(dberr.NullValueNotAllowed, "the time of FOR SYSTEM_TIME is NULL").At(pos)
	}
	if v.Type.IsInteger() { // a number alone counts events
		if v.I < 0 {
			return Point{}, dberr.Newf(dberr.TemporalOutOfRange, "there is no event %d", v.I).At(pos)
		}
		return Point{Kind: AtSeq, N: v.I}, nil
	}
	return Point{Kind: AtTime, N: v.I}, nil
}

// countedPoint evaluates @SEQ:(…) and @TX:(…).
func (b *Binder) countedPoint(lit *parse.PointLit) (Point, error) {
	pos := int(lit.Value.Position())
	v, err := b.timeValue(lit.Value)
	if err != nil {
		return Point{}, err
	}
	switch {
	case !v.Valid:
		return Point{}, dberr.New(dberr.NullValueNotAllowed, "the point of FOR SYSTEM_TIME is NULL").At(pos)
	case !v.Type.IsInteger():
		return Point{}, dberr.Newf(dberr.DatatypeMismatch, "the number of FOR SYSTEM_TIME must be an integer, not type %s", v.Type).At(pos)
	case v.I < 0:
		return Point{}, dberr.New(dberr.TemporalOutOfRange, "point in time out of range").At(pos)
	case lit.Kind == parse.PointTx:
		return Point{Kind: AtTX, N: v.I}, nil
	}
	return Point{Kind: AtSeq, N: v.I}, nil
}

// timeValue evaluates a constant expression, as a TIMESTAMPTZ or an integer, or a scalar
// subquery, as a TIMESTAMPTZ.
func (b *Binder) timeValue(e parse.Expr) (types.Value, error) {
	pos := int(e.Position())
	tz := types.T(types.TimestampTZ)
	if sub, ok := e.(*parse.SubqueryExpr); ok {
		return b.timeOfQuery(sub)
	}
	c := &exprContext{scope: &scope{}, clause: "FOR SYSTEM_TIME"}
	x, err := b.bindExpr(e, c)
	if err != nil {
		return types.Value{}, constantTime(err)
	}
	if x.Type().IsInteger() {
		v, err := b.constant(x)
		return v, at(err, pos)
	}
	if !timeLike(x.Type()) {
		return types.Value{}, dberr.Newf(dberr.DatatypeMismatch,
			"the time of FOR SYSTEM_TIME must be a timestamp, not type %s", x.Type()).At(pos).
			WithHint("Write @SEQ:N for an event number or @TX:N for a commit number.")
	}
	if x, err = expr.NewCast(pos, x, tz, false); err != nil {
		return types.Value{}, err
	}
	v, err := b.constant(x)
	return v, at(err, pos)
}

func timeLike(t types.Type) bool {
	return t.IsString() || t.ID == types.Date || t.ID == types.Timestamp || t.ID == types.TimestampTZ
}

// constantTime says why a column cannot be a time.
func constantTime(err error) error {
	if dberr.CodeOf(err) != dberr.UndefinedColumn && dberr.CodeOf(err) != dberr.UndefinedTable {
		return err
	}
	e, ok := err.(*dberr.Error)
	if !ok {
		return err
	}
	return dberr.New(dberr.FeatureNotSupported,
		"the time of FOR SYSTEM_TIME must not depend on the columns of another table").At(e.Pos)
}

func (b *Binder) timeOfQuery(sub *parse.SubqueryExpr) (types.Value, error) {
	pos := int(sub.Position())
	if b.env.Scalar == nil {
		return types.Value{}, dberr.New(dberr.FeatureNotSupported, "a subquery cannot be the time of FOR SYSTEM_TIME here").At(pos)
	}
	node, err := b.bindQuery(sub.Query, nil)
	if err != nil {
		return types.Value{}, err
	}
	cols := node.Columns()
	if len(cols) != 1 {
		return types.Value{}, dberr.New(dberr.SyntaxError, "subquery must return only one column").At(pos)
	}
	if !timeLike(cols[0].Type) {
		return types.Value{}, dberr.Newf(dberr.DatatypeMismatch,
			"the time of FOR SYSTEM_TIME must be a timestamp, not type %s", cols[0].Type).At(pos)
	}
	if node, err = b.castColumns(node, []types.Type{types.T(types.TimestampTZ)}); err != nil {
		return types.Value{}, err
	}
	return b.env.Scalar(node)
}

// ParsePoint reads the value of the setting system_time and of --as-of: @SEQ:N, @TX:N,
// a number alone, which counts events, or a timestamp.
func ParsePoint(text string, ctx types.Context) (Point, error) {
	s := strings.TrimSpace(text)
	for prefix, kind := range map[string]PointKind{"@SEQ:": AtSeq, "@TX:": AtTX} {
		if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
			continue
		}
		n, err := strconv.ParseInt(s[len(prefix):], 10, 64)
		if err != nil || n < 0 {
			return Point{}, dberr.Newf(dberr.InvalidParameterValue, "invalid point in time: \"%s\"", text)
		}
		return Point{Kind: kind, N: n}, nil
	}
	if n, err := strconv.ParseUint(s, 10, 63); err == nil { // a number alone counts events
		return Point{Kind: AtSeq, N: int64(n)}, nil
	}
	v, err := ctx.Parse(s, types.T(types.TimestampTZ))
	if err != nil {
		return Point{}, err
	}
	return Point{Kind: AtTime, N: v.I}, nil
}

// tableAt is a table as one reference sees it.
type tableAt struct {
	view     *colstore.View
	table    *colstore.Table
	versions *colstore.VersionRange
	period   *period // nil for the present
	temporal bool
	ranged   bool
	words    string // for EXPLAIN
}

// catalog is the definitions that the table is among.
func (r *tableAt) catalog() *colstore.Catalog { return r.view.Catalog() }

// lookup finds a table at the reference's own point in time.
func (b *Binder) lookup(n parse.Name, clause *parse.SystemTime, pos int) (tableAt, error) {
	name := Name(b.path, n)
	p, err := b.periodOf(clause)
	if err != nil {
		return tableAt{}, err
	}
	if p == nil {
		v := b.env.Points.Present()
		t, err := v.Relation(name)
		if dberr.CodeOf(err) == dberr.UndefinedTable {
			err = b.notIndex(n, err)
		}
		return tableAt{view: v, table: t}, at(err, pos)
	}
	r := tableAt{temporal: true, period: p, ranged: p.ranged(), words: p.String()}
	if p.ranged() {
		err = b.openRange(&r, p)
	} else {
		r.view, err = b.viewAt(p.from)
	}
	if err != nil {
		return tableAt{}, at(err, p.pos)
	}
	r.table, err = r.view.Relation(name)
	if err != nil && !p.ranged() {
		err = b.notYet(name, p, err)
	}
	return r, at(err, pos)
}

// periodOf returns the clause that holds for a reference, nil for the present.
func (b *Binder) periodOf(clause *parse.SystemTime) (*period, error) {
	switch {
	case clause != nil:
		return b.period(clause)
	case b.time == nil:
		return nil, nil
	case b.time.clause != nil:
		return b.time.clause, nil
	}
	return &period{kind: parse.SystemTimeAsOf, from: *b.time}, nil
}

// notYet makes the error for a table that exists only later.
func (b *Binder) notYet(name colstore.Name, p *period, err error) error {
	t, ok := b.env.Points.Present().Catalog().Relation(name)
	if !ok || dberr.CodeOf(err) != dberr.UndefinedTable {
		return err
	}
	return dberr.Newf(dberr.BeforeHistory, "relation \"%s\" did not exist %s", name, p).
		WithDetail("It exists since @TX:%d.", t.CreatedCSN)
}

// viewAt opens the view of a point.
func (b *Binder) viewAt(p Point) (*colstore.View, error) {
	switch p.Kind {
	case AtSeq:
		return b.env.Points.AtSeq(uint64(p.N))
	case AtTX:
		return b.env.Points.AtTX(uint64(p.N))
	}
	return b.env.Points.AtTime(p.N)
}

// openRange sets the view and the range of event numbers of a range clause. Versions
// are read under the present's catalog, whose view covers all of them.
func (b *Binder) openRange(r *tableAt, p *period) error {
	r.view = b.env.Points.Present()
	last := r.view.Point().Seq
	if p.kind == parse.SystemTimeAll {
		r.versions = &colstore.VersionRange{From: 0, To: last}
		return nil
	}
	from, err := b.seqOf(p.from, false)
	if err != nil {
		return err
	}
	to, err := b.seqOf(p.to, p.kind == parse.SystemTimeFromTo)
	if err != nil {
		return err
	}
	if from > to {
		// An empty range: the scan sees the versions of no point at all.
		r.versions = &colstore.VersionRange{From: 1, To: 0}
		return nil
	}
	r.versions = &colstore.VersionRange{From: uint64(from), To: uint64(to)}
	return nil
}

// seqOf returns the event number of a point; with before, that of the last point
// before it, -1 when there is none.
func (b *Binder) seqOf(p Point, before bool) (int64, error) {
	if before && p.N == 0 && p.Kind != AtTime {
		return -1, nil
	}
	if before && p.Kind != AtSeq {
		p.N--
	}
	if p.Kind == AtTime {
		seq, err := b.env.Points.SeqAt(p.N)
		return int64(seq), err
	}
	v, err := b.viewAt(p)
	if err != nil {
		return 0, err
	}
	seq := int64(v.Point().Seq)
	if before && p.Kind == AtSeq {
		seq--
	}
	return seq, nil
}

// at gives a user error a position, unless it has one.
func at(err error, pos int) error {
	if e, ok := err.(*dberr.Error); ok && e != nil {
		return e.At(pos)
	}
	return err
}
