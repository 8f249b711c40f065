package exec

import (
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// truth is a value of three-valued logic.
type truth int

const (
	no truth = iota
	unsure
	yes
)

// naiveJoin joins rows as the condition says.
func naiveJoin(kind plan.JoinKind, nullAware bool, left, right [][]types.Value, lw, rw []types.Type, on func(l, r []types.Value) truth) (out [][]types.Value, tooMany bool) {
	met := make([]bool, len(right))
	for _, l := range left {
		partners, unsures := 0, 0
		for j, r := range right {
			switch on(l, r) {
			case yes:
				partners++
				met[j] = true
				if !kind.LeftOnly() && !kind.RightOnly() {
					out = append(out, append(append([]types.Value(nil), l...), r...))
				}
			case unsure:
				unsures++
			}
		}
		null := nullAware && partners == 0 && unsures > 0
		switch {
		case kind == plan.Semi && partners > 0, kind == plan.Anti && partners == 0 && !null:
			out = append(out, l)
		case kind == plan.Mark && null:
			out = append(out, append(append([]types.Value(nil), l...), types.NullOf(types.T(types.Bool))))
		case kind == plan.Mark:
			out = append(out, append(append([]types.Value(nil), l...), types.BoolValue(partners > 0)))
		case (kind == plan.Left || kind == plan.Full || kind == plan.Single) && partners == 0:
			out = append(out, append(append([]types.Value(nil), l...), nullRow(rw)...))
		case kind == plan.Single && partners > 1:
			tooMany = true
		}
	}
	if kind == plan.Right || kind == plan.Full {
		for j, r := range right {
			if !met[j] {
				out = append(out, append(nullRow(lw), r...))
			}
		}
	}
	if kind.RightOnly() {
		for j, r := range right {
			if met[j] == (kind == plan.RightSemi) {
				out = append(out, r)
			}
		}
	}
	return out, tooMany
}

func nullRow(ts []types.Type) []types.Value {
	var row []types.Value
	for _, t := range ts {
		row = append(row, types.NullOf(t))
	}
	return row
}

var joinKinds = []plan.JoinKind{plan.Inner, plan.Left, plan.Right, plan.Full, plan.Semi, plan.Anti, plan.Mark, plan.Single}

// joinCase is a drawn join with its naive answer.
type joinCase struct {
	left, right *memTable
	kind        plan.JoinKind
	nullAware   bool
	keys        int
	residual    expr.Expr
	dead        []bool // output columns that are not compared
}

// drawJoin draws two tables that share the types of their first columns, and a join. The
// last column of both is SMALLINT, for a further condition.
func drawJoin(r *rapid.T) *joinCase {
	c := &joinCase{keys: rapid.IntRange(1, 2).Draw(r, "keys")}
	ts := append(drawTypes(r, c.keys, c.keys), types.T(types.Int16))
	c.left, c.right = drawTable(r, ts, 60), drawTable(r, ts, 60)
	c.kind = rapid.SampledFrom(joinKinds).Draw(r, "kind")
	c.nullAware = (c.kind == plan.Anti || c.kind == plan.Mark) && rapid.Bool().Draw(r, "null aware")
	if rapid.Bool().Draw(r, "residual") {
		l, rt := c.left.col(c.keys), c.right.rightCol(c.keys, len(ts))
		e, err := expr.NewOp(0, "<=", l, rt)
		if err != nil {
			r.Fatal(err)
		}
		c.residual = e
	}
	return c
}

// rightCol returns column i of a right input whose left one has n columns.
func (m *memTable) rightCol(i, n int) expr.Expr {
	return &expr.Col{Index: n + i, Typ: m.cols[i].Type}
}

// on is the condition of the join.
func (c *joinCase) on(nullSafe bool) func(l, r []types.Value) truth {
	return func(l, r []types.Value) truth {
		out := yes
		for k := range c.keys {
			switch {
			case nullSafe && equalKeys(l[k], r[k]):
			case nullSafe:
				return no
			case !l[k].Valid || !r[k].Valid:
				out = min(out, unsure)
			case types.Compare(l[k], r[k]) != 0:
				return no
			}
		}
		if c.residual != nil {
			x, y := l[c.keys], r[c.keys]
			switch {
			case !x.Valid || !y.Valid:
				out = min(out, unsure)
			case x.I > y.I:
				return no
			}
		}
		return out
	}
}

// check runs node and compares it with the naive join.
func (c *joinCase) check(r *rapid.T, node plan.Node, on func(l, r []types.Value) truth) {
	want, tooMany := naiveJoin(c.kind, c.nullAware, c.left.rows, c.right.rows, typesOf(c.left.scan()), typesOf(c.right.scan()), on)
	got, err := rowsOf(nil, node, drawOptions(r))
	if tooMany {
		if dberr.CodeOf(err) != dberr.CardinalityViolation {
			r.Fatalf("error %v", err)
		}
		return
	}
	if err != nil {
		r.Fatal(err)
	}
	sameRows(r, without(got, c.dead), without(want, c.dead), false)
}

// without returns rows with NULL in the columns that are dead.
func without(rows [][]types.Value, dead []bool) [][]types.Value {
	if dead == nil {
		return rows
	}
	var out [][]types.Value
	for _, row := range rows {
		row = append([]types.Value(nil), row...)
		for c := range row {
			if dead[c] {
				row[c] = types.NullOf(row[c].Type)
			}
		}
		out = append(out, row)
	}
	return out
}

func TestHashJoin(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := drawJoin(r)
		if !c.nullAware && rapid.IntRange(0, 3).Draw(r, "exchanged") == 0 {
			c.kind = rapid.SampledFrom([]plan.JoinKind{plan.RightSemi, plan.RightAnti}).Draw(r, "right kind")
		}
		n := &plan.HashJoin{
			Kind: c.kind, Left: c.left.scan(), Right: c.right.scan(), Residual: c.residual, NullAware: c.nullAware,
			NullSafe: !c.nullAware && rapid.Bool().Draw(r, "null safe"),
			Mark:     []plan.Column{{ID: 99, Type: types.T(types.Bool)}},
		}
		for k := range c.keys {
			n.LeftKeys = append(n.LeftKeys, c.left.col(k))
			n.RightKeys = append(n.RightKeys, c.right.col(k))
		}
		if rapid.Bool().Draw(r, "some dead") {
			for range n.Columns() {
				c.dead = append(c.dead, rapid.Bool().Draw(r, "dead"))
			}
			n.Dead = c.dead
		}
		c.check(r, n, c.on(n.NullSafe))
	})
}

func TestNestedLoop(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := drawJoin(r)
		n := &plan.NestedLoop{
			Kind: c.kind, Left: c.left.scan(), Right: c.right.scan(), Predicate: c.residual, NullAware: c.nullAware,
			Mark: []plan.Column{{ID: 99, Type: types.T(types.Bool)}},
		}
		c.check(r, n, func(l, rt []types.Value) truth {
			if c.residual == nil {
				return yes
			}
			x, y := l[c.keys], rt[c.keys]
			switch {
			case !x.Valid || !y.Valid:
				return unsure
			case x.I > y.I:
				return no
			}
			return yes
		})
	})
}

// TestJoinManyRows joins enough rows that the table is built by several workers, with
// keys far apart (hashed), close together (an array) and of two columns.
func TestJoinManyRows(t *testing.T) {
	const n = 200000
	bigint := types.T(types.Int64)
	series := func() *plan.GenerateSeries {
		return &plan.GenerateSeries{Start: intConst(1), Stop: intConst(n), Out: []plan.Column{{ID: 1, Type: bigint}}}
	}
	col := &expr.Col{Typ: bigint}
	far, err := expr.NewOp(0, "*", col, intConst(1<<40+1))
	if err != nil {
		t.Fatal(err)
	}
	half, err := expr.NewOp(0, "/", col, intConst(2))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		left, right []expr.Expr
		rows        int
	}{
		{"dense", []expr.Expr{col}, []expr.Expr{col}, n},
		{"hashed", []expr.Expr{far}, []expr.Expr{far}, n},
		{"rows", []expr.Expr{far, col}, []expr.Expr{far, col}, n},
		{"chains", []expr.Expr{half}, []expr.Expr{half}, 2*n - 2}, // keys 0 and n/2 have one row, the others two
	} {
		join := &plan.HashJoin{Left: series(), Right: series(), LeftKeys: c.left, RightKeys: c.right}
		sum := &plan.Aggregate{Input: join, Aggs: []plan.AggCall{mustAgg(t, "count"), mustAgg(t, "max", &expr.Col{Index: 1, Typ: bigint})}}
		for _, workers := range []int{1, 4} {
			got := mustRows(t, sum, Options{Workers: workers})
			if got[0][0].I != int64(c.rows) || got[0][1].I != n {
				t.Errorf("%s: %s", c.name, showRow(got[0]))
			}
		}
	}
}

func TestSetOperations(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		ts := drawTypes(r, 1, 2)
		left, right := drawTable(r, ts, 40), drawTable(r, ts, 40)
		n := &plan.SetOp{
			Kind: rapid.SampledFrom([]plan.SetOpKind{plan.Union, plan.Intersect, plan.Except}).Draw(r, "kind"),
			All:  rapid.Bool().Draw(r, "all"), Left: left.scan(), Right: right.scan(), Out: left.cols,
		}
		var want, got [][]types.Value
		all := append(append([][]types.Value(nil), left.rows...), right.rows...)
		for _, g := range naiveGroups(all, len(ts)) {
			for range copiesOf(n, countEqual(left.rows, g[0]), countEqual(right.rows, g[0])) {
				want = append(want, keyed(g[0]))
			}
		}
		for _, row := range mustRows(r, n, drawOptions(r)) {
			got = append(got, keyed(row))
		}
		sameRows(r, got, want, false)
	})
}

// countEqual counts the rows equal to row.
func countEqual(rows [][]types.Value, row []types.Value) int {
	n := 0
	for _, x := range rows {
		same := true
		for k := range row {
			same = same && equalKeys(x[k], row[k])
		}
		if same {
			n++
		}
	}
	return n
}

// copiesOf says how many copies of a row a set operation makes of l left and r right ones.
func copiesOf(n *plan.SetOp, l, r int) int {
	copies := map[plan.SetOpKind]int{plan.Union: l + r, plan.Intersect: min(l, r), plan.Except: max(0, l-r)}[n.Kind]
	if n.All {
		return copies
	}
	if n.Kind == plan.Except && r > 0 {
		return 0
	}
	return min(1, copies)
}
