package exec

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// builder turns a plan into pipelines. What it returns for a node are the parts that
// stream the node's rows; operators that need all rows first put a pipeline into the
// execution and return a part that reads what the pipeline left.
type builder struct {
	ex   *execution
	ctes map[*plan.CTE]*stored // nil before the first

	work  map[*plan.CTE]*stored // the rows that recursions are at
	outer *recursiveReader      // the recursion whose step is built, nil for none
}

// build returns the parts that stream the rows of n.
func (b *builder) build(n plan.Node) ([]*part, error) {
	parts, err := b.node(n)
	if err != nil || b.ex.stats == nil {
		return parts, err
	}
	return b.measured(n, parts), nil
}

func (b *builder) node(n plan.Node) ([]*part, error) {
	switch n := n.(type) {
	case *plan.Scan:
		return b.scan(n), nil
	case *plan.Values:
		return []*part{{src: &valuesSource{node: n}}}, nil
	case *plan.GenerateSeries:
		if len(n.Arrays) > 0 {
			return []*part{{src: &elementSource{node: n}}}, nil
		}
		src, err := newSeries(n, b.ex.opts.Env)
		return []*part{{src: src}}, err
	case *plan.CTEScan:
		return b.cteScan(n)
	case *plan.WorkScan:
		return b.workScan(n), nil
	case *plan.Filter:
		return b.streaming(n.Input, filterOf(n))
	case *plan.Project:
		parts, err := b.streaming(n.Input, &projectStage{n.Exprs})
		return inOrder(parts, n.Exprs), err
	case *plan.Limit:
		return b.limit(n)
	case *plan.LimitBy:
		return b.limitBy(n)
	case *plan.LockRows:
		return b.lockRows(n)
	case *plan.Fetch:
		return b.streaming(n.Input, &fetchStage{n})
	case *plan.Unroll:
		if len(n.Arrays) > 0 {
			return b.streaming(n.Input, &unnestStage{n})
		}
		return b.streaming(n.Input, &unrollStage{n})
	case *plan.Aggregate:
		return b.aggregate(n)
	case *plan.Expand:
		return b.streaming(n.Input, &expandStage{n})
	case *plan.Window:
		return b.window(n)
	case *plan.Distinct:
		return b.distinct(n)
	case *plan.Sort:
		return b.sort(n)
	case *plan.HashJoin:
		return b.hashJoin(n)
	case *plan.NestedLoop:
		return b.nestedLoop(n)
	case *plan.AsofJoin:
		return b.asofJoin(n)
	case *plan.RangeJoin:
		return b.rangeJoin(n)
	case *plan.SetOp:
		return b.setOp(n)
	}
	return nil, dberr.Bug("the executor has no operator %T", n)
}

// streaming returns the parts of the input with a stage behind each.
func (b *builder) streaming(input plan.Node, s stage) ([]*part, error) {
	parts, err := b.build(input)
	for _, p := range parts {
		p.stages = append(p.stages, s)
	}
	return parts, err
}

// filterOf returns the stage of a filter.
func filterOf(n *plan.Filter) *filterStage {
	f := &filterStage{pred: n.Predicate}
	in := n.Input
	for {
		loop, ok := in.(*plan.NestedLoop)
		if !ok {
			break
		}
		in = loop.Left
	}
	if _, ok := in.(*plan.Aggregate); ok {
		f.types = typesOf(n.Input)
	}
	return f
}

// inOrder makes one worker compute volatile expressions, so that rows get the numbers of a
// sequence in the order in which they come.
func inOrder(parts []*part, list []expr.Expr) []*part {
	for _, e := range list {
		if plan.VolatilityOf(e) == expr.Volatile {
			for _, p := range parts {
				p.serial = true
			}
			break
		}
	}
	return parts
}

// breaker puts a pipeline from the input to sink, which belongs to owner, into the
// execution. serial makes one worker run it.
func (b *builder) breaker(owner, input plan.Node, sink sink, serial bool) error {
	parts, err := b.build(input)
	if err != nil {
		return err
	}
	if serial {
		for _, p := range parts {
			p.serial = true
		}
	}
	b.ex.pipes = append(b.ex.pipes, &pipeline{parts: parts, sink: sink, owner: owner})
	return nil
}

func (b *builder) scan(n *plan.Scan) []*part {
	src := &scanSource{scan: n}
	src.sieve.pred = n.Predicate
	return []*part{{src: src, stages: []stage{&src.sieve}}}
}

// limit makes its parts serial: which rows it passes must not depend on who is faster.
func (b *builder) limit(n *plan.Limit) ([]*part, error) {
	bs, err := boundsOf(n, b.ex.opts.Env)
	if err != nil {
		return nil, err
	}
	parts, err := b.streaming(n.Input, &limitStage{bs})
	for _, p := range parts {
		p.serial = true
	}
	return parts, err
}

func (b *builder) aggregate(n *plan.Aggregate) ([]*part, error) {
	g := newAggregation(n)
	err := b.breaker(n, n.Input, g, g.ordered())
	return []*part{{src: &groupSource{g}}}, err
}

func (b *builder) distinct(n *plan.Distinct) ([]*part, error) {
	if len(n.On) == 0 {
		rows := &plan.Aggregate{Input: n.Input, Keys: columnsOf(n.Input), Out: n.Columns(), KeyStats: n.KeyStats}
		b.ex.stats.madeFor(n, rows)
		return b.aggregate(rows)
	}
	first := newFirstOf(b.ex, n)
	parts, err := b.streaming(n.Input, first)
	if err != nil {
		return nil, err
	}
	if first.spill.able {
		parts = append(parts, phaseAfter(parts, &firstDrain{first}))
	}
	for _, p := range parts {
		p.serial = true
	}
	return parts, nil
}

// phaseAfter returns the part of a source that is read when parts have ended.
func phaseAfter(parts []*part, src source) *part {
	p := &part{src: src}
	for _, q := range parts {
		p.phase = max(p.phase, q.phase+1)
	}
	return p
}

func (b *builder) sort(n *plan.Sort) ([]*part, error) {
	s := newSorting(n)
	parts, err := b.build(n.Input)
	if err != nil {
		return nil, err
	}
	s.firstGroupsOf(parts)
	b.ex.pipes = append(b.ex.pipes, &pipeline{parts: parts, sink: s, owner: n})
	return []*part{{src: &sortSource{s}}}, nil
}

// window sorts the input by partition and order, if it has any.
func (b *builder) window(n *plan.Window) ([]*part, error) {
	if numbers(n) {
		s := &numbering{stored: newStored(typesOf(n.Input)), node: n}
		err := b.breaker(n, n.Input, s, false)
		return []*part{{src: &numberingSource{s}}}, err
	}
	w := newWindowing(n)
	parts, err := b.build(n.Input)
	if err != nil {
		return nil, err
	}
	b.ex.pipes = append(b.ex.pipes, &pipeline{parts: parts, sink: w, owner: n})
	return []*part{{src: &windowSource{w}}}, nil
}

// cteScan reads a CTE, which the first of its scans computes.
func (b *builder) cteScan(n *plan.CTEScan) ([]*part, error) {
	s := b.ctes[n.CTE]
	if s == nil && n.CTE.Recursion != nil && n.CTE.Uses == 1 {
		return b.recursive(n.CTE)
	}
	if s == nil {
		s = newStored(typesOf(n.CTE.Plan))
		s.again = n.CTE.Uses > 1
		if err := b.breakCTE(n, s); err != nil {
			return nil, err
		}
		if b.ctes == nil {
			b.ctes = map[*plan.CTE]*stored{}
		}
		b.ctes[n.CTE] = s
	}
	return []*part{{src: &storedSource{s}}}, nil
}

// breakCTE puts the pipeline that computes a CTE into the execution.
func (b *builder) breakCTE(n *plan.CTEScan, s *stored) error {
	if n.CTE.Recursion == nil {
		return b.breaker(n, n.CTE.Plan, s, false)
	}
	parts, err := b.recursive(n.CTE)
	b.ex.pipes = append(b.ex.pipes, &pipeline{parts: parts, sink: s, owner: n})
	return err
}

// typesOf returns the types of the columns of n.
func typesOf(n plan.Node) []types.Type {
	var ts []types.Type
	for _, c := range n.Columns() {
		ts = append(ts, c.Type)
	}
	return ts
}

// hashJoin builds the right input into a table and streams the left one past it.
func (b *builder) hashJoin(n *plan.HashJoin) ([]*part, error) {
	if n.NullAware && !n.Compared && (len(n.LeftKeys) != 1 || n.Residual != nil) {
		loop, err := loopOf(n)
		if err != nil {
			return nil, err
		}
		return b.nestedLoop(loop)
	}
	build, err := b.kept(n)
	if err != nil {
		return nil, err
	}
	if build == nil {
		build = newJoinBuild(n)
		if err := b.breaker(n, n.Right, build, false); err != nil {
			return nil, err
		}
	}
	parts, err := b.streaming(n.Left, &probeStage{build})
	if err != nil {
		return nil, err
	}
	b.filterByKeys(n, build, parts)
	if build.spill.able {
		parts = append(parts, phaseAfter(parts, &joinDrain{build}))
	}
	if n.Kind.EndsRight() {
		parts = append(parts, ending(n.Kind, n.Left, parts, build.stores))
	}
	return parts, nil
}

// loopOf returns the nested loop with the meaning of n: IN over rows of several values, or
// with a further condition, has NULLs that hashing does not find.
func loopOf(n *plan.HashJoin) (*plan.NestedLoop, error) {
	left := len(n.Left.Columns())
	var conds []expr.Expr
	for i, l := range n.LeftKeys {
		r := expr.Remap(n.RightKeys[i], func(c int) int { return c + left })
		eq, err := expr.NewOp(l.Pos(), "=", l, r)
		if err != nil {
			return nil, err
		}
		conds = append(conds, eq)
	}
	if n.Residual != nil {
		conds = append(conds, n.Residual)
	}
	pred := conds[0]
	if len(conds) > 1 {
		pred = &expr.Logic{Op: expr.And, Args: conds}
	}
	return &plan.NestedLoop{
		Kind: n.Kind, Left: n.Left, Right: n.Right, Predicate: pred, NullAware: true, Mark: n.Mark,
	}, nil
}

// nestedLoop keeps the right input and streams the left one past it.
func (b *builder) nestedLoop(n *plan.NestedLoop) ([]*part, error) {
	right := &loopRight{stored: newStored(typesOf(n.Right)), outer: n.Kind == plan.Right || n.Kind == plan.Full}
	right.spill.never = right.outer
	if err := b.breaker(n, n.Right, right, false); err != nil {
		return nil, err
	}
	parts, err := b.streaming(n.Left, &loopStage{node: n, right: right})
	if err != nil {
		return nil, err
	}
	if right.outer {
		none := newStore(nil, b.ex.newArena())
		parts = append(parts, ending(n.Kind, n.Left, parts, func() (*store, *store, [][]uint32) {
			return right.rows, none, right.matched
		}))
	}
	return parts, nil
}

// ending returns the part that ends a join of a kind that ends with right rows: it runs when
// parts have ended.
func ending(kind plan.JoinKind, left plan.Node, parts []*part, stores func() (*store, *store, [][]uint32)) *part {
	src := &endingSource{stores: stores, met: kind == plan.RightSemi}
	if !kind.RightOnly() {
		src.left = typesOf(left)
	}
	return phaseAfter(parts, src)
}
