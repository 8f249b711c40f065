package colstore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"driftdb/internal/dberr"
)

// upkeep is the background work of a writer, and what only one maintenance job at a time may
// do. Lock order: one, apply, manifestMu.
type upkeep struct {
	one        turn       // of the one maintenance job that runs
	manifestMu sync.Mutex // guards the manifest's contents
	onProgress atomic.Pointer[func(step string, done, total int64)]

	kick   chan struct{} // says that the tails have grown; nil without automatic checkpoints
	cancel context.CancelFunc
	ended  chan struct{}
	pause  struct {
		sync.Mutex
		fresh chan struct{} // closed when there may be room again, then replaced
	}
	failing atomic.Bool // the last automatic checkpoint failed
}

// turn is a lock for which a statement that is to end does not go on waiting.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// take waits for the turn; the error is that ctx has ended.
func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return canceled()
	}
}

func (t turn) give() { <-t }

// orCanceled is err, or that the statement is to end.
func orCanceled(ctx context.Context, err error) error {
	if err == nil && ctx.Err() != nil {
		return canceled()
	}
	return err
}

const (
	// admitFactor times the tail limit is where commits wait for a checkpoint.
	admitFactor = 4
	// retryPause is how long automatic checkpoints rest after one has failed.
	retryPause = time.Second
	// smallParts is how many small parts of one table start an automatic vacuum.
	smallParts = 8
)

func (db *DB) startUpkeep() error {
	if db.opts.ReadOnly || !db.opts.AutoCheckpoint || db.log.Damage() != nil {
		return nil
	}
	u := &db.upkeep
	u.kick, u.ended = make(chan struct{}, 1), make(chan struct{})
	u.pause.fresh = make(chan struct{})
	var ctx context.Context
	ctx, u.cancel = context.WithCancel(context.Background())
	go db.keepUp(ctx)
	return nil
}

func (db *DB) stopUpkeep() {
	if u := &db.upkeep; u.cancel != nil {
		u.cancel()
		<-u.ended
		u.cancel = nil
	}
}

// lastCheckpoint writes the tails when they are above their limit, before the database closes:
// the automatic checkpoint may have been stopped, or have had no time to begin. Without it a
// database that only short-lived processes write would replay more and more. A failure costs
// nothing but that.
func (db *DB) lastCheckpoint() {
	u := &db.upkeep
	if u.kick == nil || u.failing.Load() || db.tail.Load() < db.opts.TailLimit {
		return
	}
	if err := db.autoCheckpoint(context.Background()); err != nil {
		db.opts.Logger.Error("checkpoint before closing failed", "error", err)
	}
}

// keepUp checkpoints when the tails have grown, until ctx ends.
func (db *DB) keepUp(ctx context.Context) {
	u := &db.upkeep
	defer close(u.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case <-u.kick:
		}
		var err error
		if db.tail.Load() >= db.opts.TailLimit {
			err = db.autoCheckpoint(ctx)
		}
		u.failing.Store(err != nil && ctx.Err() == nil)
		u.pause.Lock() // who waits looks again, also when somebody else made room
		close(u.pause.fresh)
		u.pause.fresh = make(chan struct{})
		u.pause.Unlock()
		if err != nil && ctx.Err() == nil {
			db.opts.Logger.Error("automatic checkpoint failed", "error", err)
			rest(ctx, retryPause)
		}
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// autoCheckpoint writes all tails, and tidies the parts where it is worth it.
func (db *DB) autoCheckpoint(ctx context.Context) error {
	if _, err := db.Checkpoint(ctx, Name{}); err != nil {
		return err
	}
	if !db.wantsVacuum() {
		return nil
	}
	_, err := db.Vacuum(ctx, Name{})
	return err
}

// wantsVacuum reports whether some table has so many small parts, or so many dead rows among
// the living, that a vacuum is worth it.
func (db *DB) wantsVacuum() (wants bool) {
	db.stores.Range(func(_, v any) bool {
		st := v.(*store)
		if !st.loaded.Load() {
			return true
		}
		s := st.pinned()
		wants = s.untidy(db.opts.PartRows / 2)
		s.unpin()
		return !wants
	})
	return wants
}

// untidy is wantsVacuum for one table; parts of fewer rows than small are small.
func (s *state) untidy(small int) bool {
	few, live, dead := 0, int64(0), int64(0)
	for _, rs := range s.sets {
		p, ok := rs.(*storedPart)
		if !ok {
			continue
		}
		if p.Rows() < small {
			few++
		}
		if ended := p.dead.Len(); ended < p.Rows() {
			live, dead = live+int64(p.Rows()-ended), dead+int64(ended)
		}
	}
	return few >= smallParts || tooManyDead(live, dead)
}

// tooManyDead reports whether so many of the rows in parts that have living ones are dead that
// they are to be moved aside: the present must not pay for history.
func tooManyDead(live, dead int64) bool { return dead > max(hotDead, live/4) }

// admit lets a commit wait while the tails are far above their limit.
func (db *DB) admit(ctx context.Context) error {
	if db.opts.ReadOnly {
		return dberr.New(dberr.ReadOnlyTransaction, "the database is open read-only")
	}
	u := &db.upkeep
	for u.kick != nil && db.tail.Load() > admitFactor*db.opts.TailLimit && !u.failing.Load() {
		u.pause.Lock()
		fresh := u.pause.fresh
		u.pause.Unlock()
		db.afterCommit()
		select {
		case <-ctx.Done():
			return canceled()
		case <-u.ended:
			return nil
		case <-fresh:
		}
	}
	return nil
}

// afterCommit starts a checkpoint when the tails have grown.
func (db *DB) afterCommit() {
	if db.upkeep.kick == nil || db.tail.Load() < db.opts.TailLimit {
		return
	}
	select {
	case db.upkeep.kick <- struct{}{}:
	default:
	}
}

// OnProgress sets a callback that maintenance calls with what it does and how far it is. It
// runs on the goroutine of the maintenance job.
func (db *DB) OnProgress(fn func(step string, done, total int64)) { db.upkeep.onProgress.Store(&fn) }

func (db *DB) progress(step string, done, total int64) {
	if fn := db.upkeep.onProgress.Load(); fn != nil && *fn != nil {
		(*fn)(step, done, total)
	}
}
