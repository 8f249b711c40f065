package eventlog

import (
	"context"
	"math"
	"time"

	"driftdb/internal/dberr"
	"driftdb/mmapseg"
)

// Now is the time of the log: max(clock, time of the newest commit), microseconds UTC. A
// commit ordered later gets a later time.
func (l *Log) Now() int64 { return max(l.opt.Clock(), l.Ordered().TimeMicros) }

// CloseTime makes the time micros answerable for good: it raises the clock floor, so that
// later commits get a later time, and waits until every commit ordered at or before it is
// durable. A time later than Now is an error with SQLSTATE 22H03.
//
// Beside a live writer in another process, it waits until the writer has closed the time.
func (l *Log) CloseTime(ctx context.Context, micros int64) error {
	if micros > l.Now() {
		return errFuture(micros)
	}
	if l.opt.ReadOnly {
		return l.awaitClosed(ctx, micros)
	}
	if l.Durable().TimeMicros >= micros || l.work.closed.Load() >= micros {
		return nil
	}
	o := &l.order
	o.mu.Lock()
	o.floor = max(o.floor, micros)
	last := o.last.CSN
	o.mu.Unlock()
	if err := l.WaitDurable(ctx, last); err != nil {
		return err
	}
	l.work.raiseClosed(micros)
	return nil
}

func errFuture(micros int64) error {
	if micros == math.MaxInt64 {
		return dberr.New(dberr.UnclosedTime, "time infinity is later than now")
	}
	return dberr.Newf(dberr.UnclosedTime, "time %s is later than now",
		time.UnixMicro(micros).UTC().Format("2006-01-02 15:04:05.999999+00"))
}

// markLocked orders a mark: a frame that keeps the floor and shows how much was durable.
func (o *orderer) markLocked() (g *group, lead bool) {
	h := mmapseg.Header{Kind: mmapseg.KindMark, CSN: o.last.CSN,
		FirstSeq: o.last.FirstSeq + uint64(o.last.Events), TimeMicros: max(o.micro, o.floor)}
	p := pendings.Get().(*pending)
	*p = pending{header: h, attrs: p.attrs[:0], payload: p.payload[:0], touched: p.touched[:0]}
	o.sinceMark, o.marked = 0, o.floor
	return o.pushLocked(p, mmapseg.FrameSize(0, 0))
}

// wantsMarkLocked reports whether a mark would keep something that no frame keeps yet.
func (o *orderer) wantsMarkLocked() bool {
	return o.failed == nil && (o.sinceMark > 0 || o.floor > o.marked)
}

// close ends ordering, waits for the queue, and writes the last mark.
func (o *orderer) close(l *Log) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil
	}
	o.closed = true
	for o.leading {
		o.idle.Wait()
	}
	if l.store == nil || l.opt.ReadOnly || l.store.Damage() != nil {
		return nil
	}
	if o.wantsMarkLocked() {
		o.markLocked()
		o.mu.Unlock()
		l.lead()
		o.mu.Lock()
	}
	close(o.forming.done) // for who follows the log
	if o.failed != nil {
		return o.failed
	}
	return l.head.show(l.headClosed)
}
