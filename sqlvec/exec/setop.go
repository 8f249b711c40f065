package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// setOp builds a set operation. UNION ALL is the parts of both inputs; UNION groups them;
// INTERSECT and EXCEPT are semi and anti joins of the distinct left rows; their ALL forms
// count copies.
func (b *builder) setOp(n *plan.SetOp) ([]*part, error) {
	if n.Kind == plan.Union && n.All {
		left, err := b.build(n.Left)
		if err != nil {
			return nil, err
		}
		right, err := b.build(n.Right)
		return append(left, right...), err
	}
	if n.Kind == plan.Union {
		all := &plan.SetOp{Kind: plan.Union, All: true, Left: n.Left, Right: n.Right, Out: n.Out}
		rows := &plan.Aggregate{Input: all, Keys: columnsOf(n), Out: n.Out}
		b.ex.stats.madeFor(n, rows)
		return b.aggregate(rows)
	}
	if n.All {
		return b.countedSetOp(n)
	}
	kind := plan.Semi
	if n.Kind == plan.Except {
		kind = plan.Anti
	}
	once := &plan.Aggregate{Input: n.Left, Keys: columnsOf(n.Left), Out: n.Out}
	if len(n.Out) == 0 {
		return b.streaming(n.Left, &limitStage{bounds{limit: 0}})
	}
	join := &plan.HashJoin{
		Kind: kind, Left: once, Right: n.Right, NullSafe: true,
		LeftKeys: columnsOf(once), RightKeys: columnsOf(n.Right),
	}
	b.ex.stats.madeFor(n, once)
	b.ex.stats.madeFor(n, join)
	return b.hashJoin(join)
}

// countedSetOp builds INTERSECT ALL and EXCEPT ALL.
func (b *builder) countedSetOp(n *plan.SetOp) ([]*part, error) {
	table := newGroupTable(groupCodec(typesOf(n.Right)), b.ex.newArena())
	c := &copies{table: table, pass: n.Kind == plan.Intersect}
	c.spill = copiesSpill{node: n, share: b.ex.share()}
	if err := b.breaker(n, n.Right, c, true); err != nil {
		return nil, err
	}
	parts, err := b.streaming(n.Left, &copiesStage{c})
	if err != nil {
		return nil, err
	}
	parts = append(parts, phaseAfter(parts, &copiesDrain{c}))
	for _, p := range parts {
		p.serial = true
	}
	return parts, nil
}

// copies counts the copies of each right row of INTERSECT ALL or EXCEPT ALL. Its pipeline
// is serial.
type copies struct {
	table *groupTable
	left  []int64 // copies by group that no left row has used up
	pass  bool    // INTERSECT: rows with a copy left pass; EXCEPT: the others
	spill copiesSpill
}

func (c *copies) open(w *worker) (pusher, error) { return &copiesEnd{c: c, w: w}, nil }

func (c *copies) finish(*execution) error { return c.spill.right.flush() }

type copiesEnd struct {
	c *copies
	w *worker
}

func (e *copiesEnd) push(b *vec.Batch) error {
	a := e.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if e.c.spill.right != nil {
		return e.c.spillRight(b, nil, a)
	}
	group := e.c.groups(b, a)
	for i, g := range group {
		if b.Sel == nil || bit(b.Sel, i) == 1 {
			e.c.left[g]++
		}
	}
	return e.c.maySpill(e.w)
}

// groups returns the group of each selected row of b.
func (c *copies) groups(b *vec.Batch, a *arena.Arena) []uint32 {
	group := arena.Make[uint32](a, b.N)
	c.table.find(b.Cols, b.N, b.Sel, group, a)
	for len(c.left) < c.table.n {
		c.left = append(c.left, 0)
	}
	return group
}

// copiesStage streams the left rows, in a serial pipeline.
type copiesStage struct{ c *copies }

func (s *copiesStage) open(w *worker, next pusher) (pusher, error) {
	if s.c.spill.right != nil {
		return s.c.openLeft(w)
	}
	return &copiesProbe{c: s.c, w: w, next: next}, nil
}

type copiesProbe struct {
	c    *copies
	w    *worker
	next pusher
}

func (p *copiesProbe) push(b *vec.Batch) error {
	a := p.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	sel := maskOf(a, b.N)
	clear(sel)
	for i, g := range p.c.groups(b, a) {
		if b.Sel != nil && bit(b.Sel, i) == 0 {
			continue
		}
		has := p.c.left[g] > 0
		if has {
			p.c.left[g]--
		}
		sel[i>>6] |= b2w(has == p.c.pass) << (uint(i) & 63)
	}
	if noBits(sel) {
		return nil
	}
	return p.next.push(&vec.Batch{N: b.N, Sel: sel, Cols: b.Cols})
}
