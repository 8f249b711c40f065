package exec

import (
	"sync"

	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// A hash join whose right rows do not fit memory writes them to partitions by the hash of
// their keys, all of them. The left rows are written to the same partitions as they come,
// and when they have ended, each partition is a join of its own, which may spill again.

// joinSpill is what the ends of a join share when it spills.
type joinSpill struct {
	able  bool // the keys may be computed twice, and the table serves one pass of left rows
	depth int
	share int64

	mu          sync.Mutex
	right, left *partFile // nil while nothing is spilled
	writers     []*partWriter
}

// steadyKeys reports whether the keys of both sides may be computed twice.
func steadyKeys(n *plan.HashJoin) bool { return steady(n.LeftKeys) && steady(n.RightKeys) }

// fileOf returns the file at p, which the first caller makes.
func (s *joinSpill) fileOf(p **partFile, ex *execution, n plan.Node) (*partFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if *p == nil {
		*p, err = newPartFile(ex, typesOf(n))
	}
	return *p, err
}

// spilled implements spiller.
func (j *joinBuild) spilled() spillStats {
	r, l := j.spill.right.stats(), j.spill.left.stats()
	return spillStats{bytes: r.bytes + l.bytes, parts: r.parts}
}

// tableBytes is what a row takes in the table that finish makes.
const tableBytes = 40

// mayFreeze begins to spill when the end holds too much memory.
func (e *buildEnd) mayFreeze() error {
	s := &e.j.spill
	if !s.able {
		return nil
	}
	n := e.rows.a.Size() + int64(e.rows.rows)*tableBytes
	if !e.w.ex.crowded(n, s.share, s.depth) {
		return nil
	}
	return e.freeze()
}

// freeze spills the rows of the end; those that come after go the same way.
func (e *buildEnd) freeze() error {
	to, err := e.j.spill.fileOf(&e.j.spill.right, e.w.ex, e.j.node.Right)
	if err != nil {
		return err
	}
	e.out = to.writer(e.w)
	codec := e.j.codec
	err = e.rows.eachWindow(e.w, func(b *block, lo, hi int, cols []vec.Vec) error {
		part := make([]uint8, hi-lo)
		codec.partitionsOf(b.keys[lo*codec.stride:hi*codec.stride], e.j.spill.depth, part)
		return e.out.add(cols, hi-lo, nil, part)
	})
	if err == nil && e.keepsNulls() {
		err = e.nulls.eachWindow(e.w, func(_ *block, lo, hi int, cols []vec.Vec) error {
			return e.out.add(cols, hi-lo, nil, make([]uint8, hi-lo))
		})
	}
	e.some = e.some || e.rows.rows > 0
	e.rows.a.Free()
	e.nulls.a.Free()
	e.rows, e.nulls = newStore(e.rows.types, e.rows.a), newStore(e.nulls.types, e.nulls.a)
	e.rows.stride = codec.stride
	return err
}

// keepsNulls reports whether rows with NULL keys are part of the join's answer. They are in the first
// partition.
func (e *buildEnd) keepsNulls() bool {
	return e.j.nullsApart() || e.j.node.Kind.EndsRight() && e.j.node.Kind != plan.RightSemi
}

// spillRows writes the rows idx of b, whose keys are in cols. null are those with a NULL key.
func (e *buildEnd) spillRows(b *vec.Batch, idx, null []int32) error {
	a := e.w.scratch
	n := b.N
	if idx != nil {
		n = len(idx)
	}
	part := make([]uint8, n)
	e.j.codec.partitionsOf(e.j.codec.encode(e.cols, b.N, idx, a), e.j.spill.depth, part)
	e.some = e.some || n > 0
	if err := e.out.add(b.Cols, b.N, idx, part); err != nil || len(null) == 0 || !e.keepsNulls() {
		return err
	}
	return e.out.add(b.Cols, b.N, null, make([]uint8, len(null)))
}

// endSpill spills what ends still hold, and completes what is written.
func (j *joinBuild) endSpill() error {
	for _, e := range j.ends {
		if e.out == nil {
			if err := e.freeze(); err != nil {
				return err
			}
		}
		if err := e.out.flush(); err != nil {
			return err
		}
		e.out.a.Free()
		j.table.someRows = j.table.someRows || e.some
	}
	return nil
}

// leftSpill is a worker's end of the left input of a join that spilled.
type leftSpill struct {
	j    *joinBuild
	w    *worker
	keys []*expr.Program
	cols []vec.Vec
	out  *partWriter
}

// openLeft returns a worker's end for left rows, which are written.
func (j *joinBuild) openLeft(w *worker) (pusher, error) {
	s := &j.spill
	to, err := s.fileOf(&s.left, w.ex, j.node.Left)
	if err != nil {
		return nil, err
	}
	l := &leftSpill{j: j, w: w, out: to.writer(w)}
	l.keys, err = compileAll(j.node.LeftKeys, w.ex.opts.Env)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writers = append(s.writers, l.out)
	return l, err
}

func (l *leftSpill) push(b *vec.Batch) (err error) {
	a := l.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if l.cols, err = evalAll(l.keys, b, l.w, l.cols[:0]); err != nil {
		return err
	}
	idx := selected(b, a)
	n := b.N
	if idx != nil {
		n = len(idx)
	}
	part := make([]uint8, n)
	codec := l.j.codec
	codec.partitionsOf(codec.encode(l.cols, b.N, idx, a), l.j.spill.depth, part)
	if v := &l.cols[0]; l.j.nullsApart() && v.Valid != nil {
		for k := range part {
			if v.IsNull(rowOf(idx, k)) {
				part[k] = 0
			}
		}
	}
	return l.out.add(b.Cols, b.N, idx, part)
}

// endLeft completes what is written of the left rows.
func (j *joinBuild) endLeft() error {
	for _, w := range j.spill.writers {
		if err := w.flush(); err != nil {
			return err
		}
		w.a.Free()
	}
	j.spill.writers = nil
	return nil
}

// joinPart joins partition q in an execution of its own.
func (j *joinBuild) joinPart(q int, w *worker, next pusher) error {
	keepsRight := j.node.Kind.EndsRight()
	left, right := j.spill.left, j.spill.right
	if (left == nil || left.rows[q] == 0) && (!keepsRight || right.rows[q] == 0) {
		return nil
	}
	ex := w.ex.child()
	defer ex.close()
	in := ex.newWorker(0)
	sub := newJoinBuild(j.node)
	sub.spill.depth = j.spill.depth + 1
	sub.table.someRows, sub.table.someNulls = j.table.someRows, j.table.someNulls
	end, err := sub.open(in)
	if err == nil {
		err = right.replay(q, in, end)
	}
	if err == nil {
		err = sub.finish(ex)
	}
	if err != nil {
		return err
	}
	p, err := (&probeStage{sub}).open(in, next)
	if err == nil && left != nil {
		err = left.replay(q, in, p)
	}
	if err != nil {
		return err
	}
	if sub.spill.right != nil {
		return sub.joinParts(in, next)
	}
	if !keepsRight {
		return nil
	}
	return sub.pushEnding(in, next)
}

// joinParts joins all partitions of a join that spilled within another's partition.
func (j *joinBuild) joinParts(w *worker, next pusher) error {
	if err := j.endLeft(); err != nil {
		return err
	}
	for q := range spillParts {
		if err := j.joinPart(q, w, next); err != nil {
			return err
		}
	}
	return nil
}

// pushEnding pushes the right rows that the join ends with.
func (j *joinBuild) pushEnding(w *worker, next pusher) error {
	src := &endingSource{stores: j.stores, met: j.node.Kind == plan.RightSemi}
	if !j.node.Kind.RightOnly() {
		src.left = typesOf(j.node.Left)
	}
	n, err := src.prepare(w.ex)
	if err != nil {
		return err
	}
	r, err := src.open(w)
	for m := 0; m < n && err == nil; m++ {
		err = r.run(m, next)
	}
	return err
}

// stores returns what an endingSource reads.
func (j *joinBuild) stores() (rows, nulls *store, matched [][]uint32) {
	return j.table.rows, j.table.nulls, j.table.matched
}

// joinDrain is the source of the rows of a join that spilled: a morsel is a partition. It
// runs a phase after the left input.
type joinDrain struct{ j *joinBuild }

func (d *joinDrain) prepare(*execution) (int, error) {
	if d.j.spill.right == nil {
		return 0, nil
	}
	return spillParts, d.j.endLeft()
}

func (d *joinDrain) open(w *worker) (reader, error) { return &joinDrainReader{d.j, w}, nil }

type joinDrainReader struct {
	j *joinBuild
	w *worker
}

func (r *joinDrainReader) run(morsel int, next pusher) error { return r.j.joinPart(morsel, r.w, next) }
