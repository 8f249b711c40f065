package files

import (
	"context"
	"io"
	"runtime"
	"runtime/debug"
	"sync/atomic"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// Ordered reads all columns of the files, in the order of the rows. Several goroutines read ahead, a unit
// each. It belongs to one goroutine.
type Ordered struct {
	rows    *scan
	ctx     context.Context
	cancel  context.CancelFunc
	units   chan *unitRows // in order
	cur     *unitRows
	used    *piece        // what Next has returned
	closed  chan struct{} // closed by Close: no piece is used any more
	working atomic.Int32
	ended   chan struct{} // closed when no goroutine reads any more
}

// unitRows is one unit on its way.
type unitRows struct {
	at     int
	pieces chan *piece
	err    error // set when pieces is closed
}

// piece is rows that stay valid until free is closed.
type piece struct {
	batch vec.Batch
	free  chan struct{}
}

// piecesAhead is how many pieces of a unit may wait where their memory is their own.
const piecesAhead = 1

// Ordered starts to read.
func (t *Table) Ordered(ctx context.Context) (*Ordered, error) {
	spec := colstore.ScanSpec{}
	for i := range t.cols {
		spec.Columns = append(spec.Columns, uint32(i))
	}
	ctx, cancel := context.WithCancel(ctx)
	rows, err := t.Open(ctx, spec)
	if err != nil {
		cancel()
		return nil, err
	}
	s := rows.(*scan)
	workers := runtime.GOMAXPROCS(0)
	if len(s.readers) > 0 && !lasts(s.readers[0]) {
		workers++ // one waits for its rows to be used
	}
	o := &Ordered{rows: s, ctx: ctx, cancel: cancel, units: make(chan *unitRows, workers), closed: make(chan struct{}), ended: make(chan struct{})}
	work := make(chan *unitRows)
	go o.list(work)
	o.working.Store(int32(workers))
	for range workers {
		go o.work(work)
	}
	return o, nil
}

// list hands the units to the workers and, in the same order, to Next.
func (o *Ordered) list(work chan<- *unitRows) {
	defer close(o.units)
	defer close(work)
	for i := range o.rows.units {
		if o.rows.units[i].rows == 0 {
			continue
		}
		u := &unitRows{at: i, pieces: make(chan *piece, piecesAhead)}
		select {
		case o.units <- u:
		case <-o.ctx.Done():
			return
		}
		select {
		case work <- u:
		case <-o.ctx.Done():
			return
		}
	}
}

func (o *Ordered) work(work <-chan *unitRows) {
	defer func() {
		if o.working.Add(-1) == 0 {
			close(o.ended)
		}
	}()
	for u := range work {
		u.err = o.stream(u)
		close(u.pieces)
	}
}

// stream sends the pieces of a unit.
func (o *Ordered) stream(u *unitRows) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = dberr.Bug("internal error while a file was read: %v\n%s", p, debug.Stack())
		}
	}()
	lasting := lasts(o.rows.units[u.at].r)
	var last *piece
	settle := func() { // what was sent is used, or never will be
		if last != nil {
			select {
			case <-last.free:
			case <-o.closed:
			}
		}
	}
	return vfs.Guard(func() error {
		return o.rows.stream(u.at, settle, func(g *colstore.Group) error {
			p := &piece{batch: vec.Batch{N: g.N, Sel: g.Live, Cols: g.Cols}, free: make(chan struct{})}
			select {
			case u.pieces <- p:
				last = p
			case <-o.ctx.Done():
				return o.ctx.Err()
			}
			if !lasting {
				settle()
			}
			return nil
		})
	})
}

// lasts reports whether a reader's batches are valid until the second one behind them.
func lasts(r reader) bool {
	_, ok := r.(*parquetReader)
	return ok
}

// Next returns the next rows, or io.EOF after the last. They are valid until the next call.
func (o *Ordered) Next() (*vec.Batch, error) {
	if o.used != nil {
		close(o.used.free)
		o.used = nil
	}
	for {
		if o.cur == nil {
			select {
			case u, ok := <-o.units:
				if !ok {
					return nil, o.end(io.EOF)
				}
				o.cur = u
			case <-o.ctx.Done():
				return nil, o.end(nil)
			}
		}
		select {
		case p, ok := <-o.cur.pieces:
			if ok {
				o.used = p
				return &p.batch, nil
			}
			if o.cur.err != nil {
				return nil, o.end(o.cur.err)
			}
			o.cur = nil
		case <-o.ctx.Done():
			return nil, o.end(nil)
		}
	}
}

// end is err, unless the reading was cancelled.
func (o *Ordered) end(err error) error {
	if o.ctx.Err() != nil {
		return dberr.New(dberr.QueryCanceled, "canceling statement due to user request")
	}
	return err
}

// Close stops reading and closes the files.
func (o *Ordered) Close() {
	o.cancel()
	close(o.closed)
	<-o.ended
	o.rows.Close()
}
