package colstore

import (
	"context"
	"slices"

	"driftdb/colstore/part"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// rewrite turns rowsets of one table into parts: the rows alive at a point go to live parts,
// those that are dead to history parts, so that the present does not pay for history. No
// answer changes: every row keeps its rid, birth and end.
type rewrite struct {
	st      *store
	table   *Table // newest definition, for the indexes
	at      uint64 // ends up to this event are written; later ones are carried over
	pack    *packWriter
	sources []rowset
	live    *partSink
	dead    *partSink
}

// newRewrite prepares sinks for rowsets whose columns can be united.
func newRewrite(st *store, at uint64, pack *packWriter, sources []rowset) *rewrite {
	r := &rewrite{st: st, at: at, pack: pack, sources: sources}
	columns := columnsOf(sources[0])
	for _, rs := range sources[1:] {
		columns, _ = unite(columns, columnsOf(rs))
	}
	r.table = st.newest()
	sink := func() *partSink {
		s := &partSink{pack: pack, columns: columns, compress: allCompressed(sources)}
		if r.table != nil {
			s.indexes = indexSpecs(r.table, columns)
		}
		return s
	}
	r.live, r.dead = sink(), sink()
	return r
}

// allCompressed reports whether all rows come from compressed parts: what they become is, too.
func allCompressed(sets []rowset) bool {
	return !slices.ContainsFunc(sets, func(rs rowset) bool {
		p, ok := rs.(*storedPart)
		return !ok || !p.Compressed()
	})
}

// newest is the newest definition of the table, or the last one it had; nil if unknown.
func (st *store) newest() *Table {
	if v, ok := st.db.history.tables.Load(st.id); ok {
		list := *v.(*versions[*Table]).list.Load()
		for i := len(list) - 1; i >= 0; i-- {
			if list[i].value != nil {
				return list[i].value
			}
		}
	}
	return nil
}

// run reads all sources and writes the parts.
func (r *rewrite) run(ctx context.Context) error {
	defer r.live.close()
	defer r.dead.close()
	var err error
	if overlapping(r.sources) {
		err = r.merge(ctx)
	} else {
		err = r.concat(ctx)
	}
	if err == nil {
		err = r.live.finish()
	}
	if err == nil {
		err = r.dead.finish()
	}
	return err
}

// overlapping reports whether the rids of rowsets, in the order of their first ones, interleave.
func overlapping(sets []rowset) bool {
	for i := 1; i < len(sets); i++ {
		_, last := sets[i-1].ridRange()
		if first, _ := sets[i].ridRange(); first <= last {
			return true
		}
	}
	return false
}

// concat takes the sources one after another.
func (r *rewrite) concat(ctx context.Context) error {
	for _, rs := range r.sources {
		rows := rs.bornBy(r.at)
		for start := 0; start < rows; start += rs.groupSize() {
			if ctx.Err() != nil {
				return canceled()
			}
			p, err := r.read(rs, start, min(rs.groupSize(), rows-start))
			if err != nil {
				return err
			}
			if err := r.put(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// put sends the rows of a piece to the sink they belong to.
func (r *rewrite) put(p *piece) error {
	var live, dead []int32
	for i, end := range p.ends {
		if end == LiveSeq {
			live = append(live, int32(i))
		} else {
			dead = append(dead, int32(i))
		}
	}
	if err := r.live.add(p, live); err != nil {
		return err
	}
	return r.dead.add(p, dead)
}

// read loads rows of one row group with their numbers.
func (r *rewrite) read(rs rowset, start, n int) (*piece, error) {
	p := &piece{rids: make([]uint64, n), births: make([]uint64, n), ends: make([]uint64, n)}
	rs.fillRIDs(p.rids, start)
	rs.fillBirths(p.births, start)
	fill(p.ends, LiveSeq)
	if rs.deaths().Len() > 0 {
		if err := rs.deaths().FillEnds(p.ends, start, r.at); err != nil {
			return nil, err
		}
	}
	for i := range r.live.columns {
		v, err := r.column(rs, &r.live.columns[i], start, n)
		if err != nil {
			return nil, err
		}
		p.cols = append(p.cols, v)
	}
	return p, nil
}

// column loads a column as it is stored; where a source has not got it, as what it reads as.
func (r *rewrite) column(rs rowset, c *part.ColumnSpec, start, n int) (vec.Vec, error) {
	v, _, ok, err := rs.load(c.ID, start, n)
	if err != nil || ok {
		return v, err
	}
	missing := types.NullOf(c.Type)
	if col := r.st.db.history.columnOf(r.st.id, c.ID, c.TypeVersion); col != nil {
		missing = col.Missing
	}
	return constant(missing, c.Type, n), nil
}

// columnOf returns a column with a version of its type, from any definition of its table.
func (h *history) columnOf(table, id, typeVersion uint32) *Column {
	v, ok := h.tables.Load(table)
	if !ok {
		return nil
	}
	for _, ver := range *v.(*versions[*Table]).list.Load() {
		if ver.value == nil {
			continue
		}
		if c, ok := ver.value.Column(id); ok && c.TypeVersion == typeVersion {
			return c
		}
	}
	return nil
}

// mergeRows is how many rows a merge puts together at a time.
const mergeRows = 16 << 10

// cursor reads one source of a merge row by row.
type cursor struct {
	set   rowset
	rows  int
	at    int // next row of the set
	start int // first row of the loaded group
	piece *piece
}

// merge takes the rows of interleaving sources in the order of their rids.
func (r *rewrite) merge(ctx context.Context) error {
	var cursors []*cursor
	for _, rs := range r.sources {
		if rows := rs.bornBy(r.at); rows > 0 {
			cursors = append(cursors, &cursor{set: rs, rows: rows, start: -1})
		}
	}
	for len(cursors) > 0 {
		if ctx.Err() != nil {
			return canceled()
		}
		p, err := r.mergeSome(&cursors)
		if err != nil {
			return err
		}
		if err := r.put(p); err != nil {
			return err
		}
	}
	return nil
}

// mergeSome gathers the next rows of all cursors and drops those that have ended.
func (r *rewrite) mergeSome(cursors *[]*cursor) (*piece, error) {
	out := &piece{}
	cols := make([]*column, len(r.live.columns))
	for i := range cols {
		cols[i] = newColumn(r.live.columns[i].Type, mergeRows)
	}
	n := 0
	for ; n < mergeRows && len(*cursors) > 0; n++ {
		best := 0
		for i, c := range *cursors {
			if err := r.fill(c); err != nil {
				return nil, err
			}
			if i > 0 && c.rid() < (*cursors)[best].rid() {
				best = i
			}
		}
		c := (*cursors)[best]
		at := c.at - c.start
		for i := range cols {
			cols[i].setFrom(n, mergeRows, &c.piece.cols[i], at)
		}
		out.rids = append(out.rids, c.piece.rids[at])
		out.births = append(out.births, c.piece.births[at])
		out.ends = append(out.ends, c.piece.ends[at])
		if c.at++; c.at == c.rows {
			*cursors = append((*cursors)[:best:best], (*cursors)[best+1:]...)
		}
	}
	for _, c := range cols {
		out.cols = append(out.cols, c.vector(n))
	}
	return out, nil
}

func (c *cursor) rid() uint64 { return c.piece.rids[c.at-c.start] }

// fill loads the row group that holds the next row.
func (r *rewrite) fill(c *cursor) (err error) {
	size := c.set.groupSize()
	if c.start >= 0 && c.at < c.start+size {
		return nil
	}
	c.start = c.at / size * size
	c.piece, err = r.read(c.set, c.start, min(size, c.rows-c.start))
	return err
}
