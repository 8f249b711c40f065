package textin

import (
	"bytes"
	"unicode/utf8"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// plainText reports whether the stored form of the column's values is their text as it stands.
func (x *builder) plainText() bool {
	return x.typ.ID == types.Text || x.typ.ID == types.Varchar && x.typ.Len == 0 || x.typ.ID == types.Unknown
}

// texts copies fields into one heap.
func (x *builder) texts(n int) (vec.Vec, error) {
	data, s := x.b.data(), x.store
	s.offs, s.heap = grow(s.offs, n+1), s.heap[:0]
	s.offs[0] = 0
	for r, k := 0, x.col; r < n; r, k = r+1, k+x.g.cols {
		sp := x.g.spans[k]
		switch {
		case x.isNull(r, sp):
		case sp.escaped():
			s.heap = x.scan.unescape(s.heap, sp.in(data))
		default:
			s.heap = appendField(s.heap, data, int(sp.start), int(sp.end&^flagMask))
		}
		s.offs[r+1] = int32(len(s.heap))
	}
	for from := 0; ; {
		r, text := firstInvalid(s.heap, s.offs, from)
		if r < 0 {
			break
		}
		x.bad = r
		if err := x.fail(r, invalidText(text)); err != nil {
			return vec.Vec{}, err
		}
		from = r + 1
	}
	return vec.Vec{Offs: s.offs, Heap: s.heap}, nil
}

// shortField is how many bytes are copied at once, whatever a field has.
const shortField = 32

// appendField appends data[start:end] to heap. Where there is the room a short field is copied without a call.
func appendField(heap, data []byte, start, end int) []byte {
	at, n := len(heap), end-start
	if n > shortField || start+shortField > len(data) || at+shortField > cap(heap) {
		return append(heap, data[start:end]...)
	}
	*(*[shortField]byte)(heap[at : at+shortField]) = [shortField]byte(data[start:])
	return heap[:at+n]
}

// parsedTexts reads fields whose stored form differs from their text, or has rules: NUMERIC of many
// digits, BYTEA, JSON, VARCHAR(n).
func (x *builder) parsedTexts(n int) (vec.Vec, error) {
	s := x.store
	s.offs, s.heap = grow(s.offs, n+1), s.heap[:0]
	s.offs[0] = 0
	for r := range n {
		if sp := x.g.at(r, x.col); !x.isNull(r, sp) {
			value, err := x.parse(r, sp)
			if err != nil {
				return vec.Vec{}, err
			}
			s.heap = append(s.heap, value.S...)
		}
		s.offs[r+1] = int32(len(s.heap))
	}
	return vec.Vec{Offs: s.offs, Heap: s.heap}, nil
}

// firstInvalid returns the first row, at or behind from, whose text is not UTF-8 or has a zero
// byte, or -1.
func firstInvalid(heap []byte, offs []int32, from int) (int, []byte) {
	if from == 0 && vec.ASCII(heap) && bytes.IndexByte(heap, 0) < 0 {
		return -1, nil
	}
	for r := from; r < len(offs)-1; r++ {
		text := heap[offs[r]:offs[r+1]]
		if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
			return r, text
		}
	}
	return -1, nil
}

// invalidText says what PostgreSQL says of text that cannot be stored.
func invalidText(text []byte) error {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if text[i] == 0 || r == utf8.RuneError && size == 1 {
			return dberr.Newf(dberr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x%02x", text[i])
		}
		i += size
	}
	return dberr.Bug("text %q is valid after all", text)
}
