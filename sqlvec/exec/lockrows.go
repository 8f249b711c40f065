package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// lockRows makes its parts serial: rows are locked in their order.
func (b *builder) lockRows(n *plan.LockRows) ([]*part, error) {
	bs, err := boundsOf(&plan.Limit{Count: n.Count, Offset: n.Offset}, b.ex.opts.Env)
	if err != nil {
		return nil, err
	}
	wanted := int64(noLimit)
	if bs.limit < noLimit-bs.offset {
		wanted = bs.limit + bs.offset
	}
	parts, err := b.streaming(n.Input, &lockStage{node: n, skips: n.Skips(), wanted: wanted})
	for _, p := range parts {
		p.serial = true
	}
	return parts, err
}

// lockStage is LockRows. Its one instance counts for all parts.
type lockStage struct {
	node   *plan.LockRows
	skips  bool
	wanted int64 // rows still to be passed
}

func (s *lockStage) open(w *worker, next pusher) (pusher, error) {
	progs, err := compileAll(s.node.Rows, w.ex.opts.Env)
	return &lockRows{w: w, stage: s, progs: progs, next: next}, err
}

type lockRows struct {
	w     *worker
	stage *lockStage
	progs []*expr.Program
	next  pusher
	rids  []vec.Vec
	buf   []uint64
}

func (l *lockRows) push(b *vec.Batch) (err error) {
	a := l.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if l.stage.wanted == 0 {
		return errDone
	}
	if l.rids, err = evalAll(l.progs, b, l.w, l.rids[:0]); err != nil {
		return err
	}
	if !l.stage.skips {
		if err := l.lockAll(b); err != nil {
			return err
		}
		return l.next.push(b)
	}
	sel, passed, err := l.lockEach(b, a)
	if err != nil {
		return err
	}
	if passed > 0 {
		if err := l.next.push(&vec.Batch{N: b.N, Sel: sel, Cols: b.Cols}); err != nil {
			return err
		}
	}
	if l.stage.wanted == 0 {
		return errDone
	}
	return nil
}

// lockAll locks the rows of a batch.
func (l *lockRows) lockAll(b *vec.Batch) error {
	for k, lock := range l.stage.node.Locks {
		l.buf = l.buf[:0]
		for i := range b.N {
			if (b.Sel == nil || bit(b.Sel, i) != 0) && !l.rids[k].IsNull(i) {
				l.buf = append(l.buf, uint64(l.rids[k].Int(i)))
			}
		}
		if _, err := l.stage.node.Locker.LockRows(l.w.ex.ctx, lock, l.buf); err != nil {
			return err
		}
	}
	return nil
}

// lockEach locks the rows of a batch one after the other, as many as are wanted, and returns the mask
// of those that it got.
func (l *lockRows) lockEach(b *vec.Batch, a *arena.Arena) (sel []uint64, passed int64, err error) {
	sel = arena.MakeZero[uint64](a, vec.Words(b.N))
	for i := range b.N {
		if b.Sel != nil && bit(b.Sel, i) == 0 {
			continue
		}
		if l.stage.wanted == 0 {
			break
		}
		got, err := l.lockRow(i)
		if err != nil {
			return nil, 0, err
		}
		if got {
			sel[i>>6] |= 1 << (uint(i) & 63)
			passed++
			if l.stage.wanted != noLimit {
				l.stage.wanted--
			}
		}
	}
	return sel, passed, nil
}

// lockRow locks what row i is made of.
func (l *lockRows) lockRow(i int) (bool, error) {
	for k, lock := range l.stage.node.Locks {
		if l.rids[k].IsNull(i) {
			continue
		}
		l.buf = append(l.buf[:0], uint64(l.rids[k].Int(i)))
		if got, err := l.stage.node.Locker.LockRows(l.w.ex.ctx, lock, l.buf); !got || err != nil {
			return false, err
		}
	}
	return true, nil
}
