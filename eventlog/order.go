package eventlog

import (
	"context"
	"encoding/binary"
	"io"
	"runtime"
	"sync"
	"time"

	"driftdb/internal/dberr"
	"driftdb/mmapseg"
)

// maxQueued is how many bytes of frames may wait to be written before Submit waits.
const maxQueued = 8 << 20

// orderer gives out numbers and times, in log order, and holds what is not yet written.
type orderer struct {
	mu        sync.Mutex
	last      Commit // newest ordered
	end       uint64 // log offset behind the newest ordered frame
	micro     int64  // time of the newest frame, marks included
	floor     int64  // later commits get a time above it
	marked    int64  // the floor that a frame in the log keeps
	sinceMark int    // frames ordered since the last mark

	queue   []*pending // ordered, not yet taken by a leader
	spare   []*pending // memory for the next queue
	queued  int        // bytes of queue
	leading bool       // somebody writes
	forming *group     // for those in queue
	writing *group     // at the disk; nil when nobody writes

	idle   sync.Cond // signalled when leading becomes false
	failed error     // final
	closed bool
}

// pending is one ordered frame on its way to the disk.
type pending struct {
	header  mmapseg.Header
	attrs   []byte
	payload []byte
	touched []uint32
}

// group is the frames that go to the disk together. err is set before done is closed.
type group struct {
	done chan struct{}
	err  error
}

func newGroup() *group { return &group{done: make(chan struct{})} }

var pendings = sync.Pool{New: func() any { return new(pending) }}

func (o *orderer) init() {
	o.idle.L = &o.mu
	o.forming = newGroup()
}

// resume sets the state that recovery found.
func (o *orderer) resume(last Commit, micro int64, end uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last, o.micro, o.floor, o.marked, o.end = last, micro, micro, micro, end
}

// Submit orders and logs one transaction. order runs under the ordering lock, in log order,
// exactly once: it validates against the ordered head and sets the base rid of each table in
// Bases. Its error refuses the transaction: nothing is logged and no number is used.
//
// With Sync, Submit returns when the commit is durable; with Async when it is ordered. ctx
// is looked at until the transaction is ordered, not after: then it will be committed. An
// error after ordering means that the log has failed; whether this commit survives shows
// when the log is opened again.
func (l *Log) Submit(ctx context.Context, b *Builder, order func(Commit, Bases) error, d Durability) (Commit, error) {
	p, err := l.prepare(b)
	if err != nil {
		return Commit{}, err
	}
	c, g, lead, err := l.enter(ctx, b, p, order)
	if err != nil {
		return Commit{}, err
	}
	if lead && d == Sync {
		l.lead()
	} else if lead {
		go l.lead()
	}
	if d == Async {
		return c, nil
	}
	<-g.done
	return c, g.err
}

// prepare encodes the transaction, all but what ordering tells.
func (l *Log) prepare(b *Builder) (*pending, error) {
	switch {
	case l.opt.ReadOnly:
		return nil, l.readOnlyError()
	case l.Damage() != nil:
		return nil, l.store.Damage().Err()
	case b.err != nil:
		return nil, b.err
	case b.Size() > mmapseg.MaxPayloadSize:
		return nil, dberr.Newf(dberr.ProgramLimitExceeded, "transaction of %d bytes exceeds the limit of %d of one log frame",
			b.Size(), mmapseg.MaxPayloadSize)
	case len(b.attrs) > mmapseg.MaxAttrsSize:
		return nil, dberr.Newf(dberr.ProgramLimitExceeded, "transaction attributes of %d bytes exceed the limit of %d",
			len(b.attrs), mmapseg.MaxAttrsSize)
	}
	if _, err := io.ReadFull(l.opt.Rand, b.salt[:]); err != nil {
		return nil, dberr.IO("read random bytes", err)
	}
	p := pendings.Get().(*pending)
	p.attrs = append(p.attrs[:0], b.attrs...)
	p.payload = b.appendPayload(p.payload[:0])
	p.touched = b.touched(p.touched[:0])
	return p, nil
}

// enter orders the transaction and puts it into the queue. lead says that the caller has to
// write the queue, because nobody does.
func (l *Log) enter(ctx context.Context, b *Builder, p *pending, order func(Commit, Bases) error) (c Commit, g *group, lead bool, err error) {
	o := &l.order
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.admitLocked(ctx); err != nil {
		return c, nil, false, err
	}
	size := mmapseg.FrameSize(len(p.attrs), len(p.payload))
	if err := l.store.Room(int64(o.end-l.store.End()) + int64(size)); err != nil {
		return c, nil, false, err
	}
	c = Commit{CSN: o.last.CSN + 1, FirstSeq: o.last.FirstSeq + uint64(o.last.Events), Events: uint32(b.events),
		TimeMicros: max(l.opt.Clock(), o.micro+1, o.floor+1), Offset: o.end}
	if err := order(c, Bases{b.tables}); err != nil {
		return c, nil, false, err
	}
	if err := b.patchBases(p.payload); err != nil {
		return c, nil, false, err
	}
	p.header = mmapseg.Header{Kind: mmapseg.KindTxn, CSN: c.CSN, FirstSeq: c.FirstSeq, Events: c.Events, TimeMicros: c.TimeMicros}
	o.last = c
	l.ordered.Store(&c)
	o.sinceMark++
	g, lead = o.pushLocked(p, size)
	return c, g, lead, nil
}

// admitLocked waits while too much is queued, and says why nothing can be ordered now, or nil.
func (o *orderer) admitLocked(ctx context.Context) error {
	for o.queued > maxQueued && o.failed == nil {
		g := o.forming
		o.mu.Unlock()
		select {
		case <-g.done:
		case <-ctx.Done():
		}
		o.mu.Lock()
		if ctx.Err() != nil {
			break
		}
	}
	if o.failed != nil {
		return o.failed
	}
	if o.closed {
		return dberr.New(dberr.ObjectNotInPrerequisite, "the log is closed")
	}
	if ctx.Err() != nil {
		return dberr.New(dberr.QueryCanceled, "canceling statement due to user request")
	}
	return nil
}

// pushLocked puts a frame into the queue. The frame's time becomes the newest.
func (o *orderer) pushLocked(p *pending, size int) (g *group, lead bool) {
	o.micro = p.header.TimeMicros
	o.end += uint64(size)
	o.queue = append(o.queue, p)
	o.queued += size
	lead = !o.leading
	o.leading = true
	return o.forming, lead
}

// patchBases puts the bases that ordering chose into the encoded payload.
func (b *Builder) patchBases(payload []byte) error {
	for i, t := range b.tables {
		if t.base >= Relative || t.base+t.newRows >= Relative {
			return dberr.Bug("table %d gets rids from %d", t.id, t.base)
		}
		binary.LittleEndian.PutUint64(payload[payloadHeaderSize+tableEntrySize*i+8:], t.base)
	}
	return nil
}

// lead writes the queue once, and again in the background while more comes in.
func (l *Log) lead() {
	l.gather()
	if l.leadOnce() {
		go func() {
			l.gather()
			for l.leadOnce() {
				l.gather()
			}
		}()
	}
}

const (
	gatherMicros = 100 // how long a leader waits at most for those it has just woken
	gatherPause  = 16  // groups to go without waiting after a wait that brought little
)

// gather lets those whom the last group has woken submit again before the next one is taken:
// with many writers that nearly doubles what one sync carries. A lone writer waits for nobody.
// Only the leader calls it.
func (l *Log) gather() {
	w := &l.work
	if w.crowd < 2 {
		return
	}
	if w.pause > 0 {
		w.pause--
		return
	}
	start, first := time.Now(), -1
	for {
		l.order.mu.Lock()
		queued := len(l.order.queue)
		l.order.mu.Unlock()
		if first < 0 {
			first = queued
		}
		if queued >= w.crowd {
			return
		}
		if time.Since(start) > gatherMicros*time.Microsecond {
			if queued-first < (w.crowd-first)/4 {
				w.pause = gatherPause
			}
			return
		}
		runtime.Gosched()
	}
}

// leadOnce takes the queue, makes it durable and publishes it. It reports whether more is
// queued; if not, leading has ended.
func (l *Log) leadOnce() (more bool) {
	o := &l.order
	o.mu.Lock()
	batch, g := o.queue, o.forming
	o.queue, o.spare, o.queued = o.spare[:0], nil, 0
	o.forming, o.writing = newGroup(), g
	failed := o.failed
	o.mu.Unlock()

	if g.err = failed; failed == nil {
		g.err = l.write(batch)
	}

	o.mu.Lock()
	defer o.mu.Unlock()
	o.failed = g.err
	if g.err != nil {
		l.failure.CompareAndSwap(nil, &g.err)
	}
	o.writing = nil
	l.work.crowd = len(batch) + len(o.queue)
	close(g.done)
	for i, p := range batch {
		pendings.Put(p)
		batch[i] = nil
	}
	o.spare = batch[:0]
	if len(o.queue) == 0 {
		o.leading = false
		o.idle.Broadcast()
	}
	return len(o.queue) > 0
}

// write puts the frames into the log, syncs, and publishes the last of them.
func (l *Log) write(batch []*pending) error {
	w := &l.work.group
	w.Reset()
	for _, p := range batch {
		w.Add(p.header, p.attrs, p.payload)
	}
	before, at := l.store.Active(), l.store.End()
	if err := l.store.Write(w); err != nil {
		return err
	}
	if err := l.store.Sync(); err != nil {
		return err
	}
	l.publish(batch, at)
	if l.store.Active() != before {
		l.work.wakeSealer()
	}
	return nil
}

// publish moves the durable head over the frames of a batch, which begins at offset at.
func (l *Log) publish(batch []*pending, at uint64) {
	last := l.durable.Load().commit
	txns := uint64(0)
	for _, p := range batch {
		h := &p.header
		h.Offset = at
		h.AttrsSize, h.PayloadSize = uint32(len(p.attrs)), uint32(len(p.payload))
		at = h.End()
		if h.Kind == mmapseg.KindTxn {
			l.index.add(h.Offset, p.touched)
			last = commitOf(h)
			txns++
		}
	}
	l.durable.Store(&place{commit: last, end: at})
	l.counts.commits.Add(txns)
	l.counts.syncs.Add(1)
	l.showHead()
	if txns > 0 && l.opt.OnDurable != nil {
		l.opt.OnDurable(last)
	}
}

// WaitDurable waits until the commit with a number is durable.
func (l *Log) WaitDurable(ctx context.Context, csn uint64) error {
	for l.Durable().CSN < csn {
		o := &l.order
		o.mu.Lock()
		g, err := o.writing, o.failed
		if g == nil {
			g = o.forming
		}
		if err == nil && o.last.CSN < csn {
			err = errBeyond("transaction", csn, o.last.CSN)
		}
		o.mu.Unlock()
		if l.Durable().CSN >= csn {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-g.done:
		case <-ctx.Done():
			return dberr.New(dberr.QueryCanceled, "canceling statement due to user request")
		}
	}
	return nil
}

func errBeyond(what string, n, last uint64) error {
	return dberr.Newf(dberr.TemporalOutOfRange, "%s %d does not exist: the last is %d", what, n, last)
}
