package colstore

import (
	"errors"

	"github.com/RoaringBitmap/roaring/roaring64"

	"driftdb/colstore/part"
	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// store returns the rows of a table, loaded. A table that cannot be loaded fails alone.
func (db *DB) store(id uint32) (*store, error) {
	v, ok := db.stores.Load(id)
	if !ok {
		v, _ = db.stores.LoadOrStore(id, &store{db: db, id: id})
	}
	st := v.(*store)
	if st.loaded.Load() {
		return st, nil
	}
	return st, vfs.Guard(st.load)
}

// load makes the table ready, once.
func (st *store) load() error {
	st.loading.Lock()
	defer st.loading.Unlock()
	if st.loaded.Load() {
		return nil
	}
	if st.db.opts.ReadOnly { // no refresh may come between the replay and its end
		st.db.reading.Lock()
		defer st.db.reading.Unlock()
	}
	if err := st.fill(); err != nil {
		return err
	}
	st.loaded.Store(true)
	return nil
}

// fill opens the parts of the snapshot and replays what came after it.
func (st *store) fill() error {
	st.setSnapshot(st.db.snapshotOf(st.id))
	st.nextRID = max(st.snap.nextRID, 1)
	sets, err := st.db.openParts(st.snap.parts)
	if err != nil {
		return err
	}
	st.active = nil
	st.current.Store(newState(st.db.files, sets))
	st.db.dropParts(sets)
	if err := st.replay(); err != nil {
		st.db.tail.Add(-st.tail.Swap(0))
		st.current.Swap(nil).unpin()
		return err
	}
	return nil
}

// snapshotOf returns what the manifest says of a table.
func (db *DB) snapshotOf(id uint32) snapshot {
	db.upkeep.manifestMu.Lock()
	defer db.upkeep.manifestMu.Unlock()
	return db.manifest.tables[id]
}

// openParts opens the parts of a snapshot with their deaths. The caller owns a reference to
// the file of each.
func (db *DB) openParts(list []manifestPart) (sets []rowset, err error) {
	for i := range list {
		p, err := db.openStored(&list[i])
		if err != nil {
			db.dropParts(sets)
			return nil, err
		}
		sets = append(sets, p)
	}
	sortSets(sets)
	return sets, nil
}

// dropParts ends the references of openParts.
func (db *DB) dropParts(sets []rowset) {
	for _, rs := range sets {
		if p, ok := rs.(*storedPart); ok {
			db.files.put(p.file)
		}
	}
}

func (db *DB) openStored(m *manifestPart) (*storedPart, error) {
	p, err := db.openPart(m.partPlace)
	if err != nil {
		return nil, err
	}
	p.rids, p.births = m.rids, m.births
	if m.deathsLength == 0 {
		return p, nil
	}
	if err := db.openDeaths(p); err != nil {
		db.files.put(p.file)
		return nil, err
	}
	return p, nil
}

// openDeaths reads the image of a part's deaths. It is copied, so that its file need not stay.
func (db *DB) openDeaths(p *storedPart) error {
	f, err := db.files.get(p.place.deathsFile)
	if err != nil {
		return err
	}
	defer db.files.put(f)
	off, n := p.place.deathsOffset, p.place.deathsLength
	if size := int64(len(f.Bytes())); off > size || n > size-off {
		return dberr.Corrupt(f.name, off, "%d bytes of deaths reach behind the file's end", n)
	}
	copied := heapSource{name: f.name, bytes: append([]byte(nil), f.Bytes()[off:off+n]...)}
	p.dead, err = part.OpenDeaths(copied, part.Location{Length: n}, p.Rows())
	if err == nil {
		p.saved = p.dead.Len()
	}
	return err
}

// heapSource is an image in memory.
type heapSource struct {
	name  string
	bytes []byte
}

func (s heapSource) Bytes() []byte { return s.bytes }
func (s heapSource) Name() string  { return s.name }

// replay applies the table's transactions behind its snapshot.
func (st *store) replay() error {
	return st.db.replayTable(st.id, st.snap.offset, func(t *eventlog.Txn) error {
		if t.CSN <= st.snap.point.CSN {
			return nil
		}
		return st.replayTxn(t)
	})
}

// replayTxn applies the runs of one transaction that touch the table.
func (st *store) replayTxn(t *eventlog.Txn) error {
	err := st.db.eachRun(t, func(run *eventlog.Run) error {
		if run.Table != st.id || run.Kind == eventlog.RunDDL {
			return nil
		}
		c, err := st.changeOf(run)
		if err == nil {
			err = c.apply()
		}
		if c.part != nil {
			st.db.files.put(c.part.file)
		}
		return err
	})
	return atFrame(err, st.db.logDir(), t)
}

// eachRun calls fn with the runs of a transaction, in its frame or in the file that it names.
func (db *DB) eachRun(t *eventlog.Txn, fn func(*eventlog.Run) error) error {
	for i := range t.Runs {
		var err error
		if run := &t.Runs[i]; run.Kind == eventlog.RunRunsRef {
			err = db.eachRunOf(t, run.Ref, fn)
		} else {
			err = fn(run)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) eachRunOf(t *eventlog.Txn, ref eventlog.Ref, fn func(*eventlog.Run) error) error {
	f, err := db.files.get(fileRef{logPart, ref.FileID})
	if err != nil {
		return err
	}
	defer db.files.put(f)
	return vfs.Guard(func() error {
		if err := checkReference(f, ref); err != nil {
			return err
		}
		return t.EachRun(ref, f.Bytes()[ref.Offset:ref.Offset+ref.Length], f.name, int64(ref.Offset), fn)
	})
}

// atFrame names the frame in a corruption error that has no file yet.
func atFrame(err error, file string, t *eventlog.Txn) error {
	if e, ok := errors.AsType[*dberr.Error](err); ok && e.Code == dberr.DataCorrupted && e.File == "" {
		return dberr.Corrupt(file, int64(t.Offset), "commit %d: %s", t.CSN, e.Message)
	}
	return err
}

// changeOf prepares a logged run. It owns a reference to the file of its part.
func (st *store) changeOf(run *eventlog.Run) (*change, error) {
	c := &change{kind: run.Kind, store: st, firstSeq: run.FirstSeq, firstRID: run.FirstRID, base: run.Base}
	var err error
	if c.ended, err = st.db.readRIDs(run.Ended); err != nil {
		return c, err
	}
	switch run.Kind {
	case eventlog.RunInsert, eventlog.RunUpdate:
		c.rows = run.Rows
		c.table = st.db.history.versionOf(st.id, run.SchemaVersion)
		if c.table == nil {
			return c, dberr.Corrupt("", -1, "table %d has no version %d", st.id, run.SchemaVersion)
		}
	case eventlog.RunInsertRef, eventlog.RunUpdateRef:
		c.part, err = st.db.openRef(run.Ref)
	}
	return c, err
}

// readRIDs returns the rids of a run, from its frame or from the file that it names.
func (db *DB) readRIDs(s eventlog.RIDs) ([]uint64, error) {
	ref, elsewhere := s.Ref()
	if !elsewhere {
		return s.AppendTo(nil), nil
	}
	f, err := db.files.get(fileRef{logPart, ref.FileID})
	if err != nil {
		return nil, err
	}
	defer db.files.put(f)
	if ref.Offset+ref.Length > uint64(len(f.Bytes())) {
		return nil, dberr.Corrupt(f.name, int64(ref.Offset), "a set of rows reaches behind the file's end")
	}
	return decodeRIDs(f.Bytes()[ref.Offset:ref.Offset+ref.Length], ref, f.name, s)
}

func decodeRIDs(data []byte, ref eventlog.Ref, file string, s eventlog.RIDs) (rids []uint64, err error) {
	if sha256Of(data) != ref.Hash {
		return nil, dberr.Corrupt(file, int64(ref.Offset), "a set of rows does not have the hash that the log names")
	}
	b := roaring64.New()
	if err := b.UnmarshalBinary(data); err != nil || b.GetCardinality() != uint64(ref.Rows) {
		return nil, dberr.Corrupt(file, int64(ref.Offset), "a set of rows cannot be read")
	}
	for it := b.Iterator(); it.HasNext(); {
		rids = append(rids, s.Resolve(it.Next()))
	}
	return rids, nil
}
