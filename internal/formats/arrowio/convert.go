package arrowio

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// convert makes a vector of an array.
type convert func(a arrow.Array, t types.Type) (vec.Vec, error)

// readers says for each Arrow type what it is read as, and how. Types with parameters are in readAs.
var readers = map[arrow.Type]struct {
	id   types.ID
	read convert
}{
	arrow.NULL:                    {types.Text, readNulls},
	arrow.BOOL:                    {types.Bool, readBools},
	arrow.INT8:                    {types.Int16, readInts(func(a *array.Int8, i int) (int16, error) { return int16(a.Value(i)), nil })},
	arrow.INT16:                   {types.Int16, readSame((*array.Int16).Int16Values, nil)},
	arrow.INT32:                   {types.Int32, readSame((*array.Int32).Int32Values, nil)},
	arrow.INT64:                   {types.Int64, readSame((*array.Int64).Int64Values, nil)},
	arrow.UINT8:                   {types.Int16, readInts(func(a *array.Uint8, i int) (int16, error) { return int16(a.Value(i)), nil })},
	arrow.UINT16:                  {types.Int32, readInts(func(a *array.Uint16, i int) (int32, error) { return int32(a.Value(i)), nil })},
	arrow.UINT32:                  {types.Int64, readInts(func(a *array.Uint32, i int) (int64, error) { return int64(a.Value(i)), nil })},
	arrow.FLOAT16:                 {types.Float32, readInts(func(a *array.Float16, i int) (float32, error) { return a.Value(i).Float32(), nil })},
	arrow.FLOAT32:                 {types.Float32, readSame((*array.Float32).Float32Values, nil)},
	arrow.FLOAT64:                 {types.Float64, readSame((*array.Float64).Float64Values, nil)},
	arrow.DATE32:                  {types.Date, readSame((*array.Date32).Date32Values, func(x arrow.Date32) error { _, err := checkDate(int64(x)); return err })},
	arrow.DATE64:                  {types.Date, readInts(func(a *array.Date64, i int) (int32, error) { return checkDate(floorDiv(int64(a.Value(i)), 86400000)) })},
	arrow.TIME32:                  {types.Time, readInts(clock32)},
	arrow.TIME64:                  {types.Time, readInts(clock64)},
	arrow.STRING:                  {types.Text, readWhole(readTexts(func(a *array.String, i int) (string, error) { return a.Value(i), nil }))},
	arrow.LARGE_STRING:            {types.Text, readTexts(func(a *array.LargeString, i int) (string, error) { return a.Value(i), nil })},
	arrow.STRING_VIEW:             {types.Text, readTexts(func(a *array.StringView, i int) (string, error) { return a.Value(i), nil })},
	arrow.BINARY:                  {types.Bytea, readWhole(readBytes(func(a *array.Binary, i int) []byte { return a.Value(i) }))},
	arrow.LARGE_BINARY:            {types.Bytea, readBytes(func(a *array.LargeBinary, i int) []byte { return a.Value(i) })},
	arrow.BINARY_VIEW:             {types.Bytea, readBytes(func(a *array.BinaryView, i int) []byte { return a.Value(i) })},
	arrow.FIXED_SIZE_BINARY:       {types.Bytea, readBytes(func(a *array.FixedSizeBinary, i int) []byte { return a.Value(i) })},
	arrow.DURATION:                {types.Interval, readInts(durationSpan)},
	arrow.INTERVAL_MONTHS:         {types.Interval, readInts(func(a *array.MonthInterval, i int) (vec.Span, error) { return vec.Span{Months: int32(a.Value(i))}, nil })},
	arrow.INTERVAL_DAY_TIME:       {types.Interval, readInts(daySpan)},
	arrow.INTERVAL_MONTH_DAY_NANO: {types.Interval, readInts(nanoSpan)},
}

// extensionKey is the key of a field's metadata that names its extension type.
const extensionKey = "ARROW:extension:name"

// readAs returns what a field is read as; a nil convert says that it cannot be read.
func readAs(f arrow.Field) (types.Type, convert) {
	if t, read := readValues(f); read != nil {
		return t, read
	}
	return readNested(f)
}

// readValues is readAs for types that are not nested.
func readValues(f arrow.Field) (types.Type, convert) {
	name, _ := f.Metadata.GetValue(extensionKey)
	own, _ := f.Metadata.GetValue(TypeKey)
	switch dt := f.Type.(type) {
	case *arrow.Decimal128Type:
		return decimalType(dt.Precision, dt.Scale, readTexts(func(a *array.Decimal128, i int) (string, error) {
			return pointed(a.Value(i).BigInt(), int(dt.Scale)), nil
		}))
	case *arrow.Decimal256Type:
		return decimalType(dt.Precision, dt.Scale, readTexts(func(a *array.Decimal256, i int) (string, error) {
			return pointed(a.Value(i).BigInt(), int(dt.Scale)), nil
		}))
	case *arrow.TimestampType:
		id := types.Timestamp
		if dt.TimeZone != "" {
			id = types.TimestampTZ
		}
		if dt.Unit == arrow.Microsecond {
			return types.T(id), readSame((*array.Timestamp).TimestampValues, func(x arrow.Timestamp) error { _, err := microsOf(int64(x), dt.Unit); return err })
		}
		return types.T(id), readInts(func(a *array.Timestamp, i int) (int64, error) { return microsOf(int64(a.Value(i)), dt.Unit) })
	case *arrow.DictionaryType:
		t, read := readAs(arrow.Field{Type: dt.ValueType, Metadata: f.Metadata})
		if read == nil || dt.ValueType.ID() == arrow.DICTIONARY {
			return types.Type{}, nil
		}
		return t, readDictionary(read)
	case arrow.ExtensionType:
		t, read := readAs(arrow.Field{Type: dt.StorageType(), Metadata: arrow.NewMetadata([]string{extensionKey}, []string{dt.ExtensionName()})})
		if read == nil {
			return types.Type{}, nil
		}
		return t, func(a arrow.Array, t types.Type) (vec.Vec, error) {
			return read(a.(array.ExtensionArray).Storage(), t)
		}
	}
	if f.Type.ID() == arrow.UINT64 {
		return types.Dec(20, 0), readTexts(func(a *array.Uint64, i int) (string, error) { return fmt.Sprint(a.Value(i)), nil })
	}
	r, ok := readers[f.Type.ID()]
	if !ok {
		return types.Type{}, nil
	}
	switch {
	case r.id == types.Text && own == "" && name == "arrow.json":
		return types.T(types.JSON), r.read
	case f.Type.ID() == arrow.FIXED_SIZE_BINARY && name == "arrow.uuid" && f.Type.(*arrow.FixedSizeBinaryType).ByteWidth == 16:
		return types.T(types.UUID), readBytes(func(a *array.FixedSizeBinary, i int) []byte { return a.Value(i) })
	case r.id == types.Text:
		if t, ok := recorded[own]; ok {
			return t, r.read
		}
	}
	return types.T(r.id), r.read
}

// maxScale is the largest scale, of either sign, of a decimal.
const maxScale = 76

func decimalType(prec, scale int32, read convert) (types.Type, convert) {
	if scale > maxScale || scale < -maxScale {
		return types.Type{}, nil
	}
	if prec < 1 || scale < 0 || scale > prec || prec > maxScale {
		return types.T(types.Numeric), read
	}
	t := types.Dec(int(prec), int(scale))
	if !t.IsScaled() {
		return t, read
	}
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(prec)), nil)
	scaled := func(n *big.Int) (int64, error) {
		if n.CmpAbs(limit) >= 0 {
			return 0, dberr.Newf(dberr.NumericValueOutOfRange, "value %s has more than the %d digits of its column", n, prec)
		}
		return n.Int64(), nil
	}
	return t, func(a arrow.Array, t types.Type) (vec.Vec, error) {
		if _, ok := a.(*array.Decimal256); ok {
			return readInts(func(a *array.Decimal256, i int) (int64, error) { return scaled(a.Value(i).BigInt()) })(a, t)
		}
		bound := limit.Int64() // IsScaled: 10^prec is an int64
		return readInts(func(a *array.Decimal128, i int) (int64, error) {
			n := a.Value(i)
			if x := int64(n.LowBits()); x>>63 == n.HighBits() && -bound < x && x < bound {
				return x, nil
			}
			return scaled(n.BigInt())
		})(a, t)
	}
}

// validity returns the words of an array's validity, nil when nothing is NULL.
func validity(a arrow.Array) []uint64 {
	if a.NullN() == 0 {
		return nil
	}
	words := make([]uint64, vec.Words(a.Len()))
	if off := a.Data().Offset(); off&7 == 0 && len(a.NullBitmapBytes()) > 0 {
		copy(vec.BytesOf(words), a.NullBitmapBytes()[off>>3:(off+a.Len()+7)>>3])
		return words
	}
	for i := range a.Len() {
		if a.IsValid(i) {
			words[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	return words
}

func readNulls(a arrow.Array, _ types.Type) (vec.Vec, error) {
	return vec.Vec{Form: vec.Const, Valid: make([]uint64, 1), Offs: []int32{0, 0}}, nil
}

func readBools(a arrow.Array, _ types.Type) (vec.Vec, error) {
	in, words := a.(*array.Boolean), make([]uint64, vec.Words(a.Len()))
	for i := range a.Len() {
		if in.IsValid(i) && in.Value(i) {
			words[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	return vec.Vec{Data: vec.BytesOf(words), Valid: validity(a)}, nil
}

// readInts reads fixed-width values.
func readInts[A arrow.Array, T any](value func(a A, i int) (T, error)) convert {
	return func(in arrow.Array, _ types.Type) (vec.Vec, error) {
		a := in.(A)
		out := make([]T, a.Len()+1) // one more: the memory of no rows is safe to read too
		for i := range a.Len() {
			if a.IsNull(i) {
				continue
			}
			v, err := value(a, i)
			if err != nil {
				return vec.Vec{}, err
			}
			out[i] = v
		}
		return vec.Vec{Data: vec.BytesOf(out[:a.Len()]), Valid: validity(a)}, nil
	}
}

// readBytes reads byte strings.
func readBytes[A arrow.Array](value func(a A, i int) []byte) convert {
	return func(in arrow.Array, _ types.Type) (vec.Vec, error) {
		a := in.(A)
		if err := checkViews(in); err != nil {
			return vec.Vec{}, err
		}
		v := vec.Vec{Offs: make([]int32, 1, a.Len()+1), Valid: validity(a)}
		for i := range a.Len() {
			if !a.IsNull(i) {
				v.Heap = append(v.Heap, value(a, i)...)
			}
			if len(v.Heap) > math.MaxInt32 {
				return v, tooLong()
			}
			v.Offs = append(v.Offs, int32(len(v.Heap)))
		}
		return v, nil
	}
}

func tooLong() error {
	return dberr.New(dberr.ProgramLimitExceeded, "a record batch holds more than 2 GiB of text in a column")
}

// readTexts reads texts, in the syntax of the column's type where that is not TEXT.
func readTexts[A arrow.Array](value func(a A, i int) (string, error)) convert {
	return func(in arrow.Array, t types.Type) (vec.Vec, error) {
		a := in.(A)
		if err := checkViews(in); err != nil {
			return vec.Vec{}, err
		}
		if t.ID == types.TimeTZ {
			return readInts(func(a A, i int) (int64, error) {
				text, err := value(a, i)
				if err != nil {
					return 0, err
				}
				v, err := types.Parse(text, t)
				return v.I, err
			})(in, t)
		}
		v := vec.Vec{Offs: make([]int32, 1, a.Len()+1), Valid: validity(a)}
		for i := range a.Len() {
			if !a.IsNull(i) {
				text, err := value(a, i)
				if err == nil {
					err = checkText([]byte(text))
				}
				if err == nil && t.ID != types.Text {
					var parsed types.Value
					parsed, err = types.Parse(text, t)
					text = parsed.S
				}
				if err != nil {
					return v, err
				}
				v.Heap = append(v.Heap, text...)
			}
			if len(v.Heap) > math.MaxInt32 {
				return v, tooLong()
			}
			v.Offs = append(v.Offs, int32(len(v.Heap)))
		}
		return v, nil
	}
}

// viewBytes is the size of a view of a string.
const viewBytes = 16

// checkViews proves that an array of views has as many as it declares; of the other arrays the
// library does.
func checkViews(a arrow.Array) error {
	switch a.DataType().ID() {
	case arrow.STRING_VIEW, arrow.BINARY_VIEW:
		if b := a.Data().Buffers(); len(b) < 2 || b[1] == nil && a.Len() > 0 || b[1] != nil && b[1].Len()/viewBytes < a.Len() {
			return damaged("an array of views declares %d", a.Len())
		}
	}
	return nil
}

// checkText refuses bytes that are not UTF-8, or zero.
func checkText(text []byte) error {
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return nil
	}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if text[at] == 0 || r == utf8.RuneError && size == 1 {
			return dberr.Newf(dberr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x%02x", text[at])
		}
		at += size
	}
	return nil
}

// readDictionary makes a vector of codes over the values of the dictionary.
func readDictionary(read convert) convert {
	return func(in arrow.Array, t types.Type) (vec.Vec, error) {
		a := in.(*array.Dictionary)
		values, err := read(a.Dictionary(), t)
		if err != nil {
			return values, err
		}
		values.Type, values.N = t, a.Dictionary().Len()
		codes, valid := make([]uint32, a.Len()), make([]uint64, vec.Words(a.Len()))
		nulls := false
		for i := range codes {
			if a.IsNull(i) {
				nulls = true
				continue
			}
			k := a.GetValueIndex(i)
			if k < 0 || k >= values.N {
				return values, damaged("code %d in a dictionary of %d values", k, values.N)
			}
			if values.IsNull(k) {
				nulls = true
				continue
			}
			codes[i] = uint32(k)
			valid[i>>6] |= 1 << (uint(i) & 63)
		}
		if values.N == 0 || values.Form == vec.Const { // no value that a NULL's code could stand for
			return allNull(t), nil
		}
		values.Valid = nil
		v := vec.Vec{Form: vec.Dict, Width: 4, Data: vec.BytesOf(codes), Dict: &vec.Dictionary{Values: values}}
		if nulls {
			v.Valid = valid
		}
		return v, nil
	}
}

// allNull is a constant NULL.
func allNull(t types.Type) vec.Vec {
	v := vec.Vec{Form: vec.Const, Valid: make([]uint64, 1), Data: vec.BytesOf(make([]uint64, 2))}
	if t.Class() == types.Bytes {
		v.Offs, v.Data = []int32{0, 0}, nil
	}
	return v
}

func checkDate(days int64) (int32, error) {
	if !types.ValidDate(days) && !types.IsInfDate(days) {
		return 0, dberr.Newf(dberr.DatetimeFieldOverflow, "date out of range: %d days from 1970-01-01", days)
	}
	return int32(days), nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// microsOf turns a count of units into microseconds.
func microsOf(n int64, unit arrow.TimeUnit) (int64, error) {
	out, ok := toMicros(n, unit)
	if unit == arrow.Microsecond && types.IsInfTime(n) {
		return n, nil
	}
	if !ok || !types.ValidTime(out) {
		return 0, dberr.Newf(dberr.DatetimeFieldOverflow, "timestamp out of range: %d %s", n, unit)
	}
	return out, nil
}

func toMicros(n int64, unit arrow.TimeUnit) (micros int64, ok bool) {
	switch unit {
	case arrow.Second:
		return n * 1e6, n*1e6/1e6 == n
	case arrow.Millisecond:
		return n * 1000, n*1000/1000 == n
	case arrow.Nanosecond:
		return floorDiv(n, 1000), true
	}
	return n, true
}

func durationSpan(a *array.Duration, i int) (vec.Span, error) {
	n := int64(a.Value(i))
	micros, ok := toMicros(n, a.DataType().(*arrow.DurationType).Unit)
	if !ok {
		return vec.Span{}, dberr.Newf(dberr.IntervalFieldOverflow, "interval out of range: %d", n)
	}
	return vec.Span{Micros: micros}, nil
}

func daySpan(a *array.DayTimeInterval, i int) (vec.Span, error) {
	v := a.Value(i)
	return vec.Span{Days: v.Days, Micros: int64(v.Milliseconds) * 1000}, nil
}

func nanoSpan(a *array.MonthDayNanoInterval, i int) (vec.Span, error) {
	v := a.Value(i)
	return vec.Span{Months: v.Months, Days: v.Days, Micros: floorDiv(v.Nanoseconds, 1000)}, nil
}

func clock32(a *array.Time32, i int) (int64, error) {
	micros, _ := toMicros(int64(a.Value(i)), a.DataType().(*arrow.Time32Type).Unit)
	return clockMicros(micros)
}

func clock64(a *array.Time64, i int) (int64, error) {
	micros, _ := toMicros(int64(a.Value(i)), a.DataType().(*arrow.Time64Type).Unit)
	return clockMicros(micros)
}

// clockMicros checks a time of day.
func clockMicros(micros int64) (int64, error) {
	if micros < 0 || micros > 86400e6 {
		return 0, dberr.Newf(dberr.DatetimeFieldOverflow, "time out of range: %d microseconds", micros)
	}
	return micros, nil
}

// pointed writes n × 10^-scale.
func pointed(n *big.Int, scale int) string {
	digits := new(big.Int).Abs(n).String()
	for ; scale < 0; scale++ {
		digits += "0"
	}
	for len(digits) <= scale {
		digits = "0" + digits
	}
	s := digits[:len(digits)-scale]
	if scale > 0 {
		s += "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		s = "-" + s
	}
	return s
}
