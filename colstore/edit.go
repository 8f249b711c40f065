package colstore

import (
	"math"

	"driftdb/internal/binfmt"
	"driftdb/internal/types"
)

// Limits of definitions.
const (
	maxNameBytes   = 255
	maxTextBytes   = 64 << 10 // a default's SQL, a Missing value
	maxColumns     = 1600
	maxKeyColumns  = 32
	editFormat     = 1
	editFormatMore = 2 // records follow the definition; see moreRecords
	editPut        = 1 // the table's new definition
	editDrop       = 2
	editPosition   = 3 // where a sequence stands
	columnNotNull  = 1
	columnUndecl   = 2
	columnMissing  = 4
	indexIsUnique  = 1
	indexIsKey     = 2 // it belongs to a constraint
	maxIndexes     = 255
	missingIsValid = 1
)

// edit is one change of the catalog: a table's new definition, or its end. What changed is
// told by comparing with the definition before.
type edit struct {
	id    uint32
	base  uint32 // version of the definition it replaces, 0 for none
	table *Table // nil: dropped
	// position, when it is set, is all that the edit says: from where a sequence goes on.
	position *SequencePosition
}

func (e *edit) encode() []byte {
	w := binfmt.Writer{}
	var more []byte
	format, op := uint8(editFormat), uint8(editPut)
	switch {
	case e.position != nil:
		op = editPosition
	case e.table == nil:
		op = editDrop
	default:
		if more = moreOf(e.table); len(more) > 0 {
			format = editFormatMore
		}
	}
	w.U8(format)
	w.U8(op)
	w.U16(0)
	w.U32(e.id)
	w.U32(e.base)
	switch op {
	case editPut:
		putTable(&w, e.table)
		w.Bytes(more)
	case editPosition:
		w.I64(e.position.Last)
		w.U8(bitIf(e.position.Called, 1))
		w.U64(e.position.Step)
	}
	return w.B
}

// decodeEdit reads an edit; file and base place it, for errors.
func decodeEdit(data []byte, file string, base int64) (*edit, error) {
	r := binfmt.NewReader(data, file, base)
	format, op := r.U8(), r.U8()
	r.Check(format == editFormat || format == editFormatMore, "catalog edit format %d is not known", format)
	r.Zero(2)
	e := &edit{id: r.U32(), base: r.U32()}
	switch op {
	case editPut:
		e.table = readTable(r)
		if format == editFormatMore {
			readMore(r, e.table)
		}
		e.table.ID = e.id
		e.table.seal()
	case editDrop:
	case editPosition:
		e.position = &SequencePosition{Last: r.I64(), Called: r.U8() != 0, Step: r.U64()}
	default:
		r.Fail("catalog edit %d is not known", op)
	}
	r.Check(e.id != PublicSchema || e.position == nil && (e.table == nil || e.table.Kind == KindSchema), "catalog edit of table 0")
	r.End()
	return e, r.Err()
}

func putString(w *binfmt.Writer, s string) {
	w.U32(uint32(len(s)))
	w.Bytes([]byte(s))
}

func readString(r *binfmt.Reader, limit int) string {
	n := r.U32()
	r.Check(n <= uint32(limit), "string of %d bytes", n)
	return string(r.Bytes(int(n)))
}

func putType(w *binfmt.Writer, t types.Type) {
	w.U8(uint8(t.ID))
	w.U8(0)
	w.U16(uint16(t.Prec))
	w.U16(uint16(t.Scale))
	w.U16(0)
	w.U32(uint32(t.Len))
}

func readType(r *binfmt.Reader) types.Type {
	t := types.Type{ID: types.ID(r.U8())}
	r.Zero(1)
	t.Prec, t.Scale = int16(r.U16()), int16(r.U16())
	r.Zero(2)
	t.Len = int32(r.U32())
	r.Check(t.ID >= types.Bool && t.ID.Known(), "type %d is not known", t.ID)
	return t
}

func putTable(w *binfmt.Writer, t *Table) {
	w.U32(t.Version)
	w.U64(t.CreatedCSN)
	w.U32(t.NextColumn)
	w.U32(t.NextIndex)
	putString(w, t.Name)
	putString(w, t.PrimaryIdx)
	w.U32(uint32(len(t.Columns)))
	for i := range t.Columns {
		putColumn(w, &t.Columns[i])
	}
	putIDs(w, t.PrimaryKey)
	w.U32(uint32(len(t.Indexes)))
	for _, x := range t.Indexes {
		w.U32(x.ID)
		w.U8(bitIf(x.Unique, indexIsUnique) | bitIf(x.Constraint, indexIsKey))
		putString(w, x.Name)
		putIDs(w, x.Columns)
	}
}

func readTable(r *binfmt.Reader) *Table {
	t := &Table{Version: r.U32(), CreatedCSN: r.U64(), NextColumn: r.U32(), NextIndex: r.U32()}
	t.Name, t.PrimaryIdx = readString(r, maxNameBytes), readString(r, maxNameBytes)
	n := r.U32()
	r.Check(n <= maxColumns, "%d columns", n)
	for i := uint32(0); i < n && r.Err() == nil; i++ {
		t.Columns = append(t.Columns, readColumn(r))
	}
	t.PrimaryKey = readIDs(r)
	m := r.U32()
	r.Check(m <= maxIndexes, "%d indexes", m)
	for i := uint32(0); i < m && r.Err() == nil; i++ {
		x := Index{ID: r.U32()}
		flags := r.U8()
		x.Unique, x.Constraint = flags&indexIsUnique != 0, flags&indexIsKey != 0
		x.Name, x.Columns = readString(r, maxNameBytes), readIDs(r)
		t.Indexes = append(t.Indexes, x)
	}
	t.checkIDs(r)
	return t
}

// checkIDs makes sure that what refers to columns finds them.
func (t *Table) checkIDs(r *binfmt.Reader) {
	for _, x := range t.Keys() {
		r.Check(len(x.Columns) > 0, "index \"%s\" without columns", x.Name)
		for _, id := range x.Columns {
			_, ok := t.Column(id)
			r.Check(ok, "index \"%s\" is over column %d, which is not there", x.Name, id)
		}
	}
}

func putColumn(w *binfmt.Writer, c *Column) {
	w.U32(c.ID)
	w.U32(c.TypeVersion)
	w.U8(bitIf(c.NotNull, columnNotNull) | bitIf(c.Undeclared, columnUndecl) | bitIf(c.Missing.Valid, columnMissing))
	putType(w, c.Type)
	putString(w, c.Name)
	putString(w, c.Default)
	if c.Missing.Valid {
		putValue(w, c.Missing)
	}
}

func readColumn(r *binfmt.Reader) Column {
	c := Column{ID: r.U32(), TypeVersion: r.U32()}
	flags := r.U8()
	c.NotNull, c.Undeclared = flags&columnNotNull != 0, flags&columnUndecl != 0
	c.Type = readType(r)
	c.Name, c.Default = readString(r, maxNameBytes), readString(r, maxTextBytes)
	c.Missing = types.NullOf(c.Type)
	if flags&columnMissing != 0 {
		c.Missing = readValue(r, c.Type)
	}
	return c
}

// putValue writes a value that is not NULL, without its type.
func putValue(w *binfmt.Writer, v types.Value) {
	switch v.Type.Class() {
	case types.Bytes:
		putString(w, v.S)
	case types.F32, types.F64:
		w.U64(math.Float64bits(v.F))
	case types.Span:
		w.U32(uint32(v.Iv.Months))
		w.U32(uint32(v.Iv.Days))
		w.I64(v.Iv.Micros)
	default:
		w.I64(v.I)
	}
}

func readValue(r *binfmt.Reader, t types.Type) types.Value {
	switch t.Class() {
	case types.Bytes:
		return types.BytesValue(t, readString(r, maxTextBytes))
	case types.F32, types.F64:
		return types.FloatValue(t, math.Float64frombits(r.U64()))
	case types.Span:
		v := types.SpanValue(types.IntervalValue{Months: int32(r.U32()), Days: int32(r.U32()), Micros: r.I64()})
		return v
	}
	return types.IntValue(t, r.I64())
}

func putIDs(w *binfmt.Writer, ids []uint32) {
	w.U32(uint32(len(ids)))
	for _, id := range ids {
		w.U32(id)
	}
}

func readIDs(r *binfmt.Reader) []uint32 {
	n := r.U32()
	r.Check(n <= maxKeyColumns, "%d key columns", n)
	var ids []uint32
	for i := uint32(0); i < n && r.Err() == nil; i++ {
		ids = append(ids, r.U32())
	}
	return ids
}

func bitIf(on bool, bit uint8) uint8 {
	if on {
		return bit
	}
	return 0
}
