package expr

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// blendTexts is the different texts that the pieces of a node's blends have had, constants and values of
// dictionaries, while they are few. Blends of them are codes of one byte.
type blendTexts struct {
	number map[string]uint8
	dict   *vec.Dictionary
	many   bool // there were more than codes
	from   []textCodes
}

// textCodes is the codes of the texts of a dictionary.
type textCodes struct {
	dict  *vec.Dictionary
	codes []uint8
}

// maxTextCodes is how many dictionaries are remembered.
const maxTextCodes = 8

// codes returns a blend as a vector of codes, ok false where it has other texts.
func (t *blendTexts) codes(b *blend) (out vec.Vec, ok bool) {
	if t == nil || t.many {
		return out, false
	}
	for i := range b.pieces {
		p := &b.pieces[i]
		if p.Type.Class() != types.Bytes {
			return out, false // a NUMERIC in another form
		}
		if p.Form != vec.Const && (p.Form != vec.Dict || p.Dict.Values.N == 0 || p.Dict.Values.N > math.MaxUint8) {
			return out, false
		}
	}
	codes := arena.MakeZero[uint8](b.f.arena, b.f.n)
	for i := range b.pieces {
		p := &b.pieces[i]
		if isNullConst(p) {
			continue
		}
		if p.Form == vec.Const {
			code, ok := t.code(p.Bytes(0))
			if !ok {
				return out, false
			}
			kernel.FillMask(codes, code, b.masks[i])
			continue
		}
		table := t.table(p.Dict)
		if table == nil {
			return out, false
		}
		own := vec.Cast[uint8](lookedUp(b.f, p, table))
		kernel.Select(codes, own, b.masks[i])
	}
	if len(t.number) == 0 {
		return out, false
	}
	if t.dict == nil || t.dict.Values.N != len(t.number) {
		t.dict = t.dictionary(b.typ)
	}
	return vec.Vec{Type: b.typ, Form: vec.Dict, Width: 1, N: b.f.n, Data: vec.BytesOf(codes), Dict: t.dict}, true
}

// know gives the constants among e, which are of type typ, their codes beforehand.
func (t *blendTexts) know(typ types.Type, e []Expr) {
	if typ.Class() != types.Bytes || typ.ID == types.Numeric {
		return
	}
	for _, x := range e {
		if c, ok := x.(*Const); ok && c.Value.Valid && c.Value.Type == typ {
			t.code([]byte(c.Value.S))
		}
	}
	if len(t.number) > 0 {
		t.dict = t.dictionary(typ)
	}
}

// has reports whether v is one text that has a code: batches with one text and with several then have one dictionary.
func (t *blendTexts) has(v *vec.Vec) bool {
	if t == nil || t.dict == nil || v.Form != vec.Const || v.Type.Class() != types.Bytes || v.IsNull(0) {
		return false
	}
	_, ok := t.number[string(v.Bytes(0))]
	return ok
}

// code returns the code of a text, false where it has none.
func (t *blendTexts) code(s []byte) (uint8, bool) {
	if c, ok := t.number[string(s)]; ok {
		return c, true
	}
	if len(t.number) > math.MaxUint8 {
		t.many = true
		return 0, false
	}
	if t.number == nil {
		t.number = map[string]uint8{}
	}
	c := uint8(len(t.number))
	t.number[string(s)] = c
	return c, true
}

// table returns the codes of the texts of a dictionary, nil where one has none.
func (t *blendTexts) table(d *vec.Dictionary) []uint8 {
	for _, known := range t.from {
		if known.dict == d {
			return known.codes
		}
	}
	codes := make([]uint8, d.Values.N)
	for i := range codes {
		c, ok := t.code(d.Values.Bytes(i))
		if !ok {
			return nil
		}
		codes[i] = c
	}
	if len(t.from) == maxTextCodes {
		t.from = t.from[1:]
	}
	t.from = append(t.from, textCodes{d, codes})
	return codes
}

// dictionary returns the dictionary of all texts.
func (t *blendTexts) dictionary(typ types.Type) *vec.Dictionary {
	texts := make([]string, len(t.number))
	for s, c := range t.number {
		texts[c] = s
	}
	heap, offs := []byte(nil), []int32{0}
	for _, s := range texts {
		heap = append(heap, s...)
		offs = append(offs, int32(len(heap)))
	}
	return &vec.Dictionary{Values: vec.FromBytes(typ, offs, heap, nil)}
}
