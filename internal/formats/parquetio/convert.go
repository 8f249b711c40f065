package parquetio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"unicode/utf8"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// packed is values of one column without NULLs, in the layout of the type's class; a boolean
// is one byte.
type packed struct {
	data []byte
	offs []int32
	heap []byte
	n    int
}

// convert turns the values of a page or dictionary into packed ones.
type convert func(raw encoding.Values, t types.Type) (packed, error)

// readAs says what type the values of a leaf column are read as, and how. An error means that
// they cannot be read.
func readAs(t parquet.Type) (types.Type, convert, error) {
	if l := t.LogicalType(); l != nil && l.Value != nil {
		if typ, c, ok := readLogical(l.Value, t); ok {
			return typ, c, nil
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return types.T(types.Bool), readBools, nil
	case parquet.Int32:
		return types.T(types.Int32), readFixed, nil
	case parquet.Int64:
		return types.T(types.Int64), readFixed, nil
	case parquet.Int96:
		return types.T(types.Timestamp), readInt96, nil
	case parquet.Float:
		return types.T(types.Float32), readFixed, nil
	case parquet.Double:
		return types.T(types.Float64), readFixed, nil
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return types.T(types.Bytea), readBytes, nil
	}
	return types.Type{}, nil, dberr.Newf(dberr.FeatureNotSupported, "Parquet type %s is not supported", t)
}

// readLogical is readAs for a logical type; ok is false for one that its physical type reads as.
func readLogical(l format.LogicalTypeValue, t parquet.Type) (types.Type, convert, bool) {
	switch l := l.(type) {
	case *format.StringType, *format.EnumType:
		return types.T(types.Text), readText, true
	case *format.JsonType:
		return types.T(types.JSON), readParsed, true
	case *format.DateType:
		return types.T(types.Date), readFixed, true
	case *format.DecimalType:
		return readDecimal(int(l.Precision), int(l.Scale), t)
	case *format.TimestampType:
		id := types.Timestamp
		if l.IsAdjustedToUTC {
			id = types.TimestampTZ
		}
		return types.T(id), readTimes(l.Unit), true
	case *format.TimeType:
		return types.T(types.Time), readClock(l.Unit), true
	case *format.IntType:
		return readInteger(int(l.BitWidth), l.IsSigned)
	case *format.UUIDType:
		return types.T(types.UUID), readUUID, true
	case *format.Float16Type:
		return types.T(types.Float32), readHalf, true
	}
	return types.Type{}, nil, false
}

func readInteger(bits int, signed bool) (types.Type, convert, bool) {
	switch {
	case signed && bits <= 16:
		return types.T(types.Int16), readInts[int32, int16], true
	case signed && bits == 32:
		return types.T(types.Int32), readFixed, true
	case signed:
		return types.T(types.Int64), readFixed, true
	case bits <= 8:
		return types.T(types.Int16), readInts[uint32, int16], true
	case bits == 16:
		return types.T(types.Int32), readInts[uint32, int32], true
	case bits == 32:
		return types.T(types.Int64), readInts[uint32, int64], true
	}
	return types.Dec(20, 0), readUint64, true
}

// raw returns the bytes of fixed-width values of size bytes, aligned.
func rawOf(v encoding.Values, size int) ([]byte, error) {
	data, _ := v.Data()
	if len(data)%size != 0 {
		return nil, damaged("%d bytes of values of %d bytes", len(data), size)
	}
	if len(data) > 0 && uintptr(unsafe.Pointer(unsafe.SliceData(data)))%8 != 0 {
		data = append(make([]byte, 0, len(data)+8), data...)
	}
	return data, nil
}

// readNothing reads a column that declares that it has no values.
func readNothing(v encoding.Values, _ types.Type) (packed, error) {
	if data, _ := v.Data(); len(data) > 0 {
		return packed{}, damaged("a column of NULLs has values")
	}
	return packed{offs: make([]int32, 1)}, nil
}

func readFixed(v encoding.Values, t types.Type) (packed, error) {
	size := t.Class().Size()
	data, err := rawOf(v, size)
	if err == nil && t.ID == types.Date {
		data, err = readDates(data)
	}
	return packed{data: data, n: len(data) / size}, err
}

// lowDate and lowTime are what DuckDB, and we, write for -infinity.
const (
	lowDate = -types.PosInfDate
	lowTime = -types.PosInfTime
)

// readDates checks days, and returns them with -infinity as it is in memory.
func readDates(data []byte) ([]byte, error) {
	days, own := vec.Cast[int32](data), false
	for i, d := range days {
		switch {
		case types.ValidDate(int64(d)) || types.IsInfDate(int64(d)):
			continue
		case d != lowDate:
			return nil, dberr.Newf(dberr.DatetimeFieldOverflow, "date out of range: %d days from 1970-01-01", d)
		case !own:
			days, own = slices.Clone(days), true
		}
		days[i] = types.NegInfDate
	}
	return vec.BytesOf(days), nil
}

// readBools unpacks the bits of booleans. The number of rows is not known here: padding bits are
// values that no row asks for.
func readBools(v encoding.Values, _ types.Type) (packed, error) {
	data, _ := v.Data()
	out := make([]byte, len(data)*8)
	for i := range out {
		out[i] = data[i>>3] >> (uint(i) & 7) & 1
	}
	return packed{data: out, n: len(out)}, nil
}

func readInts[From int32 | uint32, To int16 | int32 | int64](v encoding.Values, _ types.Type) (packed, error) {
	data, err := rawOf(v, 4)
	if err != nil {
		return packed{}, err
	}
	from := vec.Cast[From](data)
	to := make([]To, len(from))
	for i, x := range from {
		to[i] = To(x)
		if From(to[i]) != x {
			return packed{}, dberr.Newf(dberr.NumericValueOutOfRange, "value %d is out of the range that its column declares", x)
		}
	}
	return packed{data: vec.BytesOf(to), n: len(to)}, nil
}

func readUint64(v encoding.Values, t types.Type) (packed, error) {
	data, err := rawOf(v, 8)
	if err != nil {
		return packed{}, err
	}
	return parsedAll(vec.Cast[uint64](data), t, func(x uint64) string { return fmt.Sprint(x) })
}

// parsedAll makes values of a type of the Bytes class of their texts.
func parsedAll[T any](in []T, t types.Type, text func(T) string) (packed, error) {
	out := packed{offs: make([]int32, 1, len(in)+1), n: len(in)}
	for _, x := range in {
		v, err := types.Parse(text(x), t)
		if err != nil {
			return packed{}, err
		}
		out.heap = append(out.heap, v.S...)
		out.offs = append(out.offs, int32(len(out.heap)))
	}
	return out, nil
}

// unitOf returns how many of a time unit make a microsecond, and how many microseconds one makes.
func unitOf(u format.TimeUnit) (perMicro, micros int64) {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 1, 1000
	case *format.NanoSeconds:
		return 1000, 1
	}
	return 1, 1
}

func readTimes(u format.TimeUnit) convert {
	perMicro, micros := unitOf(u)
	return func(v encoding.Values, _ types.Type) (packed, error) {
		data, err := rawOf(v, 8)
		if err != nil {
			return packed{}, err
		}
		in := vec.Cast[int64](data)
		out := make([]int64, len(in))
		for i, x := range in {
			if perMicro == 1 && micros == 1 && (types.IsInfTime(x) || x == lowTime) {
				if out[i] = x; x == lowTime {
					out[i] = types.NegInfTime
				}
				continue
			}
			out[i] = floorDiv(x, perMicro) * micros
			if out[i]/micros != floorDiv(x, perMicro) || !types.ValidTime(out[i]) {
				return packed{}, dberr.Newf(dberr.DatetimeFieldOverflow, "timestamp out of range: %d", x)
			}
		}
		return packed{data: vec.BytesOf(out), n: len(out)}, nil
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// readInt96 reads the timestamps of older writers: nanoseconds of the day, Julian day.
func readInt96(v encoding.Values, _ types.Type) (packed, error) {
	data, _ := v.Data()
	if len(data)%12 != 0 {
		return packed{}, damaged("%d bytes of values of 12 bytes", len(data))
	}
	out := make([]int64, len(data)/12)
	for i := range out {
		nanos := int64(binary.LittleEndian.Uint64(data[12*i:]))
		days := int64(int32(binary.LittleEndian.Uint32(data[12*i+8:]))) - 2440588
		out[i] = days*86400e6 + floorDiv(nanos, 1000)
		if nanos < 0 || nanos > 86400e9 || !types.ValidTime(out[i]) {
			return packed{}, dberr.Newf(dberr.DatetimeFieldOverflow, "timestamp out of range: day %d, nanosecond %d", days, nanos)
		}
	}
	return packed{data: vec.BytesOf(out), n: len(out)}, nil
}

// readClock reads times of day.
func readClock(u format.TimeUnit) convert {
	perMicro, micros := unitOf(u)
	return func(v encoding.Values, _ types.Type) (packed, error) {
		size := 8
		if micros == 1000 {
			size = 4
		}
		data, err := rawOf(v, size)
		if err != nil {
			return packed{}, err
		}
		all := make([]int64, len(data)/size)
		for i := range all {
			if size == 4 {
				all[i] = int64(vec.Cast[int32](data)[i]) * micros
			} else {
				all[i] = floorDiv(vec.Cast[int64](data)[i], perMicro)
			}
			if all[i] < 0 || all[i] > 86400e6 {
				return packed{}, dberr.Newf(dberr.DatetimeFieldOverflow, "time out of range: %d microseconds", all[i])
			}
		}
		return packed{data: vec.BytesOf(all), n: len(all)}, nil
	}
}

func readHalf(v encoding.Values, _ types.Type) (packed, error) {
	data, _ := v.Data()
	if len(data)%2 != 0 {
		return packed{}, damaged("%d bytes of values of 2 bytes", len(data))
	}
	out := make([]float32, len(data)/2)
	for i := range out {
		out[i] = halfFloat(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return packed{data: vec.BytesOf(out), n: len(out)}, nil
}

// halfFloat returns the value of an IEEE 754 half.
func halfFloat(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, int(h>>10&31), uint32(h&1023)
	switch exp {
	case 0:
		f := float32(math.Ldexp(float64(frac), -24))
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | uint32(exp+112)<<23 | frac<<13)
}

// readBytes reads byte strings of any and of fixed length.
func readBytes(v encoding.Values, _ types.Type) (packed, error) {
	if v.Kind() == encoding.FixedLenByteArray {
		data, size := v.FixedLenByteArray()
		if size <= 0 || len(data)%size != 0 || len(data) > math.MaxInt32 {
			return packed{}, damaged("%d bytes of values of %d bytes", len(data), size)
		}
		out := packed{heap: data, n: len(data) / size, offs: make([]int32, len(data)/size+1)}
		for i := range out.offs {
			out.offs[i] = int32(i * size)
		}
		return out, nil
	}
	data, ends := v.ByteArray()
	if len(data) > math.MaxInt32 {
		return packed{}, dberr.New(dberr.ProgramLimitExceeded, "a Parquet page holds more than 2 GiB")
	}
	if len(ends) == 0 {
		return packed{offs: []int32{0}}, nil
	}
	out := packed{heap: data, n: len(ends) - 1, offs: make([]int32, len(ends))}
	last := uint32(0)
	for i, o := range ends {
		if o < last || int(o) > len(data) {
			return packed{}, damaged("a value ends at byte %d of %d", o, len(data))
		}
		out.offs[i], last = int32(o), o
	}
	return out, nil
}

func readText(v encoding.Values, t types.Type) (packed, error) {
	p, err := readBytes(v, t)
	if err != nil {
		return p, err
	}
	if utf8.Valid(p.heap) && bytes.IndexByte(p.heap, 0) < 0 && startsAligned(p) {
		return p, nil
	}
	for i := range p.n {
		if err := checkText(p.at(i)); err != nil {
			return packed{}, err
		}
	}
	return p, nil
}

// startsAligned reports whether each value begins at the beginning of a character.
func startsAligned(p packed) bool {
	for _, o := range p.offs[:p.n] {
		if int(o) < len(p.heap) && !utf8.RuneStart(p.heap[o]) {
			return false
		}
	}
	return true
}

func (p *packed) at(i int) []byte { return p.heap[p.offs[i]:p.offs[i+1]] }

func checkText(text []byte) error {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if text[at] == 0 || r == utf8.RuneError && size == 1 {
			return dberr.Newf(dberr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x%02x", text[at])
		}
		at += size
	}
	return nil
}

// readParsed reads texts that the type has rules for.
func readParsed(v encoding.Values, t types.Type) (packed, error) {
	p, err := readText(v, types.T(types.Text))
	if err != nil {
		return p, err
	}
	rows := make([]int, p.n)
	for i := range rows {
		rows[i] = i
	}
	switch t.Class() {
	case types.Span:
		return readSpans(p, t)
	case types.I64: // TIME, in our files of old
		out := make([]int64, p.n)
		for i := range out {
			v, err := types.Parse(string(p.at(i)), t)
			if err != nil {
				return packed{}, err
			}
			out[i] = v.I
		}
		return packed{data: vec.BytesOf(out), n: p.n}, nil
	}
	return parsedAll(rows, t, func(i int) string { return string(p.at(i)) })
}

// readInterval reads the intervals of other writers: months, days and milliseconds of four bytes.
func readInterval(v encoding.Values, t types.Type) (packed, error) {
	p, err := readBytes(v, t)
	if err != nil {
		return p, err
	}
	out := make([]vec.Span, p.n)
	for i := range out {
		b := p.at(i)
		if len(b) != 12 {
			return packed{}, damaged("an interval of %d bytes", len(b))
		}
		word := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
		out[i] = vec.Span{Months: int32(word(0)), Days: int32(word(4)), Micros: int64(word(8)) * 1000}
	}
	return packed{data: vec.BytesOf(out), n: p.n}, nil
}

func readSpans(p packed, t types.Type) (packed, error) {
	out := make([]vec.Span, p.n)
	for i := range out {
		v, err := types.Parse(string(p.at(i)), t)
		if err != nil {
			return packed{}, err
		}
		out[i] = v.Iv
	}
	return packed{data: vec.BytesOf(out), n: p.n}, nil
}

func readUUID(v encoding.Values, t types.Type) (packed, error) {
	p, err := readBytes(v, t)
	if err != nil {
		return p, err
	}
	for i := range p.n {
		if n := len(p.at(i)); n != 16 {
			return packed{}, damaged("a UUID of %d bytes", n)
		}
	}
	return p, nil
}

// maxNumericPrec is the most digits of a NUMERIC(p,s).
const maxNumericPrec = 1000

func readDecimal(prec, scale int, t parquet.Type) (types.Type, convert, bool) {
	if prec < 1 || prec > maxNumericPrec || scale < 0 || scale > prec {
		return types.Type{}, nil, false
	}
	typ := types.Dec(prec, scale)
	switch t.Kind() {
	case parquet.Int32:
		return typ, readDecimalInts[int32], true
	case parquet.Int64:
		return typ, readDecimalInts[int64], true
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return typ, readDecimalBytes, true
	}
	return types.Type{}, nil, false
}

func readDecimalInts[T int32 | int64](v encoding.Values, t types.Type) (packed, error) {
	var z T
	data, err := rawOf(v, int(unsafe.Sizeof(z)))
	if err != nil {
		return packed{}, err
	}
	in := vec.Cast[T](data)
	if !t.IsScaled() {
		return parsedAll(in, t, func(x T) string { return pointed(big.NewInt(int64(x)), int(t.Scale)) })
	}
	out := make([]int64, len(in))
	for i, x := range in {
		out[i] = int64(x)
	}
	return packed{data: vec.BytesOf(out), n: len(out)}, checkDigits(out, t)
}

// checkDigits checks that scaled values have no more digits than their type.
func checkDigits(in []int64, t types.Type) error {
	limit := int64(1)
	for range t.Prec {
		limit *= 10
	}
	for _, x := range in {
		if x >= limit || x <= -limit {
			return dberr.Newf(dberr.NumericValueOutOfRange, "value %d has more than the %d digits of its column", x, t.Prec)
		}
	}
	return nil
}

func readDecimalBytes(v encoding.Values, t types.Type) (packed, error) {
	p, err := readBytes(v, t)
	if err != nil {
		return p, err
	}
	rows := make([]int, p.n)
	for i := range rows {
		rows[i] = i
		if len(p.at(i)) > 512 {
			return packed{}, damaged("a decimal of %d bytes", len(p.at(i)))
		}
	}
	if !t.IsScaled() {
		return parsedAll(rows, t, func(i int) string { return pointed(bigEndian(p.at(i)), int(t.Scale)) })
	}
	out := make([]int64, p.n)
	for i := range out {
		n := bigEndian(p.at(i))
		if !n.IsInt64() {
			return packed{}, dberr.Newf(dberr.NumericValueOutOfRange, "value %s has more than the %d digits of its column", n, t.Prec)
		}
		out[i] = n.Int64()
	}
	return packed{data: vec.BytesOf(out), n: p.n}, checkDigits(out, t)
}

// bigEndian reads a two's complement number, most significant byte first.
func bigEndian(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// pointed writes n × 10^-scale.
func pointed(n *big.Int, scale int) string {
	digits := new(big.Int).Abs(n).String()
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
