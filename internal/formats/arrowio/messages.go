package arrowio

import (
	"encoding/binary"
	"io"

	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"

	"driftdb/internal/arena"
)

// messages reads the messages of a stream for the library, which would believe every length that
// they declare. It implements ipc.MessageReader.
type messages struct {
	src  io.ReaderAt
	size int64
	off  int64
	// schema is the message of the schema that the footer of a file has, until it is read; files
	// need not begin with one.
	schema []byte
	// blocks are where the other messages of a file begin, as its footer says; nil for a stream. The
	// first of them are dictionaries.
	blocks       []int64
	dictionaries int
	// mem is the memory of the one record batch that is read, nil where all are: fresh memory costs more than
	// what is read into it.
	mem *arena.Arena
}

// bodyBytes is bytes for the body of a message.
func (m *messages) bodyBytes(n, begin int64) ([]byte, error) {
	if m.mem == nil || n > m.size-m.off {
		return m.bytes(n, begin)
	}
	b := m.mem.Alloc(int(n))
	return b, m.fill(b, begin)
}

const (
	// continuation begins a message.
	continuation = 0xFFFFFFFF
	// maxExpansion is how many bytes one compressed byte may stand for: zstd has blocks of four bytes that
	// repeat a byte 2^17 times.
	maxExpansion = 1 << 15
	// maxBuffer is the size that a buffer may have whatever its compressed size is.
	maxBuffer = 16 << 20
)

// Fields of the tables of Message.fbs, as offsets in their vtables.
const (
	messageHeaderType  = 6
	messageHeader      = 8
	messageBodyLength  = 10
	schemaFields       = 6
	schemaMetadata     = 8
	fieldTypeType      = 8
	fieldType          = 10
	fieldChildren      = 14
	fieldMetadata      = 16
	unionTypeIDs       = 6
	dictionaryData     = 6
	recordNodes        = 6
	recordBuffers      = 8
	recordCompression  = 10
	recordVariadic     = 12
	footerSchema       = 6
	footerDictionaries = 8
	footerRecords      = 10
	blockBytes         = 24 // of a block in the footer

	headerSchema     = 1
	headerDictionary = 2
	headerRecord     = 3
	typeUnion        = 14
	metadataV5       = 4
)

// magic begins and ends a file.
const magic = "ARROW1"

// skipMagic passes the beginning of a file, and finds where its footer begins: there may be no other
// end of the messages.
func (m *messages) skipMagic() error {
	head, tail := make([]byte, 8), make([]byte, 4+len(magic))
	if n, _ := m.src.ReadAt(head, 0); n < len(head) || string(head[:len(magic)]) != magic {
		return nil // a stream
	}
	end := m.size - int64(len(tail))
	if _, err := m.src.ReadAt(tail, max(end, 0)); end < 8 || err != nil && err != io.EOF || string(tail[4:]) != magic {
		return damaged("it does not end with %s", magic)
	}
	footer := int64(binary.LittleEndian.Uint32(tail))
	if footer > end-8 {
		return damaged("its footer declares %d bytes, the file has %d", footer, m.size)
	}
	m.off, m.size = 8, end-footer
	foot := make([]byte, footer)
	if _, err := m.src.ReadAt(foot, m.size); err != nil && err != io.EOF {
		return err
	}
	if msg, ok := schemaMessage(foot); ok {
		m.schema = msg
		return guard(func() (err error) {
			m.blocks, m.dictionaries, err = footerBlocks(foot, m.size)
			return err
		})
	}
	return nil
}

// footerBlocks returns where the messages of dictionaries, which it counts, and then of record batches begin.
func footerBlocks(footer []byte, end int64) (blocks []int64, dictionaries int, err error) {
	root := &flatbuffers.Table{Bytes: footer, Pos: flatbuffers.GetUOffsetT(footer)}
	budget := len(footer)
	blocks = []int64{}
	for _, slot := range []flatbuffers.VOffsetT{footerDictionaries, footerRecords} {
		n, err := checkVector(root, slot, blockBytes, &budget)
		if err != nil {
			return nil, 0, err
		}
		if slot == footerDictionaries {
			dictionaries = n
		}
		for i := range n {
			at := root.GetInt64(root.Vector(flatbuffers.UOffsetT(root.Offset(slot))) + flatbuffers.UOffsetT(blockBytes*i))
			if at < 8 || at >= end {
				return nil, 0, damaged("its footer says that a message begins at byte %d", at)
			}
			blocks = append(blocks, at)
		}
	}
	return blocks, dictionaries, nil
}

// schemaMessage makes a message of the schema in a footer: the table of a message in front of the
// footer, whose offsets are relative.
func schemaMessage(footer []byte) (msg []byte, ok bool) {
	if len(footer) < 8 {
		return nil, false
	}
	const (
		vtable = 8
		table  = 24
		header = table + 8
		front  = 48
	)
	root := &flatbuffers.Table{Bytes: footer, Pos: flatbuffers.GetUOffsetT(footer)}
	err := guard(func() error {
		at := flatbuffers.UOffsetT(root.Offset(footerSchema))
		if at == 0 {
			return damaged("its footer has no schema")
		}
		schema := root.Indirect(root.Pos + at)
		msg = make([]byte, front, front+len(footer))
		binary.LittleEndian.PutUint32(msg, table)
		for i, x := range []uint16{12, 24, 4, 6, 8, 16} { // sizes of vtable and table; version, type, header, body length
			binary.LittleEndian.PutUint16(msg[vtable+2*i:], x)
		}
		binary.LittleEndian.PutUint32(msg[table:], table-vtable)
		binary.LittleEndian.PutUint16(msg[table+4:], metadataV5)
		msg[table+6] = headerSchema
		binary.LittleEndian.PutUint32(msg[header:], uint32(front-header)+uint32(schema))
		msg = append(msg, footer...)
		whole := &flatbuffers.Table{Bytes: msg, Pos: flatbuffers.GetUOffsetT(msg)}
		return checkHeader(whole, nil, 0)
	})
	return msg, err == nil
}

// Message implements ipc.MessageReader.
func (m *messages) Message() (*ipc.Message, error) {
	if s := m.schema; s != nil {
		m.schema = nil
		return ipc.NewMessage(memory.NewBufferBytes(s), memory.NewBufferBytes(nil)), nil
	}
	if m.blocks != nil {
		if len(m.blocks) == 0 {
			return nil, io.EOF
		}
		m.off, m.blocks = m.blocks[0], m.blocks[1:]
	}
	begin := m.off
	size, err := m.length()
	if err != nil {
		return nil, err
	}
	meta, err := m.bytes(int64(size), begin)
	if err != nil {
		return nil, err
	}
	var body []byte
	err = guard(func() error {
		root := &flatbuffers.Table{Bytes: meta, Pos: flatbuffers.GetUOffsetT(meta)}
		length := root.GetInt64Slot(messageBodyLength, 0)
		if length < 0 {
			return damaged("a message at byte %d declares %d bytes", begin, length)
		}
		if body, err = m.bodyBytes(length, begin); err != nil {
			return err
		}
		return checkHeader(root, body, begin)
	})
	if err != nil {
		return nil, err
	}
	return ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(body)), nil
}

// length reads the length of the next message; the end of the stream is io.EOF.
func (m *messages) length() (uint32, error) {
	for first := true; ; first = false {
		if m.off+4 > m.size {
			return 0, io.EOF
		}
		b, err := m.bytes(4, m.off)
		if err != nil {
			return 0, err
		}
		n := binary.LittleEndian.Uint32(b)
		switch {
		case n == 0:
			return 0, io.EOF
		case n != continuation:
			return n, nil
		case !first:
			return 0, damaged("no message at byte %d", m.off)
		}
	}
}

// bytes reads the next n bytes of a message that begins at byte begin.
func (m *messages) bytes(n, begin int64) ([]byte, error) {
	if n > m.size-m.off {
		return nil, damaged("a message at byte %d declares %d bytes where %d are left", begin, n, m.size-m.off)
	}
	b := memory.NewGoAllocator().Allocate(int(n))
	return b, m.fill(b, begin)
}

// fill reads the next bytes of a message that begins at byte begin.
func (m *messages) fill(b []byte, begin int64) error {
	if got, err := m.src.ReadAt(b, m.off); got < len(b) {
		return damaged("a message at byte %d cannot be read: %v", begin, err)
	}
	m.off += int64(len(b))
	return nil
}

// checkHeader proves what the header of a message declares.
func checkHeader(root *flatbuffers.Table, body []byte, begin int64) error {
	at := flatbuffers.UOffsetT(root.Offset(messageHeader))
	if at == 0 {
		return damaged("the message at byte %d has no header", begin)
	}
	header := &flatbuffers.Table{Bytes: root.Bytes, Pos: root.Indirect(root.Pos + at)}
	switch root.GetByteSlot(messageHeaderType, 0) {
	case headerSchema:
		budget := len(root.Bytes)
		return checkFields(header, schemaFields, 0, &budget)
	case headerDictionary:
		at := flatbuffers.UOffsetT(header.Offset(dictionaryData))
		if at == 0 {
			return damaged("a dictionary at byte %d is empty", begin)
		}
		return checkBuffers(&flatbuffers.Table{Bytes: root.Bytes, Pos: header.Indirect(header.Pos + at)}, body, begin)
	case headerRecord:
		return checkBuffers(header, body, begin)
	}
	return damaged("the message at byte %d is of no known kind", begin)
}

// maxFieldDepth is the deepest nesting of a type.
const maxFieldDepth = 32

// checkFields proves the lengths of the lists below a schema or field. Lists may share memory: budget
// is what all of them together may have.
func checkFields(t *flatbuffers.Table, slot flatbuffers.VOffsetT, depth int, budget *int) error {
	n, err := checkVector(t, slot, 4, budget)
	if err != nil || depth > maxFieldDepth {
		return damaged("its schema does not hold together")
	}
	for i := range n {
		p := t.Vector(flatbuffers.UOffsetT(t.Offset(slot))) + flatbuffers.UOffsetT(4*i)
		field := &flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(p)}
		if _, err := checkVector(field, fieldMetadata, 4, budget); err != nil {
			return err
		}
		if at := flatbuffers.UOffsetT(field.Offset(fieldType)); at != 0 && field.GetByteSlot(fieldTypeType, 0) == typeUnion {
			union := &flatbuffers.Table{Bytes: t.Bytes, Pos: field.Indirect(field.Pos + at)}
			if _, err := checkVector(union, unionTypeIDs, 4, budget); err != nil {
				return err
			}
		}
		if err := checkFields(field, fieldChildren, depth+1, budget); err != nil {
			return err
		}
	}
	if depth == 0 {
		_, err = checkVector(t, schemaMetadata, 4, budget)
	}
	return err
}

// checkVector returns the length of a list of elements of size bytes, when they lie in the message.
func checkVector(t *flatbuffers.Table, slot flatbuffers.VOffsetT, size int, budget *int) (int, error) {
	at := flatbuffers.UOffsetT(t.Offset(slot))
	if at == 0 {
		return 0, nil
	}
	n, first := t.VectorLen(at), int(t.Vector(at))
	if n < 0 || first > len(t.Bytes) || n > (len(t.Bytes)-first)/size || n > *budget {
		return 0, damaged("a list of %d elements lies outside its message", n)
	}
	*budget -= n
	return n, nil
}

// checkBuffers proves the lists of a record batch and the sizes that its compressed buffers declare.
func checkBuffers(rec *flatbuffers.Table, body []byte, begin int64) error {
	budget := len(rec.Bytes)
	n, err := checkVector(rec, recordBuffers, 16, &budget)
	if err == nil {
		_, err = checkVector(rec, recordNodes, 16, &budget)
	}
	if err == nil {
		err = checkVariadic(rec, n, &budget)
	}
	if err != nil || n == 0 {
		return err
	}
	packed := rec.Offset(recordCompression) != 0
	first := rec.Vector(flatbuffers.UOffsetT(rec.Offset(recordBuffers)))
	for i := range n {
		p := first + flatbuffers.UOffsetT(16*i)
		off, size := rec.GetInt64(p), rec.GetInt64(p+8)
		if off < 0 || size < 0 || off > int64(len(body)) || size > int64(len(body))-off {
			return damaged("a buffer of the message at byte %d lies outside it", begin)
		}
		if !packed || size < 8 {
			continue
		}
		plain := int64(binary.LittleEndian.Uint64(body[off:]))
		if plain < -1 || plain > maxBuffer && plain/maxExpansion > size {
			return damaged("a buffer of the message at byte %d declares that %d bytes become %d", begin, size, plain)
		}
	}
	return nil
}

// checkVariadic proves how many of the buffers columns of views say that they have.
func checkVariadic(rec *flatbuffers.Table, buffers int, budget *int) error {
	n, err := checkVector(rec, recordVariadic, 8, budget)
	if err != nil || n == 0 {
		return err
	}
	first := rec.Vector(flatbuffers.UOffsetT(rec.Offset(recordVariadic)))
	for i := range n {
		have := rec.GetInt64(first + flatbuffers.UOffsetT(8*i))
		if have < 0 || have > int64(buffers) {
			return damaged("a column of views declares %d buffers of %d", have, buffers)
		}
		buffers -= int(have)
	}
	return nil
}

// Release implements ipc.MessageReader: the memory is Go's.
func (m *messages) Release() {}

// Retain implements ipc.MessageReader.
func (m *messages) Retain() {}
