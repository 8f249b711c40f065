package colstore

import (
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"driftdb/eventlog"
	"driftdb/internal/dberr"
)

// reading is the state of a database that another process may be writing: the newest commit
// that memory holds. It moves on when a view is taken.
type reading struct {
	sync.Mutex // one refresh, or load of a table, at a time; taken after store.loading
	at         atomic.Pointer[eventlog.Commit]
}

// openPatience is how long a reader waits for what a writer has promised.
const openPatience = 2 * time.Second

// awaitFloor waits until the log shows what the manifest builds on: the writer's head page may
// lag a moment behind.
func (db *DB) awaitFloor() {
	for deadline := time.Now().Add(openPatience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if db.log.Refresh() != nil || db.log.Durable().CSN >= db.manifest.floor.point.CSN {
			return
		}
	}
}

// refreshed is the newest commit that a reader may see. When the log cannot be followed the
// reader stays where it is.
func (db *DB) refreshed() eventlog.Commit {
	if err := db.refresh(); err != nil {
		db.opts.Logger.Warn("cannot follow the writer", "error", err)
	}
	return *db.reading.at.Load()
}

// refresh brings memory up to the newest durable commit of the writer.
func (db *DB) refresh() error {
	if err := db.log.Refresh(); err != nil {
		return err
	}
	if db.log.Durable().CSN == db.reading.at.Load().CSN {
		return nil
	}
	db.reading.Lock()
	defer db.reading.Unlock()
	to, from := db.log.Durable(), *db.reading.at.Load()
	if to.CSN <= from.CSN {
		return nil
	}
	err := db.log.Replay(db.log.Behind(from.Offset), func(t *eventlog.Txn) error {
		if t.CSN <= from.CSN || t.CSN > to.CSN {
			return nil
		}
		if err := db.follow(t); err != nil {
			return err
		}
		done := t.Commit
		db.reading.at.Store(&done)
		return nil
	})
	if err == nil && db.tail.Load() > db.opts.TailLimit {
		err = db.reload()
	}
	return err
}

// follow applies one transaction to the definitions and to the tables that are loaded.
func (db *DB) follow(t *eventlog.Txn) error {
	db.apply.Lock()
	defer db.apply.Unlock()
	for i := range t.Runs {
		run := &t.Runs[i]
		if run.Kind == eventlog.RunDDL {
			e, err := decodeEdit(run.DDL, db.logDir(), int64(t.Offset))
			if err != nil {
				return err
			}
			db.history.apply(t.CSN, e)
		}
	}
	var err error
	t.Tables(func(id uint32, _, _ uint64) {
		if v, ok := db.stores.Load(id); ok && err == nil && v.(*store).loaded.Load() {
			err = v.(*store).replayTxn(t)
		}
	})
	return err
}

// reload reads the manifest again and replaces the tables whose tail parts hold by now, so
// that a reader's memory does not grow for ever.
func (db *DB) reload() error {
	m, err := db.readManifest(func(uint64, *edit, []byte) {})
	if err != nil {
		return err
	}
	db.upkeep.manifestMu.Lock()
	old := db.manifest
	db.manifest = m
	db.upkeep.manifestMu.Unlock()
	err = old.close()
	db.stores.Range(func(id, v any) bool {
		st := v.(*store)
		if st.loaded.Load() && st.snap.point.CSN < m.tables[st.id].point.CSN {
			err = errors.Join(err, db.replace(st))
		}
		return true
	})
	return err
}

// replace loads a table again and retires its old memory; scans keep what they have pinned.
func (db *DB) replace(st *store) error {
	next := &store{db: db, id: st.id}
	if err := next.fill(); err != nil {
		return err
	}
	next.loaded.Store(true)
	db.stores.Store(st.id, next)
	st.successor.Store(next)
	db.tail.Add(-st.tail.Swap(0))
	st.current.Swap(nil).unpin()
	return nil
}

// replayEnd is the commit up to which a table is replayed when it is loaded, 0 for all.
func (db *DB) replayEnd() uint64 {
	if db.opts.ReadOnly {
		return db.reading.at.Load().CSN
	}
	return 0
}

// replayTable is eventlog.Log.ReplayTable up to what this process has seen.
func (db *DB) replayTable(table uint32, from uint64, fn func(*eventlog.Txn) error) error {
	to := db.replayEnd()
	if db.opts.ReadOnly && to == 0 {
		return nil
	}
	return db.log.ReplayTable(table, from, to, fn)
}

// manifestTries bounds how often a reader starts again when the writer replaces the manifest
// under it.
const manifestTries = 10

// readManifest opens the manifest. A reader tries again when a file was replaced meanwhile.
func (db *DB) readManifest(catalog catalogSink) (m *manifest, err error) {
	for range manifestTries {
		m, err = openCurrent(db.opts.FS, filepath.Join(db.dir, manifestDir), db.identity.id, db.opts.ReadOnly, catalog)
		if !db.opts.ReadOnly || !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return m, err
}

// checkFloor refuses a log that lacks what parts were made of.
func (db *DB) checkFloor() error {
	floor, last := db.manifest.floor.point, db.log.Durable()
	if last.CSN >= floor.CSN || db.log.Damage() != nil {
		return nil
	}
	return dberr.Corrupt(db.logDir(), -1, "the log ends at commit %d, but parts hold commits up to %d", last.CSN, floor.CSN)
}
