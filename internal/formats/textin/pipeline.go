package textin

import (
	"bytes"
	"context"
	"io"

	"driftdb/internal/dberr"
	"driftdb/internal/vec"
)

// pipeline cuts, parses and hands out blocks: one goroutine cuts, several parse, and order has
// the jobs in the order of the file. Every channel is bounded, so memory is too.
type pipeline struct {
	ctx    context.Context
	cancel context.CancelFunc
	order  chan *job
	work   chan *job
	blocks chan *block // to be used again
	free   chan *Batch // to be used again
	err    error       // what next has answered for good
}

// job is one block on its way. ready is closed when batch and err are set.
type job struct {
	block *block
	batch *Batch
	err   error
	ready chan struct{}
}

// worker parses blocks.
type worker struct {
	f    *File
	p    *pipeline
	scan scanner
	cols []Column
	g    grid
}

// start runs the pipeline: do turns a block into a batch.
func (f *File) start(ctx context.Context, do func(*worker, *block) (*Batch, error), cols []Column) {
	n := f.opts.Workers
	p := &pipeline{
		order: make(chan *job, 4*n), work: make(chan *job, 4*n),
		blocks: make(chan *block, 8*n), free: make(chan *Batch, 8*n),
	}
	p.ctx, p.cancel = context.WithCancel(ctx)
	f.run, f.fields = p, grid{}
	go p.feed(f)
	for range n {
		w := &worker{f: f, p: p, cols: cols, scan: f.scanner(cols)}
		go w.run(do)
	}
}

// scanner returns a scanner for one worker.
func (f *File) scanner(cols []Column) scanner {
	if f.csv != nil {
		return f.csv
	}
	s := newJSONScanner(nil)
	s.learn = cols == nil
	for _, c := range cols {
		s.add(c.Name)
	}
	return s
}

// feed cuts blocks until the file ends.
func (p *pipeline) feed(f *File) {
	defer close(p.order)
	defer close(p.work)
	b, err := f.first, error(nil)
	f.first = nil
	for err == nil {
		if !p.send(&job{block: b, ready: make(chan struct{})}) {
			return
		}
		select {
		case b = <-p.blocks:
		default:
			b = new(block)
		}
		err = f.cut.next(b)
	}
	if err != io.EOF {
		failed := &job{err: err, ready: make(chan struct{})}
		close(failed.ready)
		select {
		case p.order <- failed:
		case <-p.ctx.Done():
		}
	}
}

func (p *pipeline) send(j *job) bool {
	select {
	case p.order <- j:
	case <-p.ctx.Done():
		return false
	}
	select {
	case p.work <- j:
		return true
	case <-p.ctx.Done():
		return false
	}
}

func (w *worker) run(do func(*worker, *block) (*Batch, error)) {
	for j := range w.p.work {
		j.batch, j.err = do(w, j.block)
		if j.batch != nil {
			j.batch.Bytes = len(j.block.data())
		}
		select {
		case w.p.blocks <- j.block:
		default:
		}
		close(j.ready)
	}
}

// next returns the next batch in the order of the file.
func (p *pipeline) next() (*Batch, error) {
	if p.err != nil {
		return nil, p.err
	}
	b, err := p.take()
	if err != nil {
		p.err = err
		p.cancel()
	}
	return b, err
}

func (p *pipeline) take() (*Batch, error) {
	select {
	case j, ok := <-p.order:
		if !ok {
			return nil, p.end()
		}
		select {
		case <-j.ready:
			return j.batch, j.err
		case <-p.ctx.Done():
		}
	case <-p.ctx.Done():
	}
	return nil, p.end()
}

// end is io.EOF, unless the reading was cancelled.
func (p *pipeline) end() error {
	if p.ctx.Err() != nil {
		return dberr.New(dberr.QueryCanceled, "canceling statement due to user request")
	}
	return io.EOF
}

// stop lets all goroutines end. It does not wait for one that reads from a slow source.
func (p *pipeline) stop() { p.cancel() }

// infer notes the columns of a block and the forms of their values.
func (w *worker) infer(b *block) (*Batch, error) {
	if s, ok := w.scan.(*jsonScanner); ok { // a worker keeps what it learned for its next block
		if err := s.scan(b, &w.g); err != nil {
			return nil, err
		}
		return &Batch{names: s.names[:len(s.names):len(s.names)], shapes: b.shapes(&w.g, true, &w.f.opts.Notation), home: w.p}, nil
	}
	if err := w.scan.scan(b, &w.g); err != nil {
		return nil, err
	}
	return &Batch{names: w.f.names, shapes: b.shapes(&w.g, false, &w.f.opts.Notation), home: w.p}, nil
}

// parse turns a block into vectors.
func (w *worker) parse(b *block) (*Batch, error) {
	b.rejects = nil // of a scan before
	if err := w.scan.scan(b, &w.g); err != nil {
		return nil, err
	}
	out := w.batch()
	out.N, out.Sel = w.g.rows, nil
	out.line, out.lines = b.line, b.rowLines(&w.g)
	x := builder{b: b, g: &w.g, scan: w.scan, ctx: w.f.opts.Types, json: w.f.csv == nil, empty: w.f.opts.Format == TSV, notation: &w.f.opts.Notation}
	if b.skip {
		x.skipped = map[int]error{}
	}
	bad, badErr := -1, error(nil)
	for c := range w.cols {
		if w.f.skip != nil && w.f.skip[c] {
			out.Cols[c] = vec.Vec{Type: w.cols[c].Type, N: w.g.rows}
			continue
		}
		x.col, x.name, x.typ, x.store = c, w.cols[c].Name, w.cols[c].Type, &out.stores[c]
		x.swapCommas()
		v, err := x.build()
		if err != nil && (bad < 0 || x.bad < bad) {
			bad, badErr = x.bad, b.locate(err, w.g.rowStart(x.bad), w.cols[c].Name)
		}
		out.Cols[c] = v
	}
	if b.skip {
		out.leaveOut(b, &w.g, x.skipped)
	}
	return out, badErr
}

// rowLines returns the line of every row, nil when the rows are the lines.
func (b *block) rowLines(g *grid) []int {
	data := b.data()
	breaks := bytes.Count(data, []byte{'\n'})
	if breaks == g.rows || breaks == g.rows-1 && data[len(data)-1] != '\n' {
		return nil
	}
	lines, line, at := make([]int, g.rows), b.line, 0
	for r := range lines {
		start := max(at, g.rowStart(r))
		line += bytes.Count(data[at:start], []byte{'\n'})
		at, lines[r] = start, line
	}
	return lines
}

// batch returns an empty batch, with the memory of a released one if there is one.
func (w *worker) batch() *Batch {
	select {
	case b := <-w.p.free:
		return b
	default:
		return &Batch{Batch: vec.Batch{Cols: make([]vec.Vec, len(w.cols))}, stores: make([]store, len(w.cols)), home: w.p}
	}
}
