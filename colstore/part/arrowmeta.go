package part

import (
	"encoding/binary"
	"strconv"
	"strings"

	flatbuffers "github.com/google/flatbuffers/go"

	"driftdb/internal/binfmt"
	"driftdb/internal/types"
)

// Numbers of the Arrow columnar format 1.5 (Schema.fbs, Message.fbs, File.fbs).
const (
	arrowV5 = 4

	headerSchema     = 1
	headerDictionary = 2
	headerRecord     = 3

	arrowNull            = 1
	arrowInt             = 2
	arrowFloat           = 3
	arrowBinary          = 4
	arrowUtf8            = 5
	arrowBool            = 6
	arrowDate            = 8
	arrowTimestamp       = 10
	arrowFixedSizeBinary = 15

	unitMicros    = 2
	codecZstd     = 1
	singleFloat   = 1
	doubleFloat   = 2
	continuation  = 0xFFFFFFFF
	messagePrefix = 8 // continuation and length
)

var (
	arrowMagic    = []byte("ARROW1\x00\x00")
	arrowMagicEnd = arrowMagic[:6]
)

// arrowBuffer is where one buffer of a message lies in its body.
type arrowBuffer struct{ off, size int64 }

// arrowNode is a column of a message.
type arrowNode struct{ rows, nulls int64 }

// arrowBlock is where a message lies in the image.
type arrowBlock struct {
	off  int64
	meta int32 // bytes with prefix and padding
	body int64
}

// arrowMeta builds the flatbuffers of the image.
type arrowMeta struct {
	b *flatbuffers.Builder
}

func newArrowMeta() *arrowMeta { return &arrowMeta{flatbuffers.NewBuilder(4096)} }

// message finishes the builder as a message of the given kind and frames it, so that a body
// that follows is aligned when the message begins at the image offset off.
func (m *arrowMeta) message(kind byte, header flatbuffers.UOffsetT, bodySize, off int64) []byte {
	m.b.StartObject(5)
	m.b.PrependInt64Slot(3, bodySize, 0)
	m.b.PrependUOffsetTSlot(2, header, 0)
	m.b.PrependByteSlot(1, kind, 0)
	m.b.PrependInt16Slot(0, arrowV5, 0)
	m.b.Finish(m.b.EndObject())
	meta := m.b.FinishedBytes()
	end := binfmt.AlignUp(off+messagePrefix+int64(len(meta)), alignment)
	out := make([]byte, end-off)
	binary.LittleEndian.PutUint32(out, continuation)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-messagePrefix))
	copy(out[messagePrefix:], meta)
	m.b.Reset()
	return out
}

// schemaMessage returns the framed schema.
func (m *arrowMeta) schemaMessage(cols []ColumnSpec, forms []form, off int64) []byte {
	return m.message(headerSchema, m.schema(cols, forms), 0, off)
}

// recordMessage returns the framed record batch of n rows.
func (m *arrowMeta) recordMessage(n int64, nodes []arrowNode, bufs []arrowBuffer, bodySize int64, zstd bool, off int64) []byte {
	return m.message(headerRecord, m.record(n, nodes, bufs, zstd), bodySize, off)
}

// dictionaryMessage returns the framed dictionary batch of n values.
func (m *arrowMeta) dictionaryMessage(id, n int64, bufs []arrowBuffer, bodySize, off int64) []byte {
	data := m.record(n, []arrowNode{{rows: n}}, bufs, false)
	m.b.StartObject(3)
	m.b.PrependInt64Slot(0, id, 0)
	m.b.PrependUOffsetTSlot(1, data, 0)
	return m.message(headerDictionary, m.b.EndObject(), bodySize, off)
}

func (m *arrowMeta) record(n int64, nodes []arrowNode, bufs []arrowBuffer, zstd bool) flatbuffers.UOffsetT {
	var compression flatbuffers.UOffsetT
	if zstd {
		m.b.StartObject(2)
		m.b.PrependByteSlot(0, codecZstd, 0)
		compression = m.b.EndObject()
	}
	m.b.StartVector(16, len(bufs), 8)
	for i := len(bufs) - 1; i >= 0; i-- {
		m.pair(bufs[i].off, bufs[i].size)
	}
	bufVec := m.b.EndVector(len(bufs))
	m.b.StartVector(16, len(nodes), 8)
	for i := len(nodes) - 1; i >= 0; i-- {
		m.pair(nodes[i].rows, nodes[i].nulls)
	}
	nodeVec := m.b.EndVector(len(nodes))
	m.b.StartObject(5)
	m.b.PrependInt64Slot(0, n, 0)
	m.b.PrependUOffsetTSlot(1, nodeVec, 0)
	m.b.PrependUOffsetTSlot(2, bufVec, 0)
	m.b.PrependUOffsetTSlot(3, compression, 0)
	return m.b.EndObject()
}

// pair writes a struct of two int64.
func (m *arrowMeta) pair(a, b int64) {
	m.b.Prep(8, 16)
	m.b.PrependInt64(b)
	m.b.PrependInt64(a)
}

// footer returns the file footer.
func (m *arrowMeta) footer(cols []ColumnSpec, forms []form, dicts, records []arrowBlock) []byte {
	schema := m.schema(cols, forms)
	recordVec, dictVec := m.blocks(records), m.blocks(dicts)
	m.b.StartObject(5)
	m.b.PrependUOffsetTSlot(1, schema, 0)
	m.b.PrependUOffsetTSlot(2, dictVec, 0)
	m.b.PrependUOffsetTSlot(3, recordVec, 0)
	m.b.PrependInt16Slot(0, arrowV5, 0)
	m.b.Finish(m.b.EndObject())
	out := append([]byte(nil), m.b.FinishedBytes()...)
	m.b.Reset()
	return out
}

func (m *arrowMeta) blocks(blocks []arrowBlock) flatbuffers.UOffsetT {
	m.b.StartVector(24, len(blocks), 8)
	for i := len(blocks) - 1; i >= 0; i-- {
		m.b.Prep(8, 24)
		m.b.PrependInt64(blocks[i].body)
		m.b.Pad(4)
		m.b.PrependInt32(blocks[i].meta)
		m.b.PrependInt64(blocks[i].off)
	}
	return m.b.EndVector(len(blocks))
}

// schema describes the columns that Arrow's layouts hold, and names the others by their ids.
func (m *arrowMeta) schema(cols []ColumnSpec, forms []form) flatbuffers.UOffsetT {
	var fields, meta []flatbuffers.UOffsetT
	var packed []string
	for i := range cols {
		if forms[i].enc.packed() {
			packed = append(packed, strconv.FormatUint(uint64(cols[i].ID), 10))
		} else {
			fields = append(fields, m.field(&cols[i], forms[i], int64(i)))
		}
	}
	if packed != nil {
		meta = append(meta, m.keyValue("driftdb.packed", strings.Join(packed, ",")))
	}
	fieldVec := m.vector(fields)
	var metaVec flatbuffers.UOffsetT
	if meta != nil {
		metaVec = m.vector(meta)
	}
	m.b.StartObject(4)
	m.b.PrependUOffsetTSlot(1, fieldVec, 0)
	m.b.PrependUOffsetTSlot(2, metaVec, 0)
	return m.b.EndObject()
}

func (m *arrowMeta) vector(items []flatbuffers.UOffsetT) flatbuffers.UOffsetT {
	m.b.StartVector(4, len(items), 4)
	for i := len(items) - 1; i >= 0; i-- {
		m.b.PrependUOffsetT(items[i])
	}
	return m.b.EndVector(len(items))
}

// field describes a column; what Arrow's types do not say is in its metadata.
func (m *arrowMeta) field(c *ColumnSpec, f form, dictID int64) flatbuffers.UOffsetT {
	meta := []flatbuffers.UOffsetT{
		m.keyValue("driftdb.column", strconv.FormatUint(uint64(c.ID), 10)),
		m.keyValue("driftdb.type_version", strconv.FormatUint(uint64(c.TypeVersion), 10)),
		m.keyValue("driftdb.type", c.Type.String()),
	}
	if f.enc == Offset {
		meta = append(meta, m.keyValue("driftdb.base", strconv.FormatInt(f.base, 10)))
	}
	metaVec := m.vector(meta)
	children := m.vector(nil)
	name := m.b.CreateString(c.Name)
	var dict flatbuffers.UOffsetT
	if f.enc == Coded {
		_, index := m.intType(8*f.width, false)
		m.b.StartObject(4)
		m.b.PrependInt64Slot(0, dictID, 0)
		m.b.PrependUOffsetTSlot(1, index, 0)
		m.b.PrependBoolSlot(2, true, false)
		dict = m.b.EndObject()
	}
	kind, typ := m.fieldType(c.Type, f)
	m.b.StartObject(7)
	m.b.PrependUOffsetTSlot(0, name, 0)
	m.b.PrependUOffsetTSlot(3, typ, 0)
	m.b.PrependUOffsetTSlot(4, dict, 0)
	m.b.PrependUOffsetTSlot(5, children, 0)
	m.b.PrependUOffsetTSlot(6, metaVec, 0)
	m.b.PrependByteSlot(2, kind, 0)
	m.b.PrependBoolSlot(1, true, false)
	return m.b.EndObject()
}

func (m *arrowMeta) keyValue(key, value string) flatbuffers.UOffsetT {
	v, k := m.b.CreateString(value), m.b.CreateString(key)
	m.b.StartObject(2)
	m.b.PrependUOffsetTSlot(0, k, 0)
	m.b.PrependUOffsetTSlot(1, v, 0)
	return m.b.EndObject()
}

func (m *arrowMeta) intType(bits int, signed bool) (byte, flatbuffers.UOffsetT) {
	m.b.StartObject(2)
	m.b.PrependInt32Slot(0, int32(bits), 0)
	m.b.PrependBoolSlot(1, signed, false)
	return arrowInt, m.b.EndObject()
}

// fieldType returns the Arrow type a column is stored as.
func (m *arrowMeta) fieldType(t types.Type, f form) (byte, flatbuffers.UOffsetT) {
	switch f.enc {
	case AllNull:
		return arrowNull, m.empty()
	case Offset:
		return m.intType(8*f.width, false)
	}
	switch t.Class() {
	case types.Bits:
		return arrowBool, m.empty()
	case types.Span:
		m.b.StartObject(1)
		m.b.PrependInt32Slot(0, int32(types.Span.Size()), 0)
		return arrowFixedSizeBinary, m.b.EndObject()
	case types.F32, types.F64:
		m.b.StartObject(1)
		m.b.PrependInt16Slot(0, map[types.Class]int16{types.F32: singleFloat, types.F64: doubleFloat}[t.Class()], 0)
		return arrowFloat, m.b.EndObject()
	}
	switch t.ID {
	case types.Date:
		m.b.StartObject(1)
		m.b.PrependInt16Slot(0, 0, 1) // days
		return arrowDate, m.b.EndObject()
	case types.Timestamp, types.TimestampTZ:
		return m.timestamp(t)
	case types.Text, types.Varchar, types.Bpchar, types.JSON, types.JSONB, types.JSONPath, types.Unknown:
		return arrowUtf8, m.empty()
	case types.Bytea:
		return arrowBinary, m.empty()
	}
	if t.Class() == types.Bytes {
		return arrowBinary, m.empty()
	}
	return m.intType(8*t.Class().Size(), true)
}

func (m *arrowMeta) timestamp(t types.Type) (byte, flatbuffers.UOffsetT) {
	var zone flatbuffers.UOffsetT
	if t.ID == types.TimestampTZ {
		zone = m.b.CreateString("UTC")
	}
	m.b.StartObject(2)
	m.b.PrependInt16Slot(0, unitMicros, 0)
	m.b.PrependUOffsetTSlot(1, zone, 0)
	return arrowTimestamp, m.b.EndObject()
}

func (m *arrowMeta) empty() flatbuffers.UOffsetT {
	m.b.StartObject(0)
	return m.b.EndObject()
}
