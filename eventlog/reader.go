package eventlog

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

const (
	// pollInterval is how often a reader looks at the head page of a writer beside it.
	pollInterval = 5 * time.Millisecond
	// headPatience is how long a reader waits for a writer to show or close something.
	headPatience = 5 * time.Second
)

// openReader opens without writing. Beside a live writer it reads up to what the head page
// shows; without one it finds the end itself.
func (l *Log) openReader() error {
	release, alive, err := l.excludeWriter()
	if err != nil {
		return err
	}
	if !alive {
		defer release()
		shown, _, err := readHead(l.fs, l.dir, l.opt.DatabaseID)
		if err != nil {
			return err
		}
		return l.openStore(shown, false)
	}
	shown, err := l.awaitHead()
	if err != nil {
		return err
	}
	for range headTriesOpen {
		if err = l.openStore(shown, true); !isGone(err) {
			break
		}
		l.recover = recovery{} // a file was sealed while we opened it
		l.index = tableIndex{}
	}
	return err
}

func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// headTriesOpen bounds how often a reader starts again when the writer replaces a file under it.
const headTriesOpen = 10

// excludeWriter takes the lock shared, for a moment. alive says that a writer holds it.
func (l *Log) excludeWriter() (release func(), alive bool, err error) {
	if _, err := l.fs.Stat(l.dir); err != nil {
		return nil, false, vfs.Wrap("open log directory", err)
	}
	lock, err := l.fs.LockShared(filepath.Join(l.dir, lockName))
	var e *dberr.Error
	if errors.As(err, &e) && e.Code == dberr.ObjectInUse {
		return nil, true, nil
	}
	if err != nil {
		return func() {}, false, nil // no lock file and no way to make one: nobody writes
	}
	return func() { _ = lock.Close() }, false, nil // a lock on a file that was only read
}

// awaitHead reads the head page of a live writer, which may only just be starting.
func (l *Log) awaitHead() (st headState, err error) {
	for deadline := time.Now().Add(headPatience); ; time.Sleep(pollInterval) {
		st, ok, err := readHead(l.fs, l.dir, l.opt.DatabaseID)
		if ok || err != nil {
			return st, err
		}
		if time.Now().After(deadline) {
			return st, dberr.New(dberr.CannotConnectNow, "the writer of the log shows no head page")
		}
	}
}

// Refresh lets a read-only log see what a writer in another process has made durable since.
// On a log open for writing it does nothing.
func (l *Log) Refresh() error {
	if !l.opt.ReadOnly {
		return nil
	}
	_, err := l.refreshHead()
	return err
}

// refreshHead reads the head page and everything up to what it shows.
func (l *Log) refreshHead() (headState, error) {
	l.refresh.Lock()
	defer l.refresh.Unlock()
	shown, ok, err := readHead(l.fs, l.dir, l.opt.DatabaseID)
	if err != nil || !ok || shown.end <= l.store.End() {
		return shown, err
	}
	if err := l.store.Refresh(shown.end); err != nil {
		return shown, err
	}
	before := l.Durable().CSN
	if err := l.findLast(); err != nil {
		return shown, err
	}
	if last := l.Durable(); last.CSN > before && l.opt.OnDurable != nil {
		l.opt.OnDurable(last)
	}
	return shown, nil
}

// awaitClosed waits until the writer beside us has closed a time. Without a writer every
// time up to now is closed.
func (l *Log) awaitClosed(ctx context.Context, micros int64) error {
	for deadline := time.Now().Add(headPatience); ; {
		shown, err := l.refreshHead()
		if err != nil || shown.closed >= micros || l.Durable().TimeMicros >= micros {
			return err
		}
		release, alive, err := l.excludeWriter()
		if err != nil {
			return err
		}
		if !alive {
			defer release()
			_, err := l.refreshHead()
			return err
		}
		if time.Now().After(deadline) {
			return dberr.New(dberr.UnclosedTime, "the writer of the log has not closed that time yet")
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// pause sleeps for one poll interval, or until ctx ends.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return dberr.New(dberr.QueryCanceled, "canceling statement due to user request")
	case <-time.After(pollInterval):
		return nil
	}
}
