package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// keyTest is one column of a scan, and the key of a join that it is.
type keyTest struct {
	column int
	build  *joinBuild
	key    int
}

// setTest is a worker's keyTest. It rests for some batches after one of which it left most
// rows: for twice as many each time, up to longestRest.
type setTest struct {
	column int
	set    *keySet
	idle   int // batches that it lets pass
	rest   int // the next rest
}

// A test is worth its time where it leaves less than 1 - 1/worthwhile of the rows.
const (
	worthwhile  = 4
	longestRest = 64
)

// apply clears the bits of mask, n in all, of rows whose key is not in the set, and returns
// how many are left.
func (t *setTest) apply(b *vec.Batch, mask []uint64, n int, a *arena.Arena) int {
	if t.idle > 0 {
		t.idle--
		return n
	}
	t.set.among(&b.Cols[t.column], mask, b.N, a)
	left := vec.CountBits(mask)
	if left > n-n/worthwhile {
		t.rest = min(max(1, 2*t.rest), longestRest)
		t.idle = t.rest
	} else {
		t.rest = 0
	}
	return left
}

// filterByKeys puts tests by the keys of a hash join behind the scans that its left keys come
// from, among parts, which stream the left input.
func (b *builder) filterByKeys(n *plan.HashJoin, build *joinBuild, parts []*part) {
	if n.NullSafe || !needsPartner(n.Kind) {
		return
	}
	for k, key := range n.LeftKeys {
		c, ok := integerColumn(key)
		if !ok || !build.tellsKey(k) {
			continue
		}
		scan, c := streamedFrom(n.Left, c)
		for _, p := range parts {
			src, ok := p.src.(*scanSource)
			if !ok || scan == nil || src.scan != scan {
				continue
			}
			src.sieve.tests = append(src.sieve.tests, keyTest{column: c, build: build, key: k})
			build.wanted(k, scan.Estimate.Rows)
		}
	}
}

// needsPartner reports whether left rows without a partner are of no use to a join.
func needsPartner(k plan.JoinKind) bool {
	return k == plan.Inner || k == plan.Semi || k == plan.Right || k.RightOnly()
}

// integerColumn returns the column that e is, seen through casts to wider integers.
func integerColumn(e expr.Expr) (int, bool) {
	for {
		c, ok := e.(*expr.Cast)
		if !ok || !c.Arg.Type().IsInteger() || !c.To.IsInteger() || c.To.ID < c.Arg.Type().ID {
			break
		}
		e = c.Arg
	}
	if c, ok := e.(*expr.Col); ok {
		return c.Index, true
	}
	return 0, false
}

// streamedFrom returns the scan whose rows stream through n, and its column that column c of
// n is; nil where an operator needs all rows first, or computes something of each.
func streamedFrom(n plan.Node, c int) (*plan.Scan, int) {
	switch n := n.(type) {
	case *plan.Scan:
		return n, c
	case *plan.Filter:
		if plan.VolatilityOf(n.Predicate) != expr.Volatile {
			return streamedFrom(n.Input, c)
		}
	case *plan.Project:
		for _, e := range n.Exprs {
			if _, ok := e.(*expr.Col); !ok {
				return nil, 0
			}
		}
		return streamedFrom(n.Input, n.Exprs[c].(*expr.Col).Index)
	case *plan.HashJoin:
		switch n.Kind {
		case plan.Inner, plan.Left, plan.Semi, plan.Anti:
			steady := n.Residual == nil || plan.VolatilityOf(n.Residual) != expr.Volatile
			if steady && c < len(n.Left.Columns()) {
				return streamedFrom(n.Left, c)
			}
		}
	}
	return nil, 0
}

// tellsKey reports whether key k is an integer.
func (j *joinBuild) tellsKey(k int) bool {
	switch j.codec.types[k].Class() {
	case types.I16, types.I32, types.I64:
		return true
	}
	return false
}

// wanted says that about so many rows of the left input are filtered by the set of key k.
func (j *joinBuild) wanted(k int, rows float64) {
	if j.want == nil {
		j.want, j.sets = make([]float64, len(j.codec.types)), make([]*keySet, len(j.codec.types))
	}
	j.want[k] = max(j.want[k], 1, rows)
}

// makeSets makes the sets of keys that are wanted, if the table has all rows that came.
func (j *joinBuild) makeSets(a *arena.Arena) {
	came := 0
	for _, e := range j.ends {
		came += e.came
	}
	if came != j.table.rows.rows {
		return
	}
	for k, asked := range j.want {
		switch {
		case asked > 0 && j.codec.single && j.table.index.set != nil:
			j.sets[k] = j.table.index.set
		case asked > 0:
			j.sets[k] = newKeySet(j.table.rows, j.codec.at[k], asked, a)
		}
	}
}
