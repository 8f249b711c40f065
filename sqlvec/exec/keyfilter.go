package exec

import (
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// keyFilterStage leaves out rows of a scan that find no partner in a hash join above: their
// keys are looked up in the sets of keys that the joins' right inputs have. Between the scan
// and the joins there may be other joins, filters and projections, which then have fewer rows.
type keyFilterStage struct {
	tests   []keyTest
	removed atomic.Int64 // rows
}

// keyTest is one column of the scan, and the key of a join that it is.
type keyTest struct {
	column int
	build  *joinBuild
	key    int
}

func (s *keyFilterStage) open(w *worker, next pusher) (pusher, error) {
	f := &keyFilter{stage: s, w: w, next: next}
	for _, t := range s.tests {
		if set := t.build.sets[t.key]; set != nil {
			f.tests = append(f.tests, setTest{column: t.column, set: set})
		}
	}
	if len(f.tests) == 0 {
		return next, nil
	}
	return f, nil
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

type keyFilter struct {
	stage *keyFilterStage
	w     *worker
	next  pusher
	tests []setTest
	out   vec.Batch // the batch being pushed
}

func (f *keyFilter) push(b *vec.Batch) error {
	a := f.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	mask := maskOf(a, b.N)
	if b.Sel == nil {
		fillMask(mask, b.N)
	} else {
		copy(mask, b.Sel)
	}
	before := vec.CountBits(mask)
	n := before
	for i := range f.tests {
		if n > 0 {
			n = f.tests[i].apply(b, mask, n, a)
		}
	}
	if n == before {
		return f.next.push(b)
	}
	f.stage.removed.Add(int64(before - n))
	switch {
	case n == 0:
		return nil
	case n*sparse < b.N:
		f.out = takeBatch(b, setBits(mask, b.N, arena.Make[int32](a, n)[:0]), a)
	default:
		f.out = vec.Batch{N: b.N, Sel: mask, Cols: b.Cols}
	}
	return f.next.push(&f.out)
}

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
			src.keys.tests = append(src.keys.tests, keyTest{column: c, build: build, key: k})
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
		if asked > 0 {
			j.sets[k] = newKeySet(j.table.rows, j.codec.at[k], asked, a)
		}
	}
}
