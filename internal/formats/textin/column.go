package textin

import (
	"bytes"
	"math"
	"unicode/utf8"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Column is a column of a file and the type its values are read as.
type Column struct {
	Name string
	Type types.Type
}

// builder turns the spans of one column of one block into a vector. It is used again for every
// block a worker parses; the vector lies in store.
type builder struct {
	b     *block
	g     *grid
	col   int
	name  string
	typ   types.Type
	scan  scanner
	ctx   types.Context
	json  bool // fields are JSON values
	empty bool // an empty field of a column that is not text is NULL
	store *store
	text  []byte
	nulls bool
	// notation is how values are written; swapped says that the column's numbers have points for its commas.
	notation *Notation
	swapped  bool
	bad      int // row of the error
	// skipped, where it is not nil, takes the rows that cannot be read, with the error of each.
	skipped map[int]error
}

// store is the memory of a vector.
type store struct {
	words []uint64 // values, as 8-byte words so that every class is aligned
	valid []uint64
	offs  []int32
	heap  []byte
}

// grow returns s with length n. Its elements are whatever they were.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// fixed returns n values of type T over the store's words.
func fixed[T vec.Fixed | vec.Span](s *store, n, size int) []T {
	s.words = grow(s.words, (n*size+7)/8)
	return vec.Cast[T](vec.BytesOf(s.words)[:n*size])
}

// build returns the column. On an error, bad is the row it stands in.
func (x *builder) build() (vec.Vec, error) {
	n := x.g.rows
	x.store.valid = grow(x.store.valid, vec.Words(n))
	for i := range x.store.valid {
		x.store.valid[i] = math.MaxUint64
	}
	x.nulls = false
	v, err := x.values(n)
	v.Type, v.N = x.typ, n
	if x.nulls {
		v.Valid = x.store.valid
	}
	return v, err
}

func (x *builder) values(n int) (vec.Vec, error) {
	switch x.typ.Class() {
	case types.Bits:
		return x.bools(n)
	case types.I16:
		return integers[int16](x, n, 2)
	case types.I32:
		return integers[int32](x, n, 4)
	case types.I64:
		return integers[int64](x, n, 8)
	case types.F32:
		return floats[float32](x, n, 4)
	case types.F64:
		return floats[float64](x, n, 8)
	case types.Span:
		return x.intervals(n)
	}
	if x.plainText() {
		return x.texts(n)
	}
	return x.parsedTexts(n)
}

// isNull notes and reports that row r is NULL.
func (x *builder) isNull(r int, sp span) bool {
	if !sp.null() && (!x.empty || sp.start != sp.end || x.typ.IsString()) {
		return false
	}
	x.store.valid[r>>6] &^= 1 << (uint(r) & 63)
	x.nulls = true
	return true
}

// field returns the text of a field, its escapes resolved.
func (x *builder) field(sp span) []byte {
	data := x.b.data()
	switch {
	case x.json && sp.quoted() && (x.typ.ID == types.JSON || x.typ.ID == types.JSONB):
		return data[sp.start-1 : sp.end&^flagMask+1]
	case sp.escaped():
		x.text = x.scan.unescape(x.text[:0], sp.in(data))
		return x.text
	}
	return sp.in(data)
}

// parse reads the field of row r in the full syntax of its type.
func (x *builder) parse(r int, sp span) (types.Value, error) {
	x.bad = r
	text := x.field(sp)
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return types.Value{}, x.fail(r, invalidText(text))
	}
	if sp.nested() && x.typ.IsArray() && text[0] == '[' {
		v, err := x.parseList(text)
		return v, x.fail(r, err)
	}
	v, err := x.notation.parse(x, text)
	return v, x.fail(r, err)
}

// fail returns err, or notes it where such rows are left out.
func (x *builder) fail(r int, err error) error {
	if err == nil || x.skipped == nil {
		return err
	}
	if x.skipped[r] == nil {
		x.skipped[r] = x.b.locate(err, x.g.rowStart(r), x.name)
	}
	return nil
}

// The forms of texts that integers are read of.
const (
	otherInteger = iota
	plainInteger
	fixedPoint
	dateOfDays
)

func integers[T int16 | int32 | int64](x *builder, n, size int) (vec.Vec, error) {
	out := fixed[T](x.store, n, size)
	read, raw, spans := x.integerReader(), x.b.raw, x.g.spans
	scale, limit, form := uint32(x.typ.Scale), uint64(0), otherInteger
	switch {
	case x.typ.ID == types.Numeric && scale > 0 && scale < 8:
		form, limit = fixedPoint, powers[x.typ.Prec]
	case x.notation.reader(x.typ) != nil:
		read = func([]byte, uint32, uint32) (int64, bool) { return 0, false }
	case x.typ.ID == types.Date:
		form = dateOfDays
	case x.typ.IsInteger() && x.typ.Prec == 0:
		form = plainInteger
	}
	for r, k := 0, x.col; r < n; r, k = r+1, k+x.g.cols {
		sp := spans[k]
		var v int64
		ok := false
		switch end := sp.end &^ flagMask; { // the common forms, without a call of read
		case sp.end&(flagNull|flagEscaped) != 0 || sp.start == end:
		case form == fixedPoint:
			v, ok = parseFixed(raw, sp.start, end, scale, limit)
		case form == dateOfDays:
			var days int32
			days, ok = parseDate(raw[pad+sp.start : pad+end])
			v = int64(days)
		case form == plainInteger && end-sp.start <= 8:
			u, bad := eightDigits(raw, end, end-sp.start)
			v, ok = int64(u), !bad
		}
		if ok && int64(T(v)) == v {
			out[r] = T(v)
			continue
		}
		if x.isNull(r, sp) {
			out[r] = 0
			continue
		}
		v, ok = read(raw, sp.start, sp.end&^flagMask)
		if !ok || int64(T(v)) != v || sp.escaped() {
			value, err := x.parse(r, sp)
			if err != nil {
				return vec.Vec{}, err
			}
			v = value.I
		}
		out[r] = T(v)
	}
	return vec.Vec{Data: vec.BytesOf(out)}, nil
}

// integerReader returns the fast reader of the common form of the column's type. It says false for
// every other text, which then takes the full parser.
func (x *builder) integerReader() func(raw []byte, start, end uint32) (int64, bool) {
	t := x.typ
	switch t.ID {
	case types.Date:
		return func(raw []byte, start, end uint32) (int64, bool) {
			days, ok := parseDate(raw[pad+start : pad+end])
			return int64(days), ok
		}
	case types.Timestamp, types.TimestampTZ:
		return func(raw []byte, start, end uint32) (int64, bool) {
			return parseTimestamp(raw[pad+start:pad+end], t.ID == types.TimestampTZ)
		}
	case types.Time:
		return func([]byte, uint32, uint32) (int64, bool) { return 0, false }
	case types.Numeric:
		scale, limit := uint32(max(t.Scale, 0)), powers[t.Prec]
		return func(raw []byte, start, end uint32) (int64, bool) {
			if scale > 0 && scale < 8 {
				if v, ok := parseFixed(raw, start, end, scale, limit); ok {
					return v, true
				}
			}
			d, ok := parseDecimal(raw[pad+start : pad+end])
			if !ok {
				return 0, false
			}
			return d.scaled(int(t.Prec), int(t.Scale))
		}
	}
	if t.Prec == 0 {
		return parseInt
	}
	lo, hi := types.IntRange(t)
	return func(raw []byte, start, end uint32) (int64, bool) {
		i, ok := parseInt(raw, start, end)
		return i, ok && lo <= i && i <= hi
	}
}

func floats[T float32 | float64](x *builder, n, size int) (vec.Vec, error) {
	out := fixed[T](x.store, n, size)
	for r, k := 0, x.col; r < n; r, k = r+1, k+x.g.cols {
		sp := x.g.spans[k]
		if x.isNull(r, sp) {
			out[r] = 0
			continue
		}
		var f float64
		d, ok := parseDecimal(sp.in(x.b.data()))
		if ok && size == 8 { // a float32 rounded twice could be wrong
			f, ok = d.float()
		}
		if !ok || size == 4 {
			value, err := x.parse(r, sp)
			if err != nil {
				return vec.Vec{}, err
			}
			f = value.F
		}
		out[r] = T(f)
	}
	return vec.Vec{Data: vec.BytesOf(out)}, nil
}

func (x *builder) bools(n int) (vec.Vec, error) {
	x.store.words = grow(x.store.words, vec.Words(n))
	clear(x.store.words)
	for r, k := 0, x.col; r < n; r, k = r+1, k+x.g.cols {
		sp := x.g.spans[k]
		if x.isNull(r, sp) {
			continue
		}
		yes := false
		switch text := sp.in(x.b.data()); string(text) {
		case "true", "t":
			yes = true
		case "false", "f":
		default:
			value, err := x.parse(r, sp)
			if err != nil {
				return vec.Vec{}, err
			}
			yes = value.I != 0
		}
		if yes {
			x.store.words[r>>6] |= 1 << (uint(r) & 63)
		}
	}
	return vec.Vec{Data: vec.BytesOf(x.store.words)}, nil
}

func (x *builder) intervals(n int) (vec.Vec, error) {
	out := fixed[vec.Span](x.store, n, 16)
	for r := range n {
		sp := x.g.at(r, x.col)
		out[r] = vec.Span{}
		if x.isNull(r, sp) {
			continue
		}
		value, err := x.parse(r, sp)
		if err != nil {
			return vec.Vec{}, err
		}
		out[r] = value.Iv
	}
	return vec.Vec{Data: vec.BytesOf(out)}, nil
}
