package mmapseg

import (
	"encoding/binary"
	"fmt"

	"driftdb/internal/binfmt"
)

// AttrRequired is the bit of an attribute's type that says: who does not know it must not
// read the frame.
const AttrRequired = 1 << 15

const attrHeaderSize = 8

// AppendAttr appends one attribute to a block of attributes.
func AppendAttr(block []byte, typ uint16, value []byte) []byte {
	block = binary.LittleEndian.AppendUint16(block, typ)
	block = binary.LittleEndian.AppendUint16(block, 0)
	block = binary.LittleEndian.AppendUint32(block, uint32(len(value)))
	block = append(block, value...)
	return append(block, make([]byte, binfmt.AlignUp(len(value), frameAlign)-len(value))...)
}

// EachAttr calls fn for the attributes of a block in order. It returns what is wrong with the
// block, or "".
func EachAttr(block []byte, fn func(typ uint16, value []byte)) (fault string) {
	for len(block) > 0 {
		if len(block) < attrHeaderSize {
			return fmt.Sprintf("attribute header of %d bytes", len(block))
		}
		typ := binary.LittleEndian.Uint16(block)
		reserved := binary.LittleEndian.Uint16(block[2:])
		size := int64(binary.LittleEndian.Uint32(block[4:]))
		next := attrHeaderSize + binfmt.AlignUp(size, frameAlign)
		if reserved != 0 || next > int64(len(block)) {
			return fmt.Sprintf("attribute %d of %d bytes does not fit", typ, size)
		}
		fn(typ, block[attrHeaderSize:attrHeaderSize+size:attrHeaderSize+size])
		block = block[next:]
	}
	return ""
}

// UnknownRequired returns the first required attribute of a block for which known is false.
func UnknownRequired(block []byte, known func(typ uint16) bool) (typ uint16, found bool) {
	EachAttr(block, func(t uint16, _ []byte) {
		if t&AttrRequired != 0 && !found && !known(t) {
			typ, found = t, true
		}
	})
	return typ, found
}
