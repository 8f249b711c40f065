package eventlog

import (
	"context"
	"errors"
	"iter"

	"driftdb/mmapseg"
)

// Follow yields the durable transactions from commit number csn on, and goes on while the log
// grows, in this process or by a writer in another one. It ends with ctx, with the log, or
// with an error, which it yields with a nil Txn. Each Txn is a copy and may be kept.
func (l *Log) Follow(ctx context.Context, csn uint64) iter.Seq2[*Txn, error] {
	return func(yield func(*Txn, error) bool) {
		csn := max(csn, 1)
		at := l.store.Search(func(k mmapseg.Key) bool { return k.CSN < csn })
		for {
			next, ok := l.yieldFrom(at, csn, yield)
			if !ok {
				return
			}
			at = next
			err := l.waitGrown(ctx, at)
			if ctx.Err() != nil || errors.Is(err, errClosed) {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

var errClosed = errors.New("the log is closed")

// yieldFrom yields the durable transactions from an offset on, and returns where it came to.
// ok is false when there is nothing more to do.
func (l *Log) yieldFrom(at, csn uint64, yield func(*Txn, error) bool) (next uint64, ok bool) {
	c := l.store.Cursor(at, l.End())
	ok = true
	for ok {
		var t *Txn
		more := false
		err := guardedNext(c, func(f *mmapseg.Frame) (err error) {
			more = true
			if f.Kind == mmapseg.KindTxn && f.CSN >= csn {
				t, err = copyTxn(c, f)
			}
			return err
		})
		if err != nil {
			ok = false
			yield(nil, err)
		} else if t != nil {
			ok = yield(t, nil)
		}
		if !more {
			break
		}
	}
	next = c.Offset()
	if err := c.Close(); err != nil && ok {
		yield(nil, err)
		ok = false
	}
	return next, ok
}

// waitGrown waits until something behind an offset is durable.
func (l *Log) waitGrown(ctx context.Context, at uint64) error {
	for l.End() <= at {
		if l.opt.ReadOnly {
			if err := pause(ctx); err != nil {
				return err
			}
			if err := l.Refresh(); err != nil {
				return err
			}
			continue
		}
		o := &l.order
		o.mu.Lock()
		g, closed, err := o.writing, o.closed, o.failed
		if g == nil {
			g = o.forming
		}
		o.mu.Unlock()
		if err != nil {
			return err
		}
		if l.End() > at {
			return nil
		}
		if closed {
			return errClosed
		}
		select {
		case <-g.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
