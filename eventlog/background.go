package eventlog

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"driftdb/mmapseg"
)

// background is the work that goes on beside the sessions of a writer: idle marks and sealing.
type background struct {
	group   mmapseg.Group // the leader's scratch
	crowd   int           // the leader's: frames of the last group, and queued behind it
	pause   int           // the leader's: groups to go before it waits for others again
	sealing sync.Mutex    // one segment is sealed at a time
	closed  atomic.Int64  // a time that has been closed, microseconds UTC
	full    chan struct{} // a segment may wait to be sealed
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

func (w *background) start(l *Log) {
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.full = make(chan struct{}, 1)
	if l.Damage() != nil {
		return
	}
	w.done.Go(func() { l.sealLoop(ctx) })
	if l.opt.IdleMark > 0 {
		w.done.Go(func() { l.markLoop(ctx) })
	}
	w.wakeSealer()
}

// stop ends the work; a segment that is being sealed stays unsealed.
func (w *background) stop() {
	if w.cancel != nil {
		w.cancel()
	}
	w.done.Wait()
}

func (w *background) wakeSealer() {
	select {
	case w.full <- struct{}{}:
	default:
	}
}

func (w *background) raiseClosed(micros int64) {
	for {
		old := w.closed.Load()
		if old >= micros || w.closed.CompareAndSwap(old, micros) {
			return
		}
	}
}

// markLoop writes a mark after idle time, and closes the present for readers beside us.
func (l *Log) markLoop(ctx context.Context) {
	ticker := time.NewTicker(l.opt.IdleMark)
	defer ticker.Stop()
	end := l.End()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if now := l.End(); now != end {
			end = now // not idle since the last tick
			continue
		}
		if l.idleMark() {
			end = l.End()
		}
	}
}

// idleMark writes a mark when nothing is on its way and one is wanted. It reports whether it
// wrote. Without one it raises the floor to now and shows it: that costs no write to the log,
// and a reader in another process can ask for the present.
func (l *Log) idleMark() bool {
	o := &l.order
	o.mu.Lock()
	if o.leading || o.closed {
		o.mu.Unlock()
		return false
	}
	if !o.wantsMarkLocked() {
		raised := o.marked == o.floor
		o.floor = max(o.floor, l.opt.Clock())
		if raised {
			o.marked = o.floor // nobody has been answered: a crash may forget it
		}
		l.work.raiseClosed(o.floor)
		o.mu.Unlock()
		l.showHead()
		return false
	}
	g, lead := o.markLocked()
	o.mu.Unlock()
	if lead {
		l.lead()
	}
	<-g.done
	return true
}
