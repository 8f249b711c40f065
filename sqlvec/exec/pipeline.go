package exec

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// errDone says that a part needs no more rows. It travels up as an error and ends there.
var errDone = errors.New("no more rows are needed")

// pusher takes the batches of the operator before it.
type pusher interface {
	// push takes a batch, which is valid until push returns.
	push(b *vec.Batch) error
}

// stage is a streaming operator of a pipeline. It is shared by all workers.
type stage interface {
	// open returns a worker's own instance, which pushes to next.
	open(w *worker, next pusher) (pusher, error)
}

// source makes the rows of a pipeline in numbered morsels.
type source interface {
	// prepare is called once, when everything the source reads is complete, and returns
	// the number of morsels.
	prepare(ex *execution) (int, error)
	// open returns a worker's own reader.
	open(w *worker) (reader, error)
}

// reader pushes the rows of morsels.
type reader interface {
	run(morsel int, next pusher) error
}

// sink ends a pipeline.
type sink interface {
	// open returns a worker's own end. Each worker of the pipeline gets one.
	open(w *worker) (pusher, error)
	// finish runs when all workers are done, on the calling goroutine.
	finish(ex *execution) error
}

// part is one source and the streaming operators behind it. A pipeline has several
// parts where several inputs meet (UNION ALL, the rows an outer join adds).
type part struct {
	src    source
	stages []stage
	// phase orders parts: all parts of a lower phase end before one of a higher begins.
	phase int
	// serial means that one worker must run the whole pipeline, in morsel order.
	serial bool
	done   atomic.Bool  // errDone was seen
	nanos  atomic.Int64 // spent on morsels, where figures are wanted

	first, count int // the morsels of the part, within its phase
}

// pipeline is parts and the sink they share.
type pipeline struct {
	parts []*part
	sink  sink

	owner       plan.Node // the operator that the sink belongs to, nil for the result
	finishNanos int64
}

// serial reports whether one worker must run the pipeline.
func (p *pipeline) serial() bool {
	for _, pt := range p.parts {
		if pt.serial {
			return true
		}
	}
	return false
}

// phases returns the parts by phase, ascending.
func (p *pipeline) phases() [][]*part {
	if len(p.parts) == 1 && p.parts[0].phase == 0 {
		return [][]*part{p.parts}
	}
	var out [][]*part
	for n := 0; n < len(p.parts); {
		phase := len(out)
		var ps []*part
		for _, pt := range p.parts {
			if pt.phase == phase {
				ps = append(ps, pt)
			}
		}
		out = append(out, ps)
		n += len(ps)
	}
	return out
}

// run is one running phase of a pipeline: its morsels, handed out by one counter.
type run struct {
	parts []*part
	total int
	base  int // number of the first morsel in the whole pipeline
	next  atomic.Int64
}

// newRun prepares the sources of a phase.
func (ex *execution) newRun(parts []*part, base int) (*run, error) {
	r := &run{parts: parts, base: base}
	for _, pt := range parts {
		n, err := pt.src.prepare(ex)
		if err != nil {
			return nil, err
		}
		pt.first, pt.count = r.total, n
		r.total += n
	}
	return r, nil
}

// fewRows is how many rows are not worth a second goroutine.
const fewRows = 2 * vec.BatchRows

// small reports whether the sources have few rows.
func (r *run) small() bool {
	n := 0
	for _, pt := range r.parts {
		src, ok := pt.src.(interface{ inputRows() int })
		if !ok || !pt.light() {
			return false
		}
		n += src.inputRows()
	}
	return n <= fewRows
}

// light reports whether no stage makes many rows of one.
func (pt *part) light() bool {
	for _, s := range pt.stages {
		switch s.(type) {
		case *filterStage, *sieveStage, *projectStage, *limitStage:
		default:
			return false
		}
	}
	return true
}

// partOf returns the part that has morsel m.
func (r *run) partOf(m int) *part {
	for _, pt := range r.parts {
		if m < pt.first+pt.count {
			return pt
		}
	}
	return nil
}

// lane is what one worker has opened in one pipeline.
type lane struct {
	w      *worker
	end    pusher
	chains []*chain // those opened
}

// chain is a part as one worker runs it.
type chain struct {
	pt   *part
	rd   reader
	head pusher
}

// chainOf opens the part for the lane, once.
func (l *lane) chainOf(pt *part) (*chain, error) {
	for _, c := range l.chains {
		if c.pt == pt {
			return c, nil
		}
	}
	next := l.end
	for i := len(pt.stages) - 1; i >= 0; i-- {
		var err error
		if next, err = pt.stages[i].open(l.w, next); err != nil {
			return nil, err
		}
	}
	rd, err := pt.src.open(l.w)
	if err != nil {
		return nil, err
	}
	c := &chain{pt: pt, rd: rd, head: next}
	l.chains = append(l.chains, c)
	return c, nil
}

// work runs morsels of r until none is left. Where the sink reports errors itself, it
// only stops.
func (l *lane) work(r *run) error {
	for {
		m := int(r.next.Add(1) - 1)
		if m >= r.total {
			return nil
		}
		end, inOrder := l.end.(*resultEnd)
		if !inOrder {
			if err := l.morsel(r, m); err != nil {
				return err
			}
			continue
		}
		err := end.within(r.base+m, func() error { return l.morsel(r, m) })
		if err != nil {
			r.next.Store(int64(r.total))
			if end.r.many {
				return nil
			}
			return err
		}
	}
}

// morsel runs morsel m of r.
func (l *lane) morsel(r *run, m int) error {
	if err := l.w.ex.check(); err != nil {
		return err
	}
	l.w.morsel = r.base + m
	pt := r.partOf(m)
	if pt.done.Load() {
		from, to := r.skip(pt)
		if end, ok := l.end.(*resultEnd); ok {
			end.r.skip(r.base+from, r.base+to)
		}
		return nil
	}
	c, err := l.chainOf(pt)
	if err != nil {
		return err
	}
	if l.w.ex.stats != nil {
		start := time.Now()
		defer func() { pt.nanos.Add(int64(time.Since(start))) }()
	}
	err = c.rd.run(m-pt.first, c.head)
	if errors.Is(err, errDone) {
		pt.done.Store(true)
		return nil
	}
	return err
}

// skip hands out no more morsels of a part that is done. It returns those that nobody
// will run now.
func (r *run) skip(pt *part) (from, to int) {
	end := int64(pt.first + pt.count)
	for {
		n := r.next.Load()
		if n >= end {
			return 0, 0
		}
		if r.next.CompareAndSwap(n, end) {
			return int(n), int(end)
		}
	}
}

// runPipeline runs p to its end.
func (ex *execution) runPipeline(p *pipeline) error {
	var lanes []*lane
	base := 0
	for _, parts := range p.phases() {
		r, err := ex.newRun(parts, base)
		if err != nil {
			return err
		}
		base += r.total
		n := min(ex.opts.Workers, r.total)
		if p.serial() || r.small() {
			n = min(n, 1)
		}
		for len(lanes) < n {
			w := ex.newWorker(len(lanes))
			end, err := p.sink.open(w)
			if err != nil {
				return err
			}
			lanes = append(lanes, &lane{w: w, end: end})
		}
		if err := ex.runPhase(p, lanes[:n], r); err != nil {
			return err
		}
	}
	start := time.Now()
	err := p.sink.finish(ex)
	p.finishNanos = int64(time.Since(start))
	for _, pt := range p.parts {
		if src, ok := pt.src.(releaser); ok && err == nil {
			src.release()
		}
	}
	return err
}

// releaser is a source that nobody reads again when its pipeline has ended. release gives its
// memory back, which later pipelines may need.
type releaser interface{ release() }

// runPhase runs the morsels of r.
func (ex *execution) runPhase(p *pipeline, lanes []*lane, r *run) error {
	res, ok := p.sink.(*result)
	if !ok || len(lanes) < 2 {
		if ok {
			res.many = false
		}
		if len(lanes) == 1 {
			ex.fail(ex.guard(func() error { return lanes[0].work(r) }))
			return ex.failure()
		}
		return ex.together(len(lanes), func(i int) error { return lanes[i].work(r) })
	}
	res.share()
	return ex.together(len(lanes)+1, func(i int) error {
		if i == 0 {
			return res.consume(r.base, r.base+r.total)
		}
		return lanes[i-1].work(r)
	})
}

// together runs f(0) … f(n-1) at once, f(0) on the calling goroutine, and returns the
// first error. The first error stops the others at their next batch.
func (ex *execution) together(n int, f func(i int) error) error {
	if n == 0 {
		return nil
	}
	var wg sync.WaitGroup
	for i := 1; i < n; i++ {
		wg.Go(func() { ex.fail(ex.guard(func() error { return f(i) })) })
	}
	ex.fail(ex.guard(func() error { return f(0) }))
	wg.Wait()
	return ex.failure()
}

// tasks runs f for the numbers below n, spread over the workers.
func (ex *execution) tasks(n int, f func(worker, i int) error) error {
	var next atomic.Int64
	return ex.together(min(n, ex.opts.Workers), func(worker int) error {
		for {
			i := int(next.Add(1) - 1)
			if i >= n {
				return nil
			}
			if err := ex.check(); err != nil {
				return err
			}
			if err := f(worker, i); err != nil {
				return err
			}
		}
	})
}
