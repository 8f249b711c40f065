package colstore

import (
	"encoding/binary"
	"math"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// rowLayout places the columns of one schema version in an encoded row. A row is
//
//	bytes                      field
//	(columns+7)/8              one bit a column, set when the value is NULL
//	slots, one a column        BOOLEAN 1 byte; 2, 4, 8 or 16 bytes as the type's class;
//	                           Bytes class: u32 end of the value in the heap
//	rest                       heap: the bytes of the Bytes columns in order
//
// The slot of a NULL is zero; in the Bytes class it is the end of the value before.
type rowLayout struct {
	classes []types.Class
	slots   []int // offset of each column's slot
	fixed   int   // bytes before the heap
}

func layoutOf(t *Table) *rowLayout {
	l := &rowLayout{fixed: (len(t.Columns) + 7) / 8}
	for i := range t.Columns {
		c := t.Columns[i].Type.Class()
		l.classes = append(l.classes, c)
		l.slots = append(l.slots, l.fixed)
		l.fixed += slotSize(c)
	}
	return l
}

func slotSize(c types.Class) int {
	switch c {
	case types.Bits:
		return 1
	case types.Bytes:
		return 4
	}
	return c.Size()
}

// encode appends row i of cols, which are in the order of the layout, in any form.
func (l *rowLayout) encode(dst []byte, cols []vec.Vec, i int) []byte {
	start := len(dst)
	for range l.fixed {
		dst = append(dst, 0)
	}
	heap := 0
	for c := range cols {
		row := dst[start:]
		v := &cols[c]
		if v.IsNull(i) {
			row[c>>3] |= 1 << (c & 7)
		} else if l.classes[c] == types.Bytes {
			b := v.Bytes(i)
			dst = append(dst, b...)
			heap += len(b)
			row = dst[start:]
		} else {
			putSlot(row[l.slots[c]:], l.classes[c], v, i)
		}
		if l.classes[c] == types.Bytes {
			binary.LittleEndian.PutUint32(row[l.slots[c]:], uint32(heap))
		}
	}
	return dst
}

func putSlot(slot []byte, class types.Class, v *vec.Vec, i int) {
	switch class {
	case types.Bits:
		slot[0] = byte(v.Int(i))
	case types.I16:
		binary.LittleEndian.PutUint16(slot, uint16(v.Int(i)))
	case types.I32:
		binary.LittleEndian.PutUint32(slot, uint32(v.Int(i)))
	case types.I64:
		binary.LittleEndian.PutUint64(slot, uint64(v.Int(i)))
	case types.F32:
		binary.LittleEndian.PutUint32(slot, math.Float32bits(float32(v.Float(i))))
	case types.F64:
		binary.LittleEndian.PutUint64(slot, math.Float64bits(v.Float(i)))
	case types.Span:
		iv := v.Value(i).Iv
		binary.LittleEndian.PutUint32(slot, uint32(iv.Months))
		binary.LittleEndian.PutUint32(slot[4:], uint32(iv.Days))
		binary.LittleEndian.PutUint64(slot[8:], uint64(iv.Micros))
	}
}

// fault returns what is wrong with an encoded row, or "".
func (l *rowLayout) fault(row []byte) string {
	if len(row) < l.fixed {
		return "an encoded row is shorter than its fixed part"
	}
	last, heap := uint32(0), uint32(len(row)-l.fixed)
	for c, class := range l.classes {
		switch class {
		case types.Bytes:
			end := binary.LittleEndian.Uint32(row[l.slots[c]:])
			if end < last || end > heap {
				return "a value of an encoded row ends outside of it"
			}
			last = end
		case types.Bits:
			if row[l.slots[c]] > 1 {
				return "a boolean of an encoded row is neither 0 nor 1"
			}
		}
	}
	if last != heap {
		return "an encoded row has bytes that no value uses"
	}
	return ""
}

func (l *rowLayout) isNull(row []byte, c int) bool { return row[c>>3]&(1<<(c&7)) != 0 }

// bytes returns the value of a Bytes column.
func (l *rowLayout) bytes(row []byte, c int) []byte {
	start := uint32(0)
	for p := c - 1; p >= 0; p-- {
		if l.classes[p] == types.Bytes {
			start = binary.LittleEndian.Uint32(row[l.slots[p]:])
			break
		}
	}
	end := binary.LittleEndian.Uint32(row[l.slots[c]:])
	return row[l.fixed+int(start) : l.fixed+int(end)]
}
