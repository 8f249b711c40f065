package exec

import (
	"sync"

	"driftdb/internal/arena"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// result is the sink at the top of a plan: it hands batches to the caller in the order of
// the morsels they come from. A single worker is the caller's goroutine, and hands them
// out as they are. Several workers copy their rows into parcels, which the caller's
// goroutine takes in order; an error is reported where it stands in that order, so that
// LIMIT ends a query before rows that it never reaches.
type result struct {
	bounds
	ex   *execution
	out  func(*vec.Batch) error
	many bool // several workers; see share

	mu struct {
		sync.Mutex
		head  int           // the morsel whose parcels are handed out
		slots map[int]*slot // by morsel
		bytes int64         // held by parcels that wait
		over  bool          // nothing more is wanted
		gaps  map[int]int   // morsels that nobody runs: first to behind the last
	}
	moved *sync.Cond // mu changed
}

// slot is what waits of one morsel.
type slot struct {
	parcels []*parcel
	done    bool
	err     error
}

// parcel is batches in memory of their own.
type parcel struct {
	a       *arena.Arena
	batches []vec.Batch
	bytes   int64 // of the batches; of the arena's chunks once it is handed over
}

const (
	parcelBytes  = 1 << 20  // a parcel this large is handed over
	waitingBytes = 16 << 20 // morsels behind the head wait while parcels hold this much
)

func newResult(ex *execution, out func(*vec.Batch) error) *result {
	return &result{ex: ex, out: out, bounds: bounds{limit: noLimit}}
}

// share prepares for several workers.
func (r *result) share() {
	r.many = true
	if r.moved != nil {
		return
	}
	r.mu.slots, r.mu.gaps = map[int]*slot{}, map[int]int{}
	r.moved = sync.NewCond(&r.mu)
	r.ex.onFail(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.moved.Broadcast()
	})
}

// bound takes over a LIMIT at the top of the plan.
func (r *result) bound(l *plan.Limit) (err error) {
	r.bounds, err = boundsOf(l, r.ex.opts.Env)
	return err
}

func (r *result) open(w *worker) (pusher, error) { return &resultEnd{r: r, w: w}, nil }

func (r *result) finish(*execution) error { return nil }

// deliver hands b to the caller, as far as the bounds let it through.
func (r *result) deliver(b *vec.Batch, a *arena.Arena) error {
	if r.limit == 0 {
		return errDone
	}
	mark := a.Mark()
	defer a.Release(mark)
	if sel, ok := r.cut(b, a); ok {
		if err := r.out(&vec.Batch{N: b.N, Sel: sel, Cols: b.Cols}); err != nil {
			return err
		}
	}
	if r.limit == 0 {
		return errDone
	}
	return nil
}

// resultEnd is a worker's end of the result.
type resultEnd struct {
	r   *result
	w   *worker
	cur *parcel
}

func (e *resultEnd) push(b *vec.Batch) error {
	if !e.r.many {
		return e.r.deliver(b, e.w.scratch)
	}
	if err := e.w.ex.check(); err != nil {
		return err
	}
	if e.cur == nil {
		e.cur = &parcel{a: arena.New(e.w.ex.budget)}
	}
	e.cur.add(b)
	if e.cur.bytes < parcelBytes {
		return nil
	}
	return e.hand()
}

// add copies the selected rows of b into the parcel.
func (p *parcel) add(b *vec.Batch) {
	idx := selected(b, p.a)
	kept := vec.Batch{N: b.Count(), Cols: make([]vec.Vec, len(b.Cols))}
	for c := range b.Cols {
		v := keepVec(&b.Cols[c], idx, p.a)
		kept.Cols[c] = v
		p.bytes += int64(len(v.Data) + len(v.Heap) + 4*len(v.Offs) + 8*len(v.Valid))
	}
	p.batches = append(p.batches, kept)
}

// hand gives the parcel to the caller's goroutine. Where much waits already, it blocks
// until the morsel's turn comes.
func (e *resultEnd) hand() error {
	r, p := e.r, e.cur
	e.cur = nil
	if p == nil {
		return nil
	}
	p.bytes = p.a.Size()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.slotLocked(e.w.morsel)
	for {
		mine := r.mu.head == e.w.morsel
		if r.mu.over || e.w.ex.stopped.Load() {
			p.a.Free()
			return errDone
		}
		if r.mu.bytes < waitingBytes || mine && len(s.parcels) == 0 {
			break
		}
		r.moved.Wait()
	}
	s.parcels = append(s.parcels, p)
	r.mu.bytes += p.bytes
	r.moved.Broadcast()
	return nil
}

// slotLocked returns the slot of a morsel.
func (r *result) slotLocked(morsel int) *slot {
	s := r.mu.slots[morsel]
	if s == nil {
		s = &slot{}
		r.mu.slots[morsel] = s
	}
	return s
}

// within runs one morsel and settles it, also where it panics.
func (e *resultEnd) within(morsel int, run func() error) (err error) {
	settled := false
	defer func() {
		if !settled {
			_ = e.settle(morsel, errDone) // the panic goes on
		}
	}()
	err = run()
	settled = true
	return e.settle(morsel, err)
}

// settle ends a morsel, with the error it met. It returns the error that the worker is
// to stop with.
func (e *resultEnd) settle(morsel int, err error) error {
	if !e.r.many {
		return err
	}
	if err == nil {
		err = e.hand()
	} else if e.cur != nil {
		e.cur.a.Free()
		e.cur = nil
	}
	r := e.r
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.slotLocked(morsel)
	s.done = true
	if err != nil && err != errDone {
		s.err = err
	}
	r.moved.Broadcast()
	if r.mu.over {
		return errDone
	}
	return err
}

// skip says that nobody runs morsels [from, to).
func (r *result) skip(from, to int) {
	if from == to || !r.many {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.gaps[from] = to
	r.moved.Broadcast()
}

// consume hands out the parcels of morsels [first, last) on the calling goroutine.
func (r *result) consume(first, last int) error {
	scratch := r.ex.newArena()
	for m := first; m < last; {
		for {
			p, behind, err := r.next(m)
			if err != nil {
				return r.end(err)
			}
			if p == nil {
				m = behind
				break
			}
			if err := r.unpack(p, scratch); err != nil {
				return r.end(err)
			}
		}
	}
	return nil
}

// unpack delivers the batches of p and frees it.
func (r *result) unpack(p *parcel, scratch *arena.Arena) error {
	defer p.a.Free()
	for i := range p.batches {
		if err := r.deliver(&p.batches[i], scratch); err != nil {
			return err
		}
	}
	return nil
}

// next waits for the next parcel of morsel m. When there is none left, it is nil, and
// behind is the morsel to go on with.
func (r *result) next(m int) (p *parcel, behind int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.head = m
	r.moved.Broadcast()
	s := r.slotLocked(m)
	for {
		if r.ex.stopped.Load() { // not check, which wakes those who wait and so takes the lock itself
			return nil, 0, r.ex.failure()
		}
		if len(s.parcels) > 0 {
			p := s.parcels[0]
			s.parcels = s.parcels[1:]
			r.mu.bytes -= p.bytes
			r.moved.Broadcast()
			return p, 0, nil
		}
		if s.done {
			delete(r.mu.slots, m)
			return nil, m + 1, s.err
		}
		if behind, ok := r.mu.gaps[m]; ok {
			delete(r.mu.slots, m)
			return nil, behind, nil
		}
		r.moved.Wait()
	}
}

// end stops the workers: nothing more is wanted, or err stands.
func (r *result) end(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.over = true
	for _, s := range r.mu.slots {
		for _, p := range s.parcels {
			p.a.Free()
		}
	}
	r.mu.slots = map[int]*slot{}
	r.moved.Broadcast()
	if err == errDone {
		return nil
	}
	return err
}
