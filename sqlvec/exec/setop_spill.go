package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// An INTERSECT ALL or EXCEPT ALL whose right rows do not fit memory writes them to partitions
// by their hash, each with the number of its copies. The left rows are written to the same
// partitions as they come, and when they have ended, each partition is a set operation of its
// own, which may spill again.

// copiesSpill is what a counted set operation has spilled.
type copiesSpill struct {
	node        *plan.SetOp
	depth       int
	share       int64
	right, left *partWriter // nil while nothing is spilled
}

// spilled implements spiller.
func (c *copies) spilled() spillStats {
	if c.spill.right == nil {
		return spillStats{}
	}
	s := c.spill.right.to.stats()
	if c.spill.left != nil {
		s.bytes += c.spill.left.to.stats().bytes
	}
	return s
}

// partsOf returns the partitions of rows idx (nil: all n) with the given keys.
func (c *keyCodec) partsOf(keys []vec.Vec, n int, idx []int32, depth int, a *arena.Arena) []uint8 {
	rows := n
	if idx != nil {
		rows = len(idx)
	}
	part := make([]uint8, rows)
	c.partitionsOf(c.encode(keys, n, idx, a), depth, part)
	if v := &keys[0]; c.apart() && v.Valid != nil {
		nullsFirst(v, idx, part)
	}
	return part
}

// spillRight writes right rows. Each stands for as many copies as n says, nil for one.
func (c *copies) spillRight(b *vec.Batch, n []int64, a *arena.Arena) error {
	if len(b.Cols) == 0 {
		return nil
	}
	idx := selected(b, a)
	if n == nil {
		n = arena.Make[int64](a, b.N)
		for i := range n {
			n[i] = 1
		}
	}
	cols := append(b.Cols[:len(b.Cols):len(b.Cols)], vec.FromFixed(types.T(types.Int64), n, nil))
	return c.spill.right.add(cols, b.N, idx, c.table.codec.partsOf(b.Cols, b.N, idx, c.spill.depth, a))
}

// maySpill writes the rows that have been counted when they take too much memory.
func (c *copies) maySpill(w *worker) error {
	// A table doubles when it is full.
	held := 2 * (c.table.a.Size() + 8*int64(len(c.left)))
	if len(c.table.codec.types) == 0 || !w.ex.crowded(held, c.spill.share, c.spill.depth) {
		return nil
	}
	ts := typesOf(c.spill.node.Right)
	file, err := newPartFile(w.ex, append(ts[:len(ts):len(ts)], types.T(types.Int64)))
	if err != nil {
		return err
	}
	c.spill.right = file.writer(w)
	a := w.scratch
	for lo := 0; lo < c.table.n; lo += vec.BatchRows {
		mark := a.Mark()
		hi := min(lo+vec.BatchRows, c.table.n)
		err := c.spillRight(&vec.Batch{N: hi - lo, Cols: c.table.columns(lo, hi, nil, a)}, c.left[lo:hi], a)
		a.Release(mark)
		if err != nil {
			return err
		}
	}
	c.table.a.Free()
	c.table, c.left = newGroupTable(c.table.codec, c.table.a), nil
	return nil
}

// openLeft returns the end for left rows, which are written. All parts of the left input, a
// UNION ALL say, write to one file, one after another.
func (c *copies) openLeft(w *worker) (pusher, error) {
	if c.spill.left == nil {
		file, err := newPartFile(w.ex, typesOf(c.spill.node.Left))
		if err != nil {
			return nil, err
		}
		c.spill.left = file.writer(w)
	}
	return pushFunc(func(b *vec.Batch) error {
		a := w.scratch
		mark := a.Mark()
		defer a.Release(mark)
		idx := selected(b, a)
		return c.spill.left.add(b.Cols, b.N, idx, c.table.codec.partsOf(b.Cols, b.N, idx, c.spill.depth, a))
	}), nil
}

// copiesDrain is the source of the rows of a counted set operation that spilled: a morsel is
// a partition. It runs a phase after the left input.
type copiesDrain struct{ c *copies }

func (d *copiesDrain) prepare(*execution) (int, error) {
	if d.c.spill.left == nil {
		return 0, nil
	}
	return spillParts, d.c.spill.left.flush()
}

func (d *copiesDrain) open(w *worker) (reader, error) { return &copiesDrainReader{d.c, w}, nil }

type copiesDrainReader struct {
	c *copies
	w *worker
}

// run computes partition q in an execution of its own.
func (r *copiesDrainReader) run(q int, next pusher) error {
	s := &r.c.spill
	if s.left.to.rows[q] == 0 {
		return nil
	}
	ex := r.w.ex.child()
	defer ex.close()
	in := ex.newWorker(0)
	sub := &copies{table: newGroupTable(r.c.table.codec, ex.newArena()), pass: r.c.pass}
	sub.spill = copiesSpill{node: s.node, depth: s.depth + 1, share: ex.share()}
	if err := s.right.to.replay(q, in, &countedEnd{sub, in}); err != nil {
		return err
	}
	if err := sub.finish(ex); err != nil {
		return err
	}
	left, err := (&copiesStage{sub}).open(in, next)
	if err == nil {
		err = s.left.to.file.replay(s.left.to.parts[q], s.left.to.types, in, left)
	}
	if err != nil || sub.spill.left == nil {
		return err
	}
	n, err := (&copiesDrain{sub}).prepare(ex)
	for p := 0; p < n && err == nil; p++ {
		err = (&copiesDrainReader{sub, in}).run(p, next)
	}
	return err
}

// countedEnd takes right rows with the numbers of their copies.
type countedEnd struct {
	c *copies
	w *worker
}

func (e *countedEnd) push(b *vec.Batch) error {
	a := e.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	last := len(b.Cols) - 1
	n := vec.Of[int64](&b.Cols[last])[:b.N]
	rows := &vec.Batch{N: b.N, Sel: b.Sel, Cols: b.Cols[:last]}
	if e.c.spill.right != nil {
		return e.c.spillRight(rows, n, a)
	}
	for i, g := range e.c.groups(rows, a) {
		if b.Sel == nil || bit(b.Sel, i) == 1 {
			e.c.left[g] += n[i]
		}
	}
	return e.c.maySpill(e.w)
}
