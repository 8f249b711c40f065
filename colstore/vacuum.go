package colstore

import (
	"context"
	"slices"

	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// VacuumStats say what a vacuum did.
type VacuumStats struct {
	Tables      int // tables rewritten
	PartsBefore int
	PartsAfter  int
	RowsMoved   int64
	FilesFreed  int
	BytesFreed  int64
}

// hotDead is the number of dead rows in hot parts below which they may stay.
const hotDead = 64 << 10

// Vacuum merges the small parts of a table, or of all for the zero Name, moves the dead in hot parts aside, gives
// parts the indexes that are younger than they, and removes files that nobody needs any more.
// It never changes an answer, of the present or of the past. Tails are not its business.
func (db *DB) Vacuum(ctx context.Context, table Name) (VacuumStats, error) {
	if db.opts.ReadOnly {
		return VacuumStats{}, dberr.New(dberr.ReadOnlyTransaction, "cannot vacuum a database that is open read-only")
	}
	if err := db.upkeep.one.take(ctx); err != nil {
		return VacuumStats{}, err
	}
	defer db.upkeep.one.give()
	v := &vacuum{db: db, pack: &packWriter{db: db, ctx: ctx}}
	ids, err := db.vacuumIDs(table)
	if err != nil {
		return v.stats, err
	}
	v.ids = ids
	for _, step := range []func(context.Context) error{v.cut, v.write} {
		if err := vfs.Guard(func() error { return step(ctx) }); err != nil {
			v.pack.abandon()
			v.release()
			return v.stats, err
		}
	}
	err = vfs.Guard(v.finish)
	v.release()
	return v.stats, err
}

// vacuumIDs returns the tables that have parts in the manifest.
func (db *DB) vacuumIDs(table Name) (ids []uint32, err error) {
	if table.Name != "" {
		t, err := db.View().Table(table)
		if err != nil {
			return nil, err
		}
		return []uint32{t.ID}, nil
	}
	db.upkeep.manifestMu.Lock()
	defer db.upkeep.manifestMu.Unlock()
	for id := range db.manifest.tables {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

// vacuum is one run of Vacuum.
type vacuum struct {
	db    *DB
	ids   []uint32
	at    eventlog.Commit // everything up to it is durable
	jobs  []*tableJob
	pack  *packWriter
	stats VacuumStats
}

// cut fixes the event up to which ends are written.
func (v *vacuum) cut(ctx context.Context) error {
	if err := v.db.broken(); err != nil {
		return err // what memory has is not what the manifest says
	}
	v.at = v.db.log.Durable()
	for _, id := range v.ids {
		st, err := v.db.store(id)
		if err = orCanceled(ctx, err); err != nil {
			return err
		}
		v.jobs = append(v.jobs, &tableJob{st: st, gone: map[rowset]bool{}, state: st.pinned()})
	}
	return nil
}

// write rewrites what needs it. Only parts that the manifest knows take part: those of commits
// that no checkpoint has covered stay until one does.
func (v *vacuum) write(ctx context.Context) error {
	changed := v.jobs[:0]
	for i, j := range v.jobs {
		if err := orCanceled(ctx, v.plan(j)); err != nil {
			return err
		}
		if len(j.rewrites) == 0 {
			j.release()
			continue
		}
		for _, r := range j.rewrites {
			if err := r.run(ctx); err != nil {
				return err
			}
		}
		changed = append(changed, j)
		v.db.progress("vacuum", int64(i+1), int64(len(v.jobs)))
	}
	v.jobs = changed
	return v.pack.finish()
}

// plan chooses the parts of a table to rewrite, and notes those that stay as they are.
func (v *vacuum) plan(j *tableJob) error {
	snap := v.db.snapshotOf(j.st.id)
	// Ends behind the snapshot's point are in the log that is replayed on it: the images must
	// not have them, or replay would end the same row twice.
	at := snap.point.Seq
	j.snap, j.nextRID = snap, snap.nextRID
	var parts []*storedPart
	for _, rs := range j.state.sets {
		if p, ok := rs.(*storedPart); ok && p.place.id != 0 {
			parts = append(parts, p)
		}
	}
	groups, err := v.choose(j.st, parts, at)
	if err != nil {
		return err
	}
	for _, sets := range groups {
		for _, rs := range sets {
			j.gone[rs] = true
		}
		v.stats.PartsBefore += len(sets)
		j.rewrites = append(j.rewrites, newRewrite(j.st, at, v.pack, sets))
	}
	for _, p := range parts {
		if j.gone[p] {
			continue
		}
		j.kept, j.deaths = append(j.kept, p), append(j.deaths, p.saved)
		j.places = append(j.places, manifestPart{partPlace: p.place, rids: p.rids, births: p.births})
	}
	return nil
}

// choose returns groups of parts to be rewritten together: neighbours that are small, parts
// with many dead, and parts that lack an index.
func (v *vacuum) choose(st *store, parts []*storedPart, at uint64) (groups [][]rowset, err error) {
	hot, history, err := split(parts, at)
	if err != nil {
		return nil, err
	}
	live, dead := int64(0), int64(0)
	for _, p := range hot {
		live, dead = live+int64(p.live), dead+int64(p.dead)
	}
	evict := tooManyDead(live, dead)
	t := st.newest()
	for _, list := range [][]sized{hot, history} {
		var group []rowset
		rows := 0
		flush := func(needed bool) {
			if len(group) > 1 || needed && len(group) == 1 {
				groups = append(groups, group)
			}
			group, rows = nil, 0
		}
		needed := false
		for _, p := range list {
			must := evict && p.dead > 0 && p.live > 0 || lacksIndex(p.part, t)
			small := p.part.Rows() < v.db.opts.PartRows/2
			if !must && !small || rows+p.part.Rows() > v.db.opts.PartRows || !unites(group, p.part) {
				flush(needed)
				needed = false
			}
			if must || small {
				group, rows, needed = append(group, p.part), rows+p.part.Rows(), needed || must
			}
		}
		flush(needed)
	}
	return groups, nil
}

// sized is a part with its rows alive and dead at a point.
type sized struct {
	part       *storedPart
	live, dead int
}

// split divides parts into hot ones, with rows alive, and history.
func split(parts []*storedPart, at uint64) (hot, history []sized, err error) {
	for _, p := range parts {
		dead, err := p.dead.CountBy(at)
		if err != nil {
			return nil, nil, err
		}
		s := sized{p, p.Rows() - dead, dead}
		if s.live > 0 {
			hot = append(hot, s)
		} else {
			history = append(history, s)
		}
	}
	return hot, history, nil
}

// lacksIndex reports whether a part could have an index that it has not got.
func lacksIndex(p *storedPart, t *Table) bool {
	if t == nil {
		return false
	}
	for _, want := range indexSpecs(t, p.Columns()) {
		x := Index{ID: want.ID, Columns: want.Columns}
		if _, ok := p.index(t, &x); !ok {
			return true
		}
	}
	return false
}

// unites reports whether a part's columns go together with those of a group.
func unites(group []rowset, p *storedPart) bool {
	columns := p.Columns()
	for _, rs := range group {
		var ok bool
		if columns, ok = unite(columns, columnsOf(rs)); !ok {
			return false
		}
	}
	return true
}

// finish makes the new parts count, swaps them in, and removes what nobody needs.
func (v *vacuum) finish() error {
	if len(v.jobs) > 0 {
		if err := v.note(); err != nil {
			return err
		}
	}
	for _, j := range v.jobs {
		for _, r := range j.rewrites {
			v.stats.PartsAfter += len(r.live.parts) + len(r.dead.parts)
			for _, n := range append(r.live.counts[:len(r.live.counts):len(r.live.counts)], r.dead.counts...) {
				v.stats.RowsMoved += int64(n)
			}
		}
		if err := j.install(j.snap.point.Seq); err != nil {
			v.db.fail(err)
			return err
		}
		j.release()
	}
	v.stats.Tables = len(v.jobs)
	packs, err := v.db.listFiles(packFile)
	if err != nil {
		return err
	}
	v.stats.FilesFreed, v.stats.BytesFreed = v.db.removeUnused(packs)
	return v.db.manifest.compact()
}

// note writes the edit. The points that replay starts from stay as they are.
func (v *vacuum) note() error {
	var w editWriter
	for _, j := range v.jobs {
		parts := slices.Clone(j.places)
		for _, r := range j.rewrites {
			parts = append(append(parts, r.live.parts...), r.dead.parts...)
		}
		j.snap.parts = parts
		w.snapshot(j.st.id, &j.snap)
	}
	m := v.db.manifest
	f := m.floor
	f.nextFile = v.db.nextFile.Load()
	w.floor(&f)
	if err := m.write(&w); err != nil {
		return err
	}
	v.db.upkeep.manifestMu.Lock()
	defer v.db.upkeep.manifestMu.Unlock()
	m.floor = f
	for _, j := range v.jobs {
		m.tables[j.st.id] = j.snap
		j.st.setSnapshot(j.snap)
	}
	return nil
}

func (v *vacuum) release() {
	for _, j := range v.jobs {
		j.release()
	}
}
