package types

import (
	"encoding/binary"
	"math"

	"driftdb/internal/dberr"
)

// arrayBit makes the ID of an array of its elements' ID.
const arrayBit ID = 64

// MaxDims is the most dimensions of an array.
const MaxDims = 6

// maxArray is PostgreSQL's limit of the elements of an array.
const maxArray = 134217727

// ArrayOf returns the ID of the arrays whose elements have the given ID.
func ArrayOf(id ID) ID { return id | arrayBit }

// IsArray reports whether id is that of an array.
func (id ID) IsArray() bool { return id >= arrayBit && id < 2*arrayBit }

// Elem returns the ID of an array's elements.
func (id ID) Elem() ID { return id &^ arrayBit }

// Known reports whether id is one that may be stored.
func (id ID) Known() bool {
	return id <= LastID || id.IsArray() && id.Elem() >= Bool && id.Elem() <= LastID
}

// IsArray reports whether t is an array type.
func (t Type) IsArray() bool { return t.ID.IsArray() }

// Elem returns the type of an array's elements. An array has their modifiers.
func (t Type) Elem() Type {
	t.ID = t.ID.Elem()
	return t
}

// Array returns the type of arrays of t.
func (t Type) Array() Type {
	t.ID = ArrayOf(t.ID)
	return t
}

// Dim is one dimension of an array.
type Dim struct{ Len, Lower int32 }

// Array is an array taken apart: the elements in row-major order. An empty one has no
// dimensions.
type Array struct {
	Dims  []Dim
	Elems []Value
}

// List returns the array of one dimension with the given elements.
func List(elems []Value) Array {
	if len(elems) == 0 {
		return Array{}
	}
	return Array{Dims: []Dim{{int32(len(elems)), 1}}, Elems: elems}
}

// Value returns the array as a value of an array type; the elements have its type of
// elements, but for modifiers.
//
// The stored form is the number of dimensions, the length and lower bound of each, and
// the elements: their length in bytes and one, or 0 for NULL, and their own form, in which
// numbers of any modifiers are alike.
func (a Array) Value(t Type) (Value, error) {
	if err := CheckArraySize(len(a.Elems)); err != nil {
		return Value{}, err
	}
	if len(a.Elems) == 0 {
		a.Dims = nil
	}
	dst := binary.AppendUvarint(nil, uint64(len(a.Dims)))
	for _, d := range a.Dims {
		dst = binary.AppendVarint(binary.AppendUvarint(dst, uint64(d.Len)), int64(d.Lower))
	}
	var buf []byte
	for i := range a.Elems {
		if !a.Elems[i].Valid {
			dst = append(dst, 0)
			continue
		}
		var err error
		if buf, err = appendElement(buf[:0], &a.Elems[i]); err != nil {
			return Value{}, err
		}
		dst = append(binary.AppendUvarint(dst, uint64(len(buf))+1), buf...)
	}
	return BytesValue(t, string(dst)), nil
}

// appendElement appends the form of an element.
func appendElement(dst []byte, v *Value) ([]byte, error) {
	if v.Type.ID == Numeric {
		d, err := v.Decimal()
		return d.AppendEncoded(dst), err
	}
	switch v.Type.Class() {
	case F32, F64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.F)), nil
	case Span:
		dst = binary.LittleEndian.AppendUint32(dst, uint32(v.Iv.Months))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(v.Iv.Days))
		return binary.LittleEndian.AppendUint64(dst, uint64(v.Iv.Micros)), nil
	case Bytes:
		return append(dst, v.S...), nil
	}
	return binary.AppendVarint(dst, v.I), nil
}

// arrayReader takes a stored form apart.
type arrayReader struct {
	s   string
	bad bool
}

func (r *arrayReader) uvarint() uint64 {
	if len(r.s) > 0 && r.s[0] < 0x80 {
		x := uint64(r.s[0])
		r.s = r.s[1:]
		return x
	}
	return r.longUvarint()
}

// longUvarint is uvarint for more than one byte.
func (r *arrayReader) longUvarint() uint64 {
	x, shift := uint64(0), uint(0)
	for i := 0; i < len(r.s) && shift < 64; i++ {
		x |= uint64(r.s[i]&0x7f) << shift
		if r.s[i] < 0x80 {
			r.s = r.s[i+1:]
			return x
		}
		shift += 7
	}
	r.bad = true
	return 0
}

func (r *arrayReader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// dims reads the dimensions and returns how many elements follow.
func (r *arrayReader) dims() (dims []Dim, n int) {
	var buf [MaxDims]Dim
	count, n := r.head(&buf)
	return append(dims, buf[:count]...), n
}

// head reads the dimensions into dims and returns how many there are, and how many elements follow.
func (r *arrayReader) head(dims *[MaxDims]Dim) (count, n int) {
	if s := r.s; len(s) > 3 && s[0] == 1 && s[1]-1 < 0x7f && s[2] < 0x80 && int(s[1]) <= len(s)-3 { // one dimension, as almost always
		dims[0] = Dim{int32(s[1]), int32(s[2]>>1) ^ -int32(s[2]&1)}
		r.s = s[3:]
		return 1, int(s[1])
	}
	c := r.uvarint()
	if r.bad || c > MaxDims {
		r.bad = true
		return 0, 0
	}
	if c == 0 {
		return 0, 0
	}
	n = 1
	for i := range dims[:c] {
		length, lower := r.uvarint(), r.varint()
		if length == 0 || length > maxArray || n*int(length) > maxArray {
			r.bad = true
			return 0, 0
		}
		dims[i] = Dim{int32(length), int32(lower)}
		n *= int(length)
	}
	r.bad = r.bad || n > len(r.s)
	return int(c), n
}

// form reads the stored form of the next element; ok is false for a NULL.
func (r *arrayReader) form() (form string, ok bool) {
	size := r.uvarint()
	if r.bad || size == 0 {
		return "", false
	}
	if size--; size > uint64(len(r.s)) {
		r.bad = true
		return "", false
	}
	form = r.s[:size]
	r.s = r.s[size:]
	return form, true
}

// element reads the next one.
func (r *arrayReader) element(t Type) Value {
	form, ok := r.form()
	if !ok {
		return NullOf(t)
	}
	size := len(form)
	v := Value{Type: t, Valid: true}
	switch c := t.Class(); {
	case t.IsScaled():
		d, err := DecodeDecimal([]byte(form))
		if err == nil {
			v, err = NumericValue(t, d)
		}
		r.bad = r.bad || err != nil
	case c == Bytes:
		v.S = form
	case c == F32 || c == F64:
		if r.bad = size != 8; !r.bad {
			v.F = math.Float64frombits(binary.LittleEndian.Uint64([]byte(form)))
		}
	case c == Span:
		if r.bad = size != 16; !r.bad {
			b := []byte(form)
			v.Iv = IntervalValue{int32(binary.LittleEndian.Uint32(b)), int32(binary.LittleEndian.Uint32(b[4:])), int64(binary.LittleEndian.Uint64(b[8:]))}
		}
	default:
		one := arrayReader{s: form}
		v.I, r.bad = one.varint(), one.bad
	}
	return v
}

// Array takes an array apart; the elements alias v.
func (v Value) Array() (Array, error) {
	r := arrayReader{s: v.S}
	dims, n := r.dims()
	if r.bad {
		return Array{}, badArray()
	}
	a := Array{Dims: dims, Elems: make([]Value, n)}
	t := v.Type.Elem()
	for i := range a.Elems {
		if a.Elems[i] = r.element(t); r.bad {
			return Array{}, badArray()
		}
	}
	return a, nil
}

// ArrayDims returns the dimensions of an array and how many elements it has.
func (v Value) ArrayDims() ([]Dim, int, error) {
	r := arrayReader{s: v.S}
	dims, n := r.dims()
	if r.bad {
		return nil, 0, badArray()
	}
	return dims, n, nil
}

// ArrayItem returns element i of an array, from 0, in row-major order: NULL outside.
func (v Value) ArrayItem(i int64) (Value, error) {
	r := arrayReader{s: v.S}
	var dims [MaxDims]Dim
	_, n := r.head(&dims)
	return r.item(i, n, v.Type.Elem())
}

// ListItem returns the element of an array of one dimension at subscript i: NULL outside, and of other arrays.
func (v Value) ListItem(i int64) (Value, error) {
	r := arrayReader{s: v.S}
	var dims [MaxDims]Dim
	count, n := r.head(&dims)
	if count != 1 {
		n = 0
	}
	return r.item(i-int64(dims[0].Lower), n, v.Type.Elem())
}

// item returns element i of the n that are next, NULL outside.
func (r *arrayReader) item(i int64, n int, t Type) (Value, error) {
	if i < 0 || i >= int64(n) || r.bad {
		if r.bad {
			return Value{}, badArray()
		}
		return NullOf(t), nil
	}
	for ; i > 0; i-- {
		r.form()
	}
	e := r.element(t)
	if r.bad {
		return Value{}, badArray()
	}
	return e, nil
}

func badArray() error { return dberr.New(dberr.DataCorrupted, "damaged array") }

// textToArray reads an array, whose elements are then fitted to their modifiers.
func (c Context) textToArray(v Value, t Type, explicit bool) (Value, error) {
	a, err := c.Parse(v.S, t.Base())
	if err != nil || t == t.Base() {
		return a, err
	}
	return c.castArray(a, t, explicit)
}

// castArray converts the elements of an array.
func (c Context) castArray(v Value, t Type, explicit bool) (Value, error) {
	a, err := v.Array()
	if err != nil {
		return Value{}, err
	}
	for i, e := range a.Elems {
		if a.Elems[i], err = c.Cast(e, t.Elem(), explicit); err != nil {
			return Value{}, err
		}
		a.Elems[i].Type = t.Elem()
	}
	return a.Value(t)
}

// ArrayKey appends bytes that order as arrays do and are equal for equal arrays: the
// elements count first, a NULL being greater than all, then how many there are, then the
// dimensions.
func ArrayKey(dst []byte, t Type, form string) []byte {
	a, err := BytesValue(t, form).Array()
	if err != nil {
		return append(dst, form...) // damaged forms still need one order
	}
	dst = append(appendElementKeys(dst, a.Elems), 0, byte(len(a.Dims)))
	for _, d := range a.Dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(d.Len))
	}
	for _, d := range a.Dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(d.Lower)^1<<31)
	}
	return dst
}

// appendElementKeys appends the keys of elements or fields: a NULL is greater than all.
func appendElementKeys(dst []byte, elems []Value) []byte {
	for i := range elems {
		if !elems[i].Valid {
			dst = append(dst, 2)
			continue
		}
		dst = appendElementKey(append(dst, 1), &elems[i])
	}
	return dst
}

// appendElementKey appends bytes that order as the values do, and none of which begin
// another.
func appendElementKey(dst []byte, v *Value) []byte {
	switch {
	case v.Type.ID == Numeric:
		d, _ := v.Decimal()
		return appendBytesKey(dst, DecimalKey(d.AppendEncoded(nil)))
	case v.Type.ID == JSONB:
		return appendBytesKey(dst, JSONKey(nil, v.S))
	case v.Type.ID == Record:
		return appendBytesKey(dst, RecordKey(nil, v.S))
	case v.Type.IsArray():
		return appendBytesKey(dst, ArrayKey(nil, v.Type, v.S))
	case v.Type.ID == Bpchar:
		return appendBytesKey(dst, []byte(TrimChar(v.S)))
	}
	if rank, ok := v.Type.Enum.Rank(v.S); ok {
		dst = binary.BigEndian.AppendUint32(dst, uint32(rank)+1)
	}
	switch v.Type.Class() {
	case F32, F64:
		return binary.BigEndian.AppendUint64(dst, floatKey(v.F))
	case Span:
		hi, lo := v.Iv.wide()
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, uint64(hi)^1<<63), lo)
	case Bytes:
		return appendBytesKey(dst, []byte(v.S))
	}
	return binary.BigEndian.AppendUint64(dst, uint64(v.I)^1<<63)
}

// floatKey orders floats: -0 is 0, NaN the greatest.
func floatKey(f float64) uint64 {
	switch {
	case math.IsNaN(f):
		return math.MaxUint64
	case f == 0:
		return 1 << 63
	}
	b := math.Float64bits(f)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

// appendBytesKey appends bytes with an end that no longer ones share.
func appendBytesKey(dst, b []byte) []byte {
	for _, c := range b {
		if dst = append(dst, c); c == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, 0, 1)
}

// ElementKey returns bytes that are equal for equal values of one type, NULLs aside.
func ElementKey(v *Value) string { return string(appendElementKey(nil, v)) }

// AppendListHead begins the stored form of an array of one dimension, whose n elements are to follow as
// AppendElement and its like make them.
func AppendListHead(dst []byte, n int) []byte {
	if n == 0 {
		return append(dst, 0)
	}
	return binary.AppendVarint(binary.AppendUvarint(append(dst, 1), uint64(n)), 1)
}

// AppendTextElement appends an element that is a text as it stands in a stored array.
func AppendTextElement(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))+1), s...)
}

// AppendIntElement appends an element of a class of integers as it stands in a stored array.
func AppendIntElement(dst []byte, i int64) []byte {
	at := len(dst)
	dst = binary.AppendVarint(append(dst, 0), i)
	dst[at] = byte(len(dst) - at)
	return dst
}

// CheckArraySize is an error for more elements than an array may have.
func CheckArraySize(n int) error {
	if n > maxArray {
		return dberr.Newf(dberr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArray)
	}
	return nil
}

// ListLen returns the length of the first dimension of a stored array, and how many elements it has.
func ListLen(form string) (length, n int, err error) {
	r := arrayReader{s: form}
	var dims [MaxDims]Dim
	if _, n = r.head(&dims); r.bad {
		return 0, 0, badArray()
	}
	return int(dims[0].Len), n, nil
}

// Elements reads the elements of a stored array, one after another. The zero value has none.
type Elements struct {
	Dims  int   // of the array
	Lower int32 // bound of the first of them
	r     arrayReader
	left  int
}

// ReadElements returns the elements of an array; they alias its form.
func ReadElements(form string) (Elements, error) {
	e := Elements{r: arrayReader{s: form}}
	var dims [MaxDims]Dim
	if e.Dims, e.left = e.r.head(&dims); e.r.bad {
		return Elements{}, badArray()
	}
	e.Lower = dims[0].Lower
	return e, nil
}

// Left is how many elements are yet to be read. Only so many may be read.
func (e *Elements) Left() int { return e.left }

// Form reads the stored form of an element, which is that of its value for the class Bytes; ok is false for NULL.
func (e *Elements) Form() (form string, ok bool) {
	e.left--
	return e.r.form()
}

// Int reads an element of a class of integers; ok is false for NULL.
func (e *Elements) Int() (i int64, ok bool) {
	e.left--
	size := e.r.uvarint()
	if e.r.bad || size == 0 {
		return 0, false
	}
	return e.r.varint(), !e.r.bad
}

// Value reads an element of type t.
func (e *Elements) Value(t Type) Value {
	e.left--
	return e.r.element(t)
}

// Err reports a damaged form among what was read.
func (e *Elements) Err() error {
	if e.r.bad {
		return badArray()
	}
	return nil
}

// AppendElement appends an element as it stands in a stored array.
func AppendElement(dst []byte, v *Value) ([]byte, error) {
	if !v.Valid {
		return append(dst, 0), nil
	}
	switch c := v.Type.Class(); {
	case c == Bytes && v.Type.ID != Numeric:
		return append(binary.AppendUvarint(dst, uint64(len(v.S))+1), v.S...), nil
	case c == F64:
		return binary.LittleEndian.AppendUint64(append(dst, 9), math.Float64bits(v.F)), nil
	}
	var buf [64]byte
	form, err := appendElement(buf[:0], v)
	return append(binary.AppendUvarint(dst, uint64(len(form))+1), form...), err
}

// JoinElements appends the stored form of the array with the given dimensions and elements,
// which AppendElement made.
func JoinElements(dst []byte, dims []Dim, elems []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(dims)))
	for _, d := range dims {
		dst = binary.AppendVarint(binary.AppendUvarint(dst, uint64(d.Len)), int64(d.Lower))
	}
	return append(dst, elems...)
}
