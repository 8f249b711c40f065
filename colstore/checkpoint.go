package colstore

import (
	"context"
	"slices"

	"driftdb/colstore/part"
	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// CheckpointStats say what a checkpoint did.
type CheckpointStats struct {
	Point   Point
	Tables  int   // tables written
	Parts   int   // parts written
	Rows    int64 // row versions written
	Bytes   int64 // of images
	Skipped int   // tables that had nothing new
}

// Checkpoint writes the tail of a table, or of all for the zero Name, as parts, so that opening replays less and
// memory gets free. Commits go on meanwhile. It is crash-safe at every step: the new file is
// made and synced, then one edit of the manifest makes it count, then memory is swapped.
func (db *DB) Checkpoint(ctx context.Context, table Name) (CheckpointStats, error) {
	if db.opts.ReadOnly {
		return CheckpointStats{}, dberr.New(dberr.ReadOnlyTransaction, "cannot checkpoint a database that is open read-only")
	}
	if err := db.upkeep.one.take(ctx); err != nil {
		return CheckpointStats{}, err
	}
	defer db.upkeep.one.give()
	c := &checkpoint{db: db, pack: &packWriter{db: db, ctx: ctx}}
	steps := []func(context.Context) error{c.surveyLog, c.loadAll, c.cut, c.waitDurable, c.surveyRest, c.write}
	if table.Name != "" {
		t, err := db.View().Table(table)
		if err != nil {
			return CheckpointStats{}, err
		}
		c.only = t.ID
	}
	for _, step := range steps {
		if err := vfs.Guard(func() error { return step(ctx) }); err != nil {
			c.abandon()
			return CheckpointStats{}, err
		}
	}
	// From here on the new file stays: after a failed sync nobody knows whether the edit counts.
	err := vfs.Guard(c.note)
	if err == nil {
		err = vfs.Guard(c.install)
	}
	c.release()
	return c.stats, err
}

// checkpoint is one run of Checkpoint.
type checkpoint struct {
	db    *DB
	only  uint32 // the one table; 0 for all
	ids   map[uint32]bool
	files map[uint64]bool // parts that frames behind the floor name
	seen  uint64          // log offset up to which files were looked for
	edits editWriter
	at    eventlog.Commit
	jobs  []*tableJob
	pack  *packWriter
	stats CheckpointStats
}

// tableJob is what a checkpoint or vacuum does to one table.
type tableJob struct {
	st       *store
	state    *state // at the cut; pinned
	nextRID  uint64
	rewrites []*rewrite
	gone     map[rowset]bool // rowsets that are rewritten
	kept     []*storedPart   // parts that stay, with what the manifest will say of them
	places   []manifestPart
	deaths   []int // deaths that the images of kept hold
	snap     snapshot
}

// surveyLog finds the tables that changed behind the floor, and the parts that frames name.
func (c *checkpoint) surveyLog(ctx context.Context) error {
	c.ids, c.files = map[uint32]bool{}, map[uint64]bool{}
	if c.only != 0 {
		c.ids[c.only] = true
		return nil
	}
	f := c.db.manifest.floor
	c.seen = f.offset
	return c.survey(ctx, f.point.CSN)
}

// surveyRest finds the parts that were named between the survey and the cut: the floor moves
// behind their frames too.
func (c *checkpoint) surveyRest(ctx context.Context) error {
	if c.only != 0 {
		return nil
	}
	return c.survey(ctx, c.db.manifest.floor.point.CSN)
}

// survey looks at the durable transactions behind commit after that it has not seen.
func (c *checkpoint) survey(ctx context.Context, after uint64) error {
	return c.db.log.Replay(c.db.log.Behind(c.seen), func(t *eventlog.Txn) error {
		c.seen = t.End
		if t.CSN <= after {
			return nil
		}
		t.Tables(func(id uint32, _, _ uint64) { c.ids[id] = true })
		return orCanceled(ctx, c.db.eachFile(t, func(id uint64) { c.files[id] = true }))
	})
}

// eachFile calls fn with the files in parts/ that a transaction names.
func (db *DB) eachFile(t *eventlog.Txn, fn func(id uint64)) error {
	for i := range t.Runs {
		if run := &t.Runs[i]; run.Kind == eventlog.RunRunsRef {
			fn(run.Ref.FileID)
		}
	}
	return db.eachRun(t, func(run *eventlog.Run) error {
		if run.Kind == eventlog.RunInsertRef || run.Kind == eventlog.RunUpdateRef {
			fn(run.Ref.FileID)
		}
		if ref, ok := run.Ended.Ref(); ok {
			fn(ref.FileID)
		}
		return nil
	})
}

// loadAll loads the tables, so that their tails are in memory.
func (c *checkpoint) loadAll(ctx context.Context) error {
	c.db.stores.Range(func(id, v any) bool {
		if c.only == 0 && v.(*store).loaded.Load() {
			c.ids[id.(uint32)] = true
		}
		return true
	})
	for id := range c.ids {
		st, err := c.db.store(id)
		if err = orCanceled(ctx, err); err != nil {
			return err
		}
		c.jobs = append(c.jobs, &tableJob{st: st, gone: map[rowset]bool{}})
	}
	return nil
}

// cut fixes the point: rows that come later go to other chunks.
func (c *checkpoint) cut(context.Context) error {
	a := &c.db.apply
	a.Lock()
	defer a.Unlock()
	c.at = *a.ordered.Load()
	for _, j := range c.jobs {
		j.st.closeChunk()
		j.state, j.nextRID = j.st.pinned(), j.st.nextRID
	}
	c.stats.Point = c.at.Point()
	return a.broken
}

func (c *checkpoint) waitDurable(ctx context.Context) error {
	if c.at.CSN == 0 {
		return nil
	}
	return c.db.log.WaitDurable(ctx, c.at.CSN)
}

// write writes the tails and the ends of all tables into one file.
func (c *checkpoint) write(ctx context.Context) error {
	changed := c.jobs[:0]
	for i, j := range c.jobs {
		busy, err := j.writeTail(ctx, c.at.Point().Seq, c.pack)
		if err != nil {
			return err
		}
		if !busy {
			j.release()
			c.stats.Skipped++
			continue
		}
		changed = append(changed, j)
		c.db.progress("checkpoint", int64(i+1), int64(len(c.jobs)))
	}
	c.jobs = changed
	c.stats.Tables, c.stats.Bytes = len(c.jobs), c.pack.bytes
	return c.pack.finish()
}

// writeTail rewrites the chunks of a table, and the images of deaths that have grown. It
// reports whether there was anything.
func (j *tableJob) writeTail(ctx context.Context, at uint64, pack *packWriter) (busy bool, err error) {
	var tail []rowset
	for _, rs := range j.state.sets {
		switch rs := rs.(type) {
		case *chunk:
			j.gone[rs] = true
			if rs.bornBy(at) > 0 {
				tail = append(tail, rs)
			}
			busy = true
		case *storedPart:
			grown, err := j.keep(rs, at, pack)
			if err != nil {
				return false, err
			}
			busy = busy || grown
		}
	}
	for _, sets := range uniform(tail) {
		r := newRewrite(j.st, at, pack, sets)
		j.rewrites = append(j.rewrites, r)
		if err := r.run(ctx); err != nil {
			return false, err
		}
	}
	return busy, nil
}

// keep notes a part that stays, with a new image of its deaths if there are new ones.
func (j *tableJob) keep(p *storedPart, at uint64, pack *packWriter) (changed bool, err error) {
	m := manifestPart{partPlace: p.place, rids: p.rids, births: p.births}
	saved := p.saved
	if m.id == 0 {
		m.id, changed = pack.db.manifest.newPartID(), true
	}
	dead, err := p.dead.CountBy(at)
	if err != nil {
		return false, err
	}
	if dead != p.saved {
		list, err := p.dead.List(at)
		if err != nil {
			return false, err
		}
		if err := pack.deaths(&m.partPlace, p.Rows(), list); err != nil {
			return false, err
		}
		saved, changed = dead, true
	}
	j.kept, j.places, j.deaths = append(j.kept, p), append(j.places, m), append(j.deaths, saved)
	return changed, nil
}

// uniform splits rowsets into runs whose columns can be in one part.
func uniform(sets []rowset) (runs [][]rowset) {
	var columns []part.ColumnSpec
	for _, rs := range sets {
		if n := len(runs); n > 0 {
			if all, ok := unite(columns, columnsOf(rs)); ok {
				runs[n-1], columns = append(runs[n-1], rs), all
				continue
			}
		}
		runs, columns = append(runs, []rowset{rs}), columnsOf(rs)
	}
	return runs
}

// note makes the new parts count: one edit of the manifest.
func (c *checkpoint) note() error {
	m := c.db.manifest
	f := m.floor
	if c.only == 0 {
		f.point, f.offset = c.at.Point(), c.at.Offset
		if err := c.noteCatalog(); err != nil {
			return err
		}
		for id := range c.files {
			if !m.logFiles[id] {
				c.edits.logFile(id)
			}
		}
	}
	f.nextFile, f.nextPart = c.db.nextFile.Load(), m.floor.nextPart
	c.edits.floor(&f)
	return c.db.editManifest(&c.edits, c.jobs, c.at, f, c.files)
}

// noteCatalog copies the catalog edits behind the floor into the manifest.
func (c *checkpoint) noteCatalog() error {
	floor := c.db.manifest.floor
	if c.at.CSN <= floor.point.CSN {
		return nil
	}
	return c.db.log.ReplayTable(eventlog.CatalogTable, floor.offset, c.at.CSN, func(t *eventlog.Txn) error {
		if t.CSN <= floor.point.CSN || t.CSN > c.at.CSN {
			return nil
		}
		for i := range t.Runs {
			if t.Runs[i].Kind == eventlog.RunDDL {
				c.edits.catalogEdit(t.CSN, t.Runs[i].DDL)
			}
		}
		return nil
	})
}

// editManifest writes the edit and takes over what it says.
func (db *DB) editManifest(w *editWriter, jobs []*tableJob, at eventlog.Commit, f floor, files map[uint64]bool) error {
	for _, j := range jobs {
		j.snap = snapshot{point: at.Point(), offset: at.Offset, nextRID: j.nextRID}
		j.snap.parts = append(j.snap.parts, j.places...)
		for _, r := range j.rewrites {
			j.snap.parts = append(append(j.snap.parts, r.live.parts...), r.dead.parts...)
		}
		w.snapshot(j.st.id, &j.snap)
	}
	m := db.manifest
	if err := m.write(w); err != nil {
		return err
	}
	db.upkeep.manifestMu.Lock()
	defer db.upkeep.manifestMu.Unlock()
	m.floor = f
	for _, j := range jobs {
		m.tables[j.st.id] = j.snap
		j.st.setSnapshot(j.snap)
	}
	for id := range files {
		m.logFiles[id] = true
	}
	return nil
}

// install swaps the memory of the tables. The manifest says already what it will be.
func (c *checkpoint) install() error {
	for _, j := range c.jobs {
		for _, r := range j.rewrites {
			c.stats.Parts += len(r.live.parts) + len(r.dead.parts)
			for _, n := range append(r.live.counts, r.dead.counts...) {
				c.stats.Rows += int64(n)
			}
		}
		if err := j.install(c.at.Point().Seq); err != nil {
			c.db.fail(err)
			return err
		}
	}
	return nil
}

// install opens the new parts and puts them in the place of the rowsets they were made of.
func (j *tableJob) install(at uint64) error {
	var fresh []rowset
	for _, r := range j.rewrites {
		sets, err := j.st.db.openParts(append(r.live.parts[:len(r.live.parts):len(r.live.parts)], r.dead.parts...))
		if err != nil {
			j.st.db.dropParts(fresh)
			return err
		}
		fresh = append(fresh, sets...)
	}
	defer j.st.db.dropParts(fresh)
	for i, p := range j.kept {
		p.place, p.saved = j.places[i].partPlace, j.deaths[i]
	}
	a := &j.st.db.apply
	a.Lock()
	defer a.Unlock()
	if err := j.carryOver(fresh, at); err != nil {
		return err
	}
	sets := slices.Clone(fresh)
	for _, rs := range j.st.current.Load().sets {
		if !j.gone[rs] {
			sets = append(sets, rs)
		}
	}
	sortSets(sets)
	j.st.install(sets)
	j.st.recount()
	return nil
}

// carryOver repeats, in the new parts, the ends that came after the cut. Under DB.apply.
func (j *tableJob) carryOver(fresh []rowset, at uint64) error {
	var late []part.Death // with rids numbered by their place in rids
	var rids []uint64
	for rs := range j.gone {
		err := rs.deaths().Between(at, ^uint64(0), func(d part.Death) bool {
			late = append(late, part.Death{Seq: d.Seq, Row: uint32(len(rids))})
			rids = append(rids, rs.ridOf(int(d.Row)))
			return true
		})
		if err != nil {
			return err
		}
	}
	sortDeaths(late)
	target := state{sets: fresh}
	hint := -1
	for _, d := range late {
		set, row, ok := target.find(rids[d.Row], hint)
		if !ok {
			return dberr.Bug("row %d of table %d is in no new part", rids[d.Row], j.st.id)
		}
		if err := fresh[set].deaths().Append(uint32(row), d.Seq); err != nil {
			return err
		}
		hint = set
	}
	return nil
}

// recount sets the size of the tail after a swap. Under DB.apply.
func (st *store) recount() {
	size := int64(0)
	for _, rs := range st.current.Load().sets {
		switch rs := rs.(type) {
		case *chunk:
			size += rs.bytes.Load() + rowOverhead*rs.rows.Load() + deathBytes*int64(rs.dead.Len())
		case *storedPart:
			size += deathBytes * int64(rs.dead.Len()-rs.saved)
		}
	}
	st.db.tail.Add(size - st.tail.Swap(size))
}

// fail refuses all later commits, because memory does not agree with the manifest any more.
func (db *DB) fail(err error) {
	db.apply.Lock()
	defer db.apply.Unlock()
	db.apply.broken = dberr.Bug("maintenance failed half-way; the database must be opened again: %v", err)
}

// broken is why memory cannot be trusted any more, or nil.
func (db *DB) broken() error {
	db.apply.Lock()
	defer db.apply.Unlock()
	return db.apply.broken
}

// abandon gives up what was begun. The manifest does not know of it.
func (c *checkpoint) abandon() {
	c.pack.abandon()
	c.release()
}

func (c *checkpoint) release() {
	for _, j := range c.jobs {
		j.release()
	}
}

func (j *tableJob) release() {
	if j.state != nil {
		j.state.unpin()
		j.state = nil
	}
}
