package parquetio

import (
	"encoding/binary"

	"driftdb/internal/dberr"
)

// thriftReader walks values in Thrift's compact encoding, in which a Parquet file's footer and the
// headers of its pages are written. It makes nothing of them: it proves that every declared
// length lies inside the bytes, and notes the few numbers that page.go asks for.
type thriftReader struct {
	b   []byte
	at  int
	bad bool // for good, once set
	// level is how many structs are around the field that note is told of.
	level int
	note  func(path [2]int, value int64)
}

// The compact encoding's types.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// maxThriftDepth is the deepest nesting of a value.
const maxThriftDepth = 24

// checkFooter proves the lengths in a file's footer.
func checkFooter(b []byte) error {
	t := &thriftReader{b: b}
	t.structure(0, [2]int{})
	if t.bad {
		return damaged("its footer does not hold together")
	}
	return nil
}

// damaged is the error of a file that is not what it says.
func damaged(format string, args ...any) *dberr.Error {
	return dberr.Newf(dberr.BadCopyFileFormat, "not a valid Parquet file: "+format, args...)
}

func (t *thriftReader) byte() byte {
	if t.bad || t.at >= len(t.b) {
		t.bad = true
		return 0
	}
	t.at++
	return t.b[t.at-1]
}

func (t *thriftReader) varint() uint64 {
	if t.bad {
		return 0
	}
	v, n := binary.Uvarint(t.b[t.at:])
	if n <= 0 {
		t.bad = true
		return 0
	}
	t.at += n
	return v
}

// skip passes n bytes.
func (t *thriftReader) skip(n uint64) {
	if t.bad || n > uint64(len(t.b)-t.at) {
		t.bad = true
		return
	}
	t.at += int(n)
}

// structure passes a struct. path is the field it stands in and that field's parent.
func (t *thriftReader) structure(depth int, path [2]int) {
	if depth > maxThriftDepth {
		t.bad = true
	}
	id := 0
	for !t.bad {
		head := t.byte()
		if head == 0 {
			return
		}
		if delta := int(head >> 4); delta > 0 {
			id += delta
		} else {
			v := t.varint()
			id = int(int16(v>>1) ^ -int16(v&1))
		}
		t.level = depth
		t.value(head&15, depth+1, [2]int{path[1], id}, true)
	}
}

// value passes a value of the given type; a boolean field has its value in its type.
func (t *thriftReader) value(typ byte, depth int, path [2]int, field bool) {
	switch {
	case typ == thriftTrue || typ == thriftFalse:
		if !field {
			t.skip(1)
		} else if t.note != nil {
			t.note(path, int64(thriftFalse-typ))
		}
	case typ == thriftByte:
		t.skip(1)
	case typ > thriftByte && typ <= thriftI64:
		v := t.varint()
		if t.note != nil && !t.bad {
			t.note(path, int64(v>>1)^-int64(v&1))
		}
	case typ == thriftDouble:
		t.skip(8)
	case typ == thriftBinary:
		t.skip(t.varint())
	case typ == thriftList || typ == thriftSet:
		t.list(depth, path)
	case typ == thriftMap:
		t.mapping(depth, path)
	case typ == thriftStruct:
		t.structure(depth, path)
	default:
		t.bad = true
	}
}

func (t *thriftReader) list(depth int, path [2]int) {
	head := t.byte()
	n, typ := uint64(head>>4), head&15
	if n == 15 {
		n = t.varint()
	}
	if depth > maxThriftDepth || n > uint64(len(t.b)-t.at) {
		t.bad = true
	}
	for ; n > 0 && !t.bad; n-- {
		t.value(typ, depth+1, path, false)
	}
}

func (t *thriftReader) mapping(depth int, path [2]int) {
	n := t.varint()
	if n == 0 || t.bad {
		return
	}
	kinds := t.byte()
	if depth > maxThriftDepth || n > uint64(len(t.b)-t.at) {
		t.bad = true
	}
	for ; n > 0 && !t.bad; n-- {
		t.value(kinds>>4, depth+1, path, false)
		t.value(kinds&15, depth+1, path, false)
	}
}
