package colstore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"driftdb/colstore/part"
	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// Report is what Doctor found.
type Report struct {
	Problems []Problem
	Files    int
	Bytes    int64
	Tables   int
	Rows     int64 // row versions
	Commits  uint64
	Repaired []string // what was repaired
}

// Problem is one finding.
type Problem struct {
	File   string
	Offset int64 // -1 when no offset applies
	Table  string
	What   string
	Remedy string
}

const (
	remedyRebuild = "driftdb doctor --repair builds the table's parts again from the log"
	remedyRestore = "restore the file from a backup or a replica"
)

// Doctor verifies every byte of the database in dir: the log, the manifest, parts, deaths
// and indexes, and what the parts say against the log. It returns an error only when it
// cannot look at all. With repair it fixes what is provably fixable and destroys nothing:
// the damaged end of a log is moved aside, and parts that the log can make again are made
// again. Repair needs that no other process has the database open for writing.
func Doctor(dir string, opts Options, repair bool) (Report, error) {
	opts = opts.withDefaults()
	opts.AutoCheckpoint = false
	if !repair {
		opts.ReadOnly = true
		e := examination{dir: dir, opts: opts}
		err := errors.Join(e.run(), e.count(&e.report))
		return e.report, err
	}
	opts.ReadOnly = false
	return repairAll(dir, opts)
}

// repairAll examines, repairs and examines again.
func repairAll(dir string, opts Options) (Report, error) {
	repaired, err := repairLog(dir, opts)
	if err != nil {
		return Report{}, err
	}
	first := examination{dir: dir, opts: opts}
	if err := first.run(); err != nil {
		return Report{}, err
	}
	if len(first.rebuild) > 0 {
		actions, err := rebuildTables(dir, opts, first.rebuild)
		repaired = append(repaired, actions...)
		if err != nil {
			return Report{Repaired: repaired}, err
		}
	}
	last := examination{dir: dir, opts: opts}
	err = errors.Join(last.run(), last.count(&last.report))
	last.report.Repaired = repaired
	return last.report, err
}

// rebuildTables forgets the parts of the tables that checkpoints wrote, so that the next
// load replays the log from its beginning, and checkpoints them.
func rebuildTables(dir string, opts Options, ids []uint32) (actions []string, err error) {
	db, err := Open(dir, opts)
	if err != nil {
		return nil, err
	}
	w := &editWriter{}
	for _, id := range ids {
		w.snapshot(id, &snapshot{})
	}
	db.upkeep.manifestMu.Lock()
	err = db.manifest.write(w)
	db.upkeep.manifestMu.Unlock()
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	if db, err = Open(dir, opts); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, id := range ids {
		name := db.tableName(id)
		if _, err := db.store(id); err != nil {
			return actions, err
		}
		actions = append(actions, fmt.Sprintf("table \"%s\" was built again from the log", name))
	}
	return actions, nil
}

// tableName is the newest name of a table, dropped or not.
func (db *DB) tableName(id uint32) string {
	v, ok := db.history.tables.Load(id)
	if !ok {
		return fmt.Sprintf("#%d", id)
	}
	list := *v.(*versions[*Table]).list.Load()
	for _, t := range slices.Backward(list) {
		if t.value != nil {
			return t.value.Name
		}
	}
	return fmt.Sprintf("#%d", id)
}

// examination is one look at all of a database.
type examination struct {
	dir     string
	opts    Options
	db      *DB
	report  Report
	rebuild []uint32 // tables whose parts the log can make again
}

// run examines everything. Damage is reported, not returned.
func (e *examination) run() error {
	db, err := Open(e.dir, e.opts)
	if err != nil {
		return e.note("", "", err)
	}
	e.db = db
	err = errors.Join(e.log(), e.manifest(), e.tables(), e.logParts())
	e.report.Commits = db.log.Durable().CSN
	return errors.Join(err, db.Close())
}

// note turns damage into a problem and returns every other error.
func (e *examination) note(table, remedy string, err error) error {
	if err == nil {
		return nil
	}
	d, ok := errors.AsType[*dberr.Error](err)
	if !ok || !dberr.IsCorruption(err) {
		return err
	}
	if remedy == remedyRebuild && filepath.Dir(d.File) == filepath.Join(e.dir, partsDir) {
		remedy = remedyRestore // it is the log's own
	}
	p := Problem{d.File, d.Offset, table, d.Message, remedy}
	if !slices.Contains(e.report.Problems, p) {
		e.report.Problems = append(e.report.Problems, p)
	}
	return nil
}

func (e *examination) log() error {
	found, err := e.db.log.Verify()
	lost := e.db.log.Damage() != nil && e.db.log.Durable().CSN < e.db.manifest.floor.point.CSN
	for _, p := range found {
		if lost && p.Remedy != "" {
			p.Remedy = remedyRestore // without its end the log would contradict the parts
		}
		e.report.Problems = append(e.report.Problems, Problem{p.File, p.Offset, "", p.What, p.Remedy})
	}
	return e.note("", remedyRestore, err)
}

func (e *examination) manifest() error {
	e.db.upkeep.manifestMu.Lock()
	defer e.db.upkeep.manifestMu.Unlock()
	found, err := e.db.manifest.store.Verify(nil)
	for _, p := range found {
		e.report.Problems = append(e.report.Problems, Problem{p.File, p.Offset, "", p.What, p.Remedy})
	}
	return e.note("", remedyRestore, err)
}

// tables examines every table, dropped ones too: their past can be asked for.
func (e *examination) tables() error {
	var ids []uint32
	e.db.history.eachTable(func(id uint32) { ids = append(ids, id) })
	slices.Sort(ids)
	for _, id := range ids {
		if err := e.table(id); err != nil {
			return err
		}
	}
	e.report.Tables = int(e.db.history.live.Load())
	return nil
}

func (e *examination) table(id uint32) error {
	name, before := e.db.tableName(id), len(e.report.Problems)
	remedy := remedyRestore
	if e.fromLog(id) {
		remedy = remedyRebuild
	}
	st, err := e.db.store(id)
	if err == nil {
		s := st.pinned()
		err = vfs.Guard(func() error { return e.rowsets(id, name, remedy, s) })
		s.unpin()
	}
	if err = e.note(name, remedy, err); err != nil {
		return err
	}
	found := e.report.Problems[before:]
	if len(found) > 0 && !slices.ContainsFunc(found, func(p Problem) bool { return p.Remedy != remedyRebuild }) {
		e.rebuild = append(e.rebuild, id)
	}
	return nil
}

// fromLog reports whether everything that the manifest says of a table can be made again
// from the log: the log is whole from its first commit.
func (e *examination) fromLog(id uint32) bool {
	if e.db.log.Damage() != nil || len(e.db.log.Holes()) > 0 || len(e.db.snapshotOf(id).parts) == 0 {
		return false
	}
	_, err := e.db.log.CommitAt(1)
	return err == nil
}

// rowsets examines the rows of one table.
func (e *examination) rowsets(id uint32, name, remedy string, s *state) error {
	for _, rs := range s.sets {
		e.report.Rows += int64(rs.bornBy(^uint64(0)))
		p, ok := rs.(*storedPart)
		if !ok {
			continue
		}
		if err := e.note(name, remedy, errors.Join(p.Verify(), p.dead.Verify())); err != nil {
			return err
		}
		if err := e.note(name, remedy, e.indexes(id, p)); err != nil {
			return err
		}
	}
	return e.note(name, remedy, e.history(id, s))
}

// indexes looks every row of a part up in each of the part's indexes.
func (e *examination) indexes(id uint32, p *storedPart) error {
	t := e.db.history.tableAt(id, e.db.log.Durable().CSN)
	if t == nil {
		return nil
	}
	for _, x := range t.Keys() {
		index, ok := p.index(t, &x)
		if !ok {
			continue
		}
		if err := checkIndex(t, &x, p, &partIndex{index}); err != nil {
			return err
		}
	}
	return nil
}

func checkIndex(t *Table, x *Index, p *storedPart, index keyIndex) error {
	e, err := buildIndex(p, t, x, p.Rows())
	if err != nil {
		return err
	}
	for row := range p.Rows() {
		key := keyOf(nil, e.groups[row/e.size], row%e.size)
		if hasNull(key) {
			continue
		}
		found := false
		err := index.lookup(key, part.HashKey(key), func(r int) bool { found = r == row; return !found })
		if err != nil {
			return err
		}
		if !found {
			return dberr.Corrupt(p.file.name, p.place.offset, "index %d of the part does not find row %d", x.ID, row)
		}
	}
	return nil
}

// history compares the births and ends of all row versions with what the log says.
func (e *examination) history(id uint32, s *state) error {
	if len(e.db.log.Holes()) > 0 {
		return nil // the log does not say everything any more
	}
	w := &wantedRows{ends: map[uint64]uint64{}}
	if err := e.db.log.ReplayTable(id, e.db.log.Start(), e.db.replayEnd(), func(t *eventlog.Txn) error { return w.add(e.db, id, t) }); err != nil {
		return err
	}
	return w.compare(s)
}

// wantedRows is what the log says of a table's rows.
type wantedRows struct {
	born []bornRun
	rows uint64
	ends map[uint64]uint64 // rid → seq of its end
}

// bornRun is n rows with consecutive rids and births.
type bornRun struct{ rid, seq, n uint64 }

func (w *wantedRows) add(db *DB, id uint32, t *eventlog.Txn) error {
	err := db.eachRun(t, func(run *eventlog.Run) error {
		if run.Table != id || run.Kind == eventlog.RunDDL {
			return nil
		}
		if run.Kind != eventlog.RunDelete {
			w.born = append(w.born, bornRun{run.FirstRID, run.FirstSeq, uint64(run.Events)})
			w.rows += uint64(run.Events)
		}
		ended, err := db.readRIDs(run.Ended)
		for k, rid := range ended {
			w.ends[rid] = run.FirstSeq + uint64(k)
		}
		return err
	})
	return atFrame(err, db.logDir(), t)
}

// compare checks every row of a state.
func (w *wantedRows) compare(s *state) error {
	var rows, ends uint64
	for _, rs := range s.sets {
		n := rs.bornBy(^uint64(0))
		rows += uint64(n)
		for row := range n {
			rid := rs.ridOf(row)
			i, ok := slices.BinarySearchFunc(w.born, rid, func(b bornRun, rid uint64) int {
				switch {
				case b.rid+b.n <= rid:
					return -1
				case b.rid > rid:
					return 1
				}
				return 0
			})
			if !ok || rs.birthOf(row) != w.born[i].seq+rid-w.born[i].rid {
				return dberr.Corrupt(nameOfSet(rs), -1, "row %d was born at event %d, which the log does not say", rid, rs.birthOf(row))
			}
			end, dead, err := rs.deaths().DeathOf(uint32(row))
			if err != nil {
				return err
			}
			want, ended := w.ends[rid]
			if dead != ended || dead && end != want {
				return dberr.Corrupt(nameOfSet(rs), -1, "row %d ended at event %d, the log says %d (0: lives)", rid, end, want)
			}
			if dead {
				ends++
			}
		}
	}
	if rows != w.rows || ends != uint64(len(w.ends)) {
		return dberr.Corrupt("", -1, "%d row versions of which %d ended, the log says %d and %d", rows, ends, w.rows, len(w.ends))
	}
	return nil
}

func nameOfSet(rs rowset) string {
	if p, ok := rs.(*storedPart); ok {
		return p.file.name
	}
	return "the tail in memory"
}

// count counts files and bytes, and finds files that nothing names.
func (e *examination) count(r *Report) error {
	for _, sub := range []string{"", logDirName, manifestDir, dataDir, partsDir} {
		if err := e.countDir(r, filepath.Join(e.dir, sub)); err != nil {
			return err
		}
	}
	return nil
}

func (e *examination) countDir(r *Report, dir string) error {
	entries, err := e.opts.FS.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return vfs.Wrap("list directory", err)
	}
	for _, name := range entries {
		st, err := e.opts.FS.Stat(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return vfs.Wrap("look at file", err)
		}
		if st.IsDir {
			continue
		}
		r.Files++
		r.Bytes += st.Size
	}
	return nil
}
