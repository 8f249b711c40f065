package colstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"driftdb/colstore/part"
	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// Point is a place in history: csn picks the catalog, seq cuts the rows.
type Point = eventlog.Point

// DB is an open database. It is safe for concurrent use.
type DB struct {
	dir      string
	opts     Options
	identity identity
	lock     io.Closer // of the writer's lock, or the reader's lease
	lease    string    // file of the reader's lease

	log      *eventlog.Log
	files    *fileSet
	cache    *part.Cache
	history  history
	stores   sync.Map // uint32 → *store
	manifest *manifest

	apply    applying
	locks    locks
	upkeep   upkeep
	tail     atomic.Int64 // bytes of all tails
	reading  reading      // of a database that another process writes
	nextFile atomic.Uint64
}

// applying is what brings commits into memory, in their order. Its mutex is taken inside the
// log's ordering lock, by maintenance when it swaps states, and never around either.
type applying struct {
	sync.Mutex
	ordered atomic.Pointer[eventlog.Commit] // newest commit applied
	broken  error                           // a commit could be applied only in part
}

// Ordered is the newest commit that has its place in the log, which may not be durable yet.
func (db *DB) Ordered() uint64 { return db.apply.ordered.Load().CSN }

// Open opens the database in dir. One writer and any number of readers may have it open.
func Open(dir string, opts Options) (*DB, error) {
	opts = opts.withDefaults()
	db := &DB{dir: dir, opts: opts, files: newFileSet(opts.FS, dir), cache: part.NewCache(opts.CacheBytes)}
	db.history.begin()
	db.upkeep.one = newTurn()
	steps := []func() error{db.readIdentity, db.takeLock, db.openManifest, db.openLog, db.replayCatalog,
		db.removeOrphans, db.startUpkeep}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, errors.Join(err, db.release())
		}
	}
	db.history.reserve(opts.FirstTable)
	return db, nil
}

func (db *DB) readIdentity() (err error) {
	db.identity, err = readIdentity(db.opts.FS, db.dir)
	return err
}

func (db *DB) takeLock() (err error) {
	if db.opts.ReadOnly {
		return db.takeLease()
	}
	db.lock, err = db.opts.FS.Lock(filepath.Join(db.dir, lockName))
	if dberr.CodeOf(err) == dberr.ObjectInUse {
		e := dberr.Newf(dberr.ObjectInUse, "database \"%s\" is open for writing in another process", db.dir)
		return e.WithHint("Open it read-only, or end the other process.")
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return dberr.IO("lock database", err).WithHint("What may not be written can be opened read-only.")
	}
	return vfs.Wrap("lock database", err)
}

func (db *DB) openManifest() (err error) {
	db.manifest, err = db.readManifest(func(csn uint64, e *edit, _ []byte) { db.history.apply(csn, e) })
	if err == nil {
		db.nextFile.Store(db.manifest.floor.nextFile)
	}
	return err
}

func (db *DB) logDir() string {
	if db.opts.LogDir != "" {
		return db.opts.LogDir
	}
	return filepath.Join(db.dir, logDirName)
}

// logOptions are the options that the log of this database is opened with.
func (db *DB) logOptions() eventlog.Options {
	o := &db.opts
	return eventlog.Options{DatabaseID: db.identity.id, Clock: o.Clock, Rand: o.Rand, SegmentMin: o.SegmentMin,
		SegmentMax: o.SegmentMax, CacheBytes: o.CacheBytes, ReadOnly: o.ReadOnly, Logger: o.Logger}
}

func (db *DB) openLog() (err error) {
	o, lo := &db.opts, db.logOptions()
	lo.Held = db.manifest.floor.point.CSN
	found, err := eventlog.Exists(o.FS, db.logDir())
	if err != nil {
		return err
	}
	if !found {
		return dberr.Corrupt(db.logDir(), -1, "the log is missing").
			WithHint("If it lives elsewhere, name its directory (--wal-path).")
	}
	if db.log, err = eventlog.Open(o.FS, db.logDir(), lo); err != nil {
		return err
	}
	for _, h := range db.log.Holes() {
		o.Logger.Warn("a commit that parts hold cannot be read in the log", "file", h.File, "offset", h.Offset, "damage", h.What)
	}
	if o.ReadOnly {
		db.awaitFloor()
	}
	last := db.log.Durable()
	db.apply.ordered.Store(&last)
	db.reading.at.Store(&last)
	return db.checkFloor()
}

// replayCatalog brings the definitions up to the end of the log.
func (db *DB) replayCatalog() error {
	f := db.manifest.floor
	return db.replayTable(eventlog.CatalogTable, f.offset, func(t *eventlog.Txn) error {
		if t.CSN <= f.point.CSN {
			return nil
		}
		for i := range t.Runs {
			if t.Runs[i].Kind != eventlog.RunDDL {
				continue
			}
			e, err := decodeEdit(t.Runs[i].DDL, db.logDir(), int64(t.Offset))
			if err != nil {
				return err
			}
			db.history.apply(t.CSN, e)
		}
		return nil
	})
}

// Close waits for maintenance to end and closes the database. Scans must be closed before.
// With automatic checkpoints, tails above their limit are written first.
func (db *DB) Close() error {
	db.stopUpkeep()
	db.lastCheckpoint()
	return db.release()
}

func (db *DB) release() error {
	var errs []error
	db.stores.Range(func(_, v any) bool {
		if s := v.(*store).current.Swap(nil); s != nil {
			s.unpin()
		}
		return true
	})
	if db.log != nil {
		errs = append(errs, db.log.Close())
	}
	if db.manifest != nil {
		errs = append(errs, db.manifest.close())
	}
	db.releaseLease()
	if db.lock != nil {
		errs = append(errs, db.lock.Close())
	}
	return errors.Join(errs...)
}

// ID is the database's 128-bit id.
func (db *DB) ID() [16]byte { return db.identity.id }

// DumpLog writes the frames of the log as annotated hex.
func (db *DB) DumpLog(w io.Writer) error { return db.log.Dump(w) }

// Info describes an open database.
type Info struct {
	ID        [16]byte
	Dir       string
	ReadOnly  bool
	Created   int64 // microseconds UTC
	Point     Point // newest durable commit
	Tables    int
	TailBytes int64 // rows and ends in memory that no part holds
	LogBytes  int64
}

// Info returns what the database is now.
func (db *DB) Info() Info {
	return Info{ID: db.identity.id, Dir: db.dir, ReadOnly: db.opts.ReadOnly, Created: db.identity.created,
		Point: db.log.Durable().Point(), Tables: int(db.history.live.Load()), TailBytes: db.tail.Load(),
		LogBytes: int64(db.log.End())}
}

// Now is max(clock, last commit time), microseconds UTC.
func (db *DB) Now() int64 { return db.log.Now() }

// WaitDurable waits until a commit made with SynchronousCommit off is durable.
func (db *DB) WaitDurable(ctx context.Context, csn uint64) error { return db.log.WaitDurable(ctx, csn) }
