package exec

import (
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// A DISTINCT ON whose keys do not fit memory takes no new ones: rows with other keys are
// written to partitions by the hash of their keys, in the order in which they come, and each
// partition has a table of its own, a phase after the input.

// firstSpill is what a DISTINCT ON has spilled.
type firstSpill struct {
	input plan.Node
	able  bool // the keys may be computed twice
	depth int
	share int64
	to    *partFile
	out   *partWriter // nil while nothing is spilled
}

// sortedKeys is how many keys of sorted rows a table holds before it forgets them.
const sortedKeys = 1 << 14

// bound keeps the table small, after a batch whose keys are in e.keys.
func (e *firstOfEnd) bound(b *vec.Batch) error {
	f := e.f
	switch {
	case f.sorted:
		e.forget(b)
		return nil
	case !f.spill.able || !e.w.ex.crowded(2*f.table.a.Size(), f.spill.share, f.spill.depth):
		return nil
	}
	var err error
	if f.spill.to, err = newPartFile(e.w.ex, typesOf(f.spill.input)); err == nil {
		f.spill.out = f.spill.to.writer(e.w)
	}
	return err
}

// forget leaves nothing but the last key in a table that holds many.
func (e *firstOfEnd) forget(b *vec.Batch) {
	if e.f.table.n < sortedKeys && !e.w.ex.opts.SpillAlways || b.Count() == 0 {
		return
	}
	last := b.N - 1
	for b.Sel != nil && bit(b.Sel, last) == 0 {
		last--
	}
	t := e.f.table
	t.a.Reset()
	e.f.table = newGroupTable(t.codec, t.a)
	only := maskOf(e.w.scratch, b.N)
	clear(only)
	only[last>>6] |= 1 << (uint(last) & 63)
	e.f.table.find(e.keys, b.N, only, make([]uint32, b.N), e.w.scratch)
}

// spillNew writes the rows whose keys are not known.
func (e *firstOfEnd) spillNew(b *vec.Batch) error {
	a, t := e.w.scratch, e.f.table
	slot := make([]uint32, b.N)
	t.lookup(t.codec, e.keys, b.Sel, slot, a)
	rest := maskOf(a, b.N)
	clear(rest)
	for i, s := range slot {
		if s == 0 && (b.Sel == nil || bit(b.Sel, i) == 1) {
			rest[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	if noBits(rest) {
		return nil
	}
	idx := selected(&vec.Batch{N: b.N, Sel: rest}, a)
	return e.f.spill.out.add(b.Cols, b.N, idx, t.codec.partsOf(e.keys, b.N, idx, e.f.spill.depth, a))
}

// firstDrain is the source of the rows that a DISTINCT ON has spilled: a morsel is a
// partition.
type firstDrain struct{ f *firstOf }

func (d *firstDrain) prepare(*execution) (int, error) {
	if d.f.spill.out == nil {
		return 0, nil
	}
	return spillParts, d.f.spill.out.flush()
}

func (d *firstDrain) open(w *worker) (reader, error) { return &firstDrainReader{d.f, w}, nil }

type firstDrainReader struct {
	f *firstOf
	w *worker
}

// run passes the first rows of a partition, in an execution of its own.
func (r *firstDrainReader) run(q int, next pusher) error {
	if r.f.spill.to.rows[q] == 0 {
		return nil
	}
	ex := r.w.ex.child()
	defer ex.close()
	in := ex.newWorker(0)
	sub := newFirstOf(ex, &plan.Distinct{Input: r.f.spill.input, On: r.f.on})
	sub.spill.depth = r.f.spill.depth + 1
	end, err := sub.open(in, next)
	if err == nil {
		err = r.f.spill.to.file.replay(r.f.spill.to.parts[q], r.f.spill.to.types, in, end)
	}
	if err != nil || sub.spill.out == nil {
		return err
	}
	d := &firstDrain{sub}
	n, err := d.prepare(ex)
	for p := 0; p < n && err == nil; p++ {
		err = (&firstDrainReader{sub, in}).run(p, next)
	}
	return err
}
