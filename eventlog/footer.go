package eventlog

import (
	"encoding/binary"
	"sort"

	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
	"driftdb/mmapseg"
)

// Sections of a sealed segment of the event log.
const (
	sectionTables = 1 // the frames that touch each table
	sectionLeaves = 2 // the leaf of each commit
)

const (
	footerHeaderSize = 16
	footerEntrySize  = 80
)

// tableFrames is what a footer says about one table.
type tableFrames struct {
	id          uint32
	first, last Commit // of the commits that touch it
	offsets     []uint64
}

// footerBuilder collects the sections of one segment from its frames in order.
type footerBuilder struct {
	base   uint64
	tables map[uint32]*tableFrames
	leaves binfmt.Writer
	count  uint64 // leaves
	first  uint64 // csn of the first leaf
}

func newFooterBuilder(base uint64) *footerBuilder {
	return &footerBuilder{base: base, tables: map[uint32]*tableFrames{}}
}

func (fb *footerBuilder) add(f *mmapseg.Frame, t *Txn) {
	for _, id := range t.touched {
		tf := fb.tables[id]
		if tf == nil {
			tf = &tableFrames{id: id, first: t.Commit}
			fb.tables[id] = tf
		}
		tf.last = t.Commit
		tf.offsets = append(tf.offsets, f.Offset)
	}
	if fb.count == 0 {
		fb.first = t.CSN
	}
	fb.count++
	leaf := leafOf(f, t)
	fb.leaves.Bytes(leaf[:])
}

// sections encodes the footer.
func (fb *footerBuilder) sections() []mmapseg.Section {
	tables := make([]*tableFrames, 0, len(fb.tables))
	for _, tf := range fb.tables {
		tables = append(tables, tf)
	}
	sort.Slice(tables, func(i, j int) bool { return tables[i].id < tables[j].id })
	var w, lists binfmt.Writer
	w.U32(uint32(len(tables)))
	w.U32(0)
	w.U64(fb.base)
	listsAt := footerHeaderSize + footerEntrySize*len(tables)
	for _, tf := range tables {
		w.U32(tf.id)
		w.U32(uint32(len(tf.offsets)))
		w.U64(uint64(listsAt + len(lists.B)))
		for _, c := range []Commit{tf.first, tf.last} {
			w.U64(c.CSN)
			w.U64(c.FirstSeq)
			w.U32(c.Events)
			w.U32(0)
			w.I64(c.TimeMicros)
		}
		for _, offset := range tf.offsets {
			lists.U32(uint32((offset - fb.base) / 8))
		}
	}
	w.Bytes(lists.B)
	leaves := binfmt.Writer{}
	leaves.U64(fb.first)
	leaves.U64(fb.count)
	leaves.Bytes(fb.leaves.B)
	return []mmapseg.Section{{ID: sectionTables, Data: w.B}, {ID: sectionLeaves, Data: leaves.B}}
}

// footerFrames returns the offsets in [from, to) of the frames that touch a table, from the
// tables section of a segment. It reads the table's entry and list in place.
func footerFrames(data []byte, g mmapseg.SegmentInfo, table uint32, from, to uint64) (offsets []uint64, err error) {
	r := binfmt.NewReader(data, g.Path, -1)
	n := r.U32()
	r.Zero(4)
	base := r.U64()
	r.Check(base == g.Base, "footer of a segment that begins at %d", base)
	entries := r.Array(uint64(n), footerEntrySize)
	if r.Err() != nil {
		return nil, r.Err()
	}
	i := sort.Search(int(n), func(i int) bool {
		return binary.LittleEndian.Uint32(entries[i*footerEntrySize:]) >= table
	})
	if i == int(n) || binary.LittleEndian.Uint32(entries[i*footerEntrySize:]) != table {
		return nil, nil
	}
	entry := entries[i*footerEntrySize:]
	count, pos := binary.LittleEndian.Uint32(entry[4:]), binary.LittleEndian.Uint64(entry[8:])
	if pos > uint64(len(data)) || uint64(count)*4 > uint64(len(data))-pos {
		return nil, dberr.Corrupt(g.Path, -1, "footer names %d frames at %d for table %d", count, pos, table)
	}
	for list := data[pos : pos+4*uint64(count)]; len(list) > 0; list = list[4:] {
		offset := base + 8*uint64(binary.LittleEndian.Uint32(list))
		if offset >= from && offset < to {
			offsets = append(offsets, offset)
		}
	}
	return offsets, nil
}

// footerLeaf returns the leaf of a commit from the leaves section; ok is false when the
// segment does not hold it.
func footerLeaf(data []byte, csn uint64) (leaf [32]byte, ok bool) {
	if len(data) < 16 {
		return leaf, false
	}
	first, count := binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])
	if csn < first || csn-first >= count || uint64(len(data)-16)/32 < count {
		return leaf, false
	}
	copy(leaf[:], data[16+32*(csn-first):])
	return leaf, true
}
