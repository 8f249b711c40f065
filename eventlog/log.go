package eventlog

import (
	"errors"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
	"driftdb/mmapseg"
)

// Log is the event log of one database. All methods may be called from any goroutine.
type Log struct {
	fs    vfs.FS
	dir   string
	opt   Options
	lock  io.Closer // of the writer
	store *mmapseg.Store
	head  *headPage
	index tableIndex

	ordered atomic.Pointer[Commit] // newest ordered commit
	failure atomic.Pointer[error]  // why nothing can be written any more; nil if it can
	durable atomic.Pointer[place]  // newest durable commit
	counts  counters

	order   orderer
	recover recovery
	work    background
	refresh sync.Mutex // one Refresh at a time; taken before no other lock
}

// place is the durable head: the commit, and the log offset behind everything durable.
type place struct {
	commit Commit
	end    uint64
}

// Open opens the log in dir, creating it unless read-only, and recovers it. A log with
// damage opens too: what lies before can be read, Damage tells, and Submit is refused.
func Open(fs vfs.FS, dir string, opt Options) (*Log, error) {
	l := &Log{fs: fs, dir: dir, opt: opt.withDefaults()}
	l.order.init()
	l.ordered.Store(&Commit{FirstSeq: 1})
	l.durable.Store(&place{commit: Commit{FirstSeq: 1}})
	open := l.openWriter
	if opt.ReadOnly {
		open = l.openReader
	}
	if err := open(); err != nil {
		return nil, errors.Join(err, l.release())
	}
	return l, nil
}

// Exists reports whether a directory holds a log, be it empty or damaged.
func Exists(fs vfs.FS, dir string) (bool, error) {
	if _, err := fs.Stat(filepath.Join(dir, headName)); err == nil {
		return true, nil
	}
	return mmapseg.Exists(fs, dir)
}

const lockName = "lock"

// openWriter takes the lock, recovers, and starts the background work.
func (l *Log) openWriter() error {
	if err := l.fs.MkdirAll(l.dir); err != nil {
		return vfs.Wrap("create log directory", err)
	}
	lock, err := l.fs.Lock(filepath.Join(l.dir, lockName))
	if err != nil {
		return vfs.Wrap("lock the log", err)
	}
	l.lock = lock
	shown, _, err := readHead(l.fs, l.dir, l.opt.DatabaseID)
	if err != nil {
		return err
	}
	if err := l.openStore(shown, false); err != nil {
		return err
	}
	if l.head, err = createHead(l.fs, l.dir, l.opt.DatabaseID, shown.counter); err != nil {
		return err
	}
	if l.Damage() == nil {
		if err := l.head.reopen(l.headNow); err != nil {
			return err
		}
	}
	l.work.start(l)
	return nil
}

// openStore opens the segments and finds the newest commit in them.
func (l *Log) openStore(shown headState, follow bool) (err error) {
	cleanEnd := shown.end
	if !shown.clean {
		cleanEnd = 0
	}
	l.store, err = mmapseg.Open(mmapseg.Options{
		FS: l.fs, Dir: l.dir, DatabaseID: l.opt.DatabaseID,
		MinSize: l.opt.SegmentMin, MaxSize: l.opt.SegmentMax,
		NoCompress: l.opt.NoCompress, CacheBytes: l.opt.CacheBytes,
		ReadOnly: l.opt.ReadOnly, Held: l.opt.Held, Durable: shown.end, CleanEnd: cleanEnd, Follow: follow, Oldest: l.opt.Oldest,
		Visit: l.visit, Clock: l.opt.Clock, Logger: l.opt.Logger,
	})
	if err != nil {
		return err
	}
	return l.findLast()
}

// Close waits for what has been submitted, writes a mark and syncs it, so that the next open
// knows where the log ends, and releases the log.
func (l *Log) Close() error {
	l.work.stop()
	err := l.order.close(l)
	return errors.Join(err, l.release())
}

// release closes what Open has opened so far.
func (l *Log) release() (err error) {
	if l.store != nil {
		err = l.store.Close()
	}
	if l.head != nil {
		err = errors.Join(err, l.head.close())
	}
	if l.lock != nil {
		err = errors.Join(err, l.lock.Close())
	}
	return err
}

// Ordered is the newest ordered commit, what a validator looks at. Before the first one it is
// a Commit with CSN 0 and FirstSeq 1.
func (l *Log) Ordered() Commit { return *l.ordered.Load() }

// Durable is the newest durable commit, what a reader looks at.
func (l *Log) Durable() Commit { return l.durable.Load().commit }

// End is the log offset behind the newest durable frame.
func (l *Log) End() uint64 { return l.durable.Load().end }

// Start is the log offset of the oldest frame kept.
func (l *Log) Start() uint64 { return l.store.Start() }

// Damage is a place where the log is wrong although more was durable behind it.
type Damage struct {
	File     string // "" when there is none
	Offset   int64  // byte offset in File, -1 if none
	What     string
	FirstCSN uint64 // the first commit that cannot be read
}

// Damage returns what recovery found damaged, or nil. Everything before it can be read.
func (l *Log) Damage() *Damage {
	d := l.store.Damage()
	if d == nil {
		return nil
	}
	return &Damage{File: d.File, Offset: d.Offset, What: d.What, FirstCSN: l.Durable().CSN + 1}
}

// Holes returns damaged places that hide no commit behind Options.Held. The log goes on behind
// them; what asks for a commit in them gets the corruption error.
func (l *Log) Holes() []mmapseg.Hole { return l.store.Holes() }

// Behind returns where to replay from when the commit at an offset is not itself needed: a
// hole that holds the offset is left out.
func (l *Log) Behind(offset uint64) uint64 { return l.store.Behind(offset) }

// Stats are counts since Open, and sizes as of now.
type Stats struct {
	Segments  int
	Sealed    int
	LogBytes  uint64 // of frames, uncompressed
	FileBytes int64  // of segment files
	Commits   uint64 // made durable since Open
	Syncs     uint64 // of groups since Open
	SealError error  // why the last segment could not be sealed, or nil
}

type counters struct {
	commits, syncs atomic.Uint64
	sealError      atomic.Pointer[error]
}

// Stats returns counts and sizes.
func (l *Log) Stats() Stats {
	st := Stats{Commits: l.counts.commits.Load(), Syncs: l.counts.syncs.Load()}
	if err := l.counts.sealError.Load(); err != nil {
		st.SealError = *err
	}
	for _, g := range l.store.Segments() {
		st.Segments++
		if g.Sealed {
			st.Sealed++
		}
		st.LogBytes += g.End - g.Base
		st.FileBytes += g.FileSize
	}
	return st
}

// Failed returns the failed write or sync that ended writing, or nil. What was ordered and not
// yet durable then may be there after the next Open or not; nothing can be decided by it.
func (l *Log) Failed() error {
	if err := l.failure.Load(); err != nil {
		return *err
	}
	return nil
}

func (l *Log) readOnlyError() error {
	return dberr.New(dberr.ReadOnlyTransaction, "the log is open for reading only")
}
