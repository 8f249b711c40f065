package colstore

import (
	"driftdb/colstore/part"
	"driftdb/eventlog"
	"driftdb/internal/dberr"
)

// change is one run of a transaction, ready to be applied: the live path makes it of a
// transaction's writes, replay of the log.
type change struct {
	kind     eventlog.RunKind
	store    *store
	table    *Table // version of the new rows
	firstSeq uint64
	firstRID uint64      // of the new rows
	base     uint64      // the transaction's first new row in the table
	ended    []uint64    // permanent rids, some of them of rows of this change
	rows     encodedRows // inline rows, or
	part     *storedPart // the part named by reference
}

// encodedRows is rows of the row codec: eventlog.RowBuf or eventlog.Rows.
type encodedRows interface {
	Len() int
	Row(i int) []byte
}

// apply brings one change into the memory of its table. Under DB.apply.
func (c *change) apply() (err error) {
	switch {
	case c.part != nil:
		err = c.applyPart()
	case c.rows != nil:
		err = c.applyRows()
	default:
		err = c.endRows()
	}
	c.store.changed.Store(c.lastSeq())
	return err
}

// endRows ends all rows at once.
func (c *change) endRows() (err error) {
	hint := -1
	for i, rid := range c.ended {
		if hint, err = c.store.end(rid, c.base, c.firstSeq+uint64(i), hint); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) lastSeq() uint64 { return c.firstSeq + uint64(c.events()) - 1 }

func (c *change) events() int {
	switch {
	case c.part != nil:
		return c.part.Rows()
	case c.rows != nil:
		return c.rows.Len()
	}
	return len(c.ended)
}

// applyPart adds the part behind the ends of the rows that it replaces, which are older.
func (c *change) applyPart() error {
	if err := c.endRows(); err != nil {
		return err
	}
	c.store.closeChunk()
	p := c.part.rebased(c.firstRID, c.firstSeq)
	c.store.add(p)
	c.store.nextRID = c.firstRID + uint64(p.Rows())
	return nil
}

// applyRows adds rows, each behind the end of the row that it replaces.
func (c *change) applyRows() error {
	st := c.store
	if c.firstRID != st.nextRID {
		return dberr.Corrupt("", -1, "table %d: row %d is logged where %d is next", st.id, c.firstRID, st.nextRID)
	}
	hint := -1
	var err error
	for i := range c.rows.Len() {
		if len(c.ended) > 0 {
			if hint, err = st.end(c.ended[i], c.base, c.firstSeq+uint64(i), hint); err != nil {
				return err
			}
		}
		chunk := st.chunkFor(c.table)
		before := chunk.bytes.Load()
		if err := chunk.appendEncoded(c.rows.Row(i), c.firstSeq+uint64(i)); err != nil {
			return err
		}
		st.nextRID++
		grown := chunk.bytes.Load() - before + rowOverhead
		st.tail.Add(grown)
		st.db.tail.Add(grown)
	}
	return nil
}

// rowOverhead is about what a row costs in memory beside its values.
const rowOverhead = 16

// openRef maps the part that a frame names and checks that it is the one.
func (db *DB) openRef(ref eventlog.Ref) (*storedPart, error) {
	place := partPlace{file: fileRef{logPart, ref.FileID}, offset: int64(ref.Offset), length: int64(ref.Length)}
	p, err := db.openPart(place)
	if err != nil {
		return nil, err
	}
	if p.Rows() != int(ref.Rows) {
		db.files.put(p.file)
		return nil, dberr.Corrupt(p.file.name, place.offset, "part has %d rows, the log names %d", p.Rows(), ref.Rows)
	}
	return p, nil
}

// openPart maps a part with nothing dead. The caller owns one reference to its file.
func (db *DB) openPart(place partPlace) (*storedPart, error) {
	f, err := db.files.get(place.file)
	if err != nil {
		return nil, err
	}
	p, err := part.Open(f, part.Location{Offset: place.offset, Length: place.length}, db.cache)
	if err != nil {
		db.files.put(f)
		return nil, err
	}
	return &storedPart{Part: p, file: f, place: place, dead: part.NewDeaths(p.Rows())}, nil
}
