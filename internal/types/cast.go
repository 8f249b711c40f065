package types

import (
	"math"
	"strconv"

	"driftdb/internal/dberr"
)

// Cast converts v to type t, in UTC. See Context.Cast.
func Cast(v Value, t Type, explicit bool) (Value, error) { return Context{}.Cast(v, t, explicit) }

// Cast converts v to type t, if there is any conversion. explicit says that the
// user wrote it: then VARCHAR(n) and CHAR(n) cut silently.
func (c Context) Cast(v Value, t Type, explicit bool) (Value, error) {
	v, err := c.cast(v, t, explicit)
	if t.Prec > 0 && t.HasFraction() {
		v = v.rounded()
	}
	return v, err
}

// cast is Cast but for the digits of times.
func (c Context) cast(v Value, t Type, explicit bool) (Value, error) {
	switch {
	case !v.Valid:
		return NullOf(t), nil
	case v.Type == t:
		return v, nil
	case t.ID == Text || t.ID == Varchar:
		s, err := FitVarchar(c.TextOf(v), t, explicit)
		return BytesValue(t, s), err
	case t.ID == Bpchar:
		s, err := FitChar(c.charText(v), t, explicit)
		return BytesValue(t, s), err
	case v.Type.IsString():
		v.S = c.charText(v)
		if t.IsArray() {
			return c.textToArray(v, t, explicit)
		}
		return c.Parse(v.S, t)
	case v.Type.IsArray() && t.IsArray():
		return c.castArray(v, t, explicit)
	case t.ID == Enum && v.Type.ID == Enum:
		return parseEnum(v.S, t)
	case v.Type.ID == Bool && t.ID == Int32:
		return IntValue(t, v.I), nil
	case v.Type.ID == Int32 && t.ID == Bool:
		return BoolValue(v.I != 0), nil
	case v.Type.IsNumber() && t.IsNumber():
		return castNumber(v, t)
	case v.Type.ID == t.ID:
		v.Type = t
		return v, nil
	}
	if v.Type.ID == JSON || v.Type.ID == JSONB {
		return castJSON(v, t)
	}
	return c.castTime(v, t)
}

// TextOf returns the text that v becomes as TEXT; it differs from Format for
// BOOLEAN and CHAR.
func (c Context) TextOf(v Value) string {
	if v.Type.ID == Bpchar {
		return TrimChar(v.S)
	}
	return c.charText(v)
}

// charText returns the text that v becomes as CHAR, which keeps the blanks of one.
func (c Context) charText(v Value) string {
	switch {
	case v.Type.ID == Bool:
		return strconv.FormatBool(v.I != 0)
	case v.Type.Class() == Bytes && v.Type.IsString() && v.Type.ID != Bpchar:
		return v.S
	}
	return c.Format(v)
}

// castTime converts among DATE, TIMESTAMP and TIMESTAMPTZ.
func (c Context) castTime(v Value, t Type) (Value, error) {
	from := v.Type.ID
	if from == Time || from == TimeTZ || t.ID == Time || t.ID == TimeTZ {
		return c.castClock(v, t)
	}
	switch {
	case from == Date && (t.ID == Timestamp || t.ID == TimestampTZ):
		micros, err := c.DateToTime(v.I, t)
		return IntValue(t, micros), err
	case from == Timestamp && t.ID == TimestampTZ:
		return c.checkedTime(t, ToUTC(c.zone(), v.I))
	case from == TimestampTZ && t.ID == Timestamp:
		return c.checkedTime(t, ToLocal(c.zone(), v.I))
	case from == Timestamp && t.ID == Date:
		return IntValue(t, TimeToDate(v.I)), nil
	case from == TimestampTZ && t.ID == Date:
		return IntValue(t, TimeToDate(ToLocal(c.zone(), v.I))), nil
	}
	return Value{}, dberr.Newf(dberr.CannotCoerce, "cannot cast type %s to %s", T(from), t.Base())
}

// checkedTime returns a time that may have left the range by a shift of zone.
func (c Context) checkedTime(t Type, micros int64) (Value, error) {
	if !ValidTime(micros) && !IsInfTime(micros) {
		return Value{}, timeOutOfRange(t)
	}
	return IntValue(t, micros), nil
}

// DateToTime returns midnight of a day as a TIMESTAMP or TIMESTAMPTZ.
func (c Context) DateToTime(days int64, t Type) (int64, error) {
	switch {
	case days == PosInfDate:
		return PosInfTime, nil
	case days == NegInfDate:
		return NegInfTime, nil
	case days > maxTimestamp/MicrosPerDay || days < minDate:
		return 0, dberr.Newf(dberr.DatetimeFieldOverflow, "date out of range for timestamp")
	case t.ID == TimestampTZ:
		return ToUTC(c.zone(), days*MicrosPerDay), nil
	}
	return days * MicrosPerDay, nil
}

// TimeToDate returns the day of a TIMESTAMP.
func TimeToDate(micros int64) int64 {
	switch micros {
	case PosInfTime:
		return PosInfDate
	case NegInfTime:
		return NegInfDate
	}
	days, _ := SplitDay(micros)
	return days
}

// castNumber converts between number types.
func castNumber(v Value, t Type) (Value, error) {
	switch {
	case t.ID == Numeric:
		d, err := toDecimal(v)
		if err != nil {
			return Value{}, err
		}
		return NumericValue(t, d)
	case t.ID == Float32 || t.ID == Float64:
		return numberToFloat(v, t)
	}
	i, err := numberToInt(v, t)
	return IntValue(t, i), err
}

// toDecimal converts any number. Doubles keep 15 significant digits and reals 6,
// as in PostgreSQL.
func toDecimal(v Value) (Decimal, error) {
	switch v.Type.ID {
	case Float32:
		return FloatToDecimal(v.F, 6)
	case Float64:
		return FloatToDecimal(v.F, 15)
	}
	return v.Decimal()
}

// FloatToDecimal converts f, rounded to digits significant digits.
func FloatToDecimal(f float64, digits int) (Decimal, error) {
	switch {
	case math.IsNaN(f):
		return NaN, nil
	case math.IsInf(f, 1):
		return Infinity, nil
	case math.IsInf(f, -1):
		return NegInfinity, nil
	}
	s := strconv.FormatFloat(f, 'e', digits-1, 64)
	d, err := ParseDecimal(s)
	if err != nil {
		return d, err
	}
	return d.TrimScale(), nil
}

// TrimScale returns d with no zeros at the end of its fraction.
func (d Decimal) TrimScale() Decimal {
	if d.form != finite || d.scale <= 0 {
		return d
	}
	digits := d.coeff.Append(nil, 10)
	n := int32(0)
	for i := len(digits) - 1; i > 0 && digits[i] == '0' && n < d.scale; i-- {
		n++
	}
	if d.coeff.Sign() == 0 {
		n = d.scale
	}
	return d.rescale(d.scale - n)
}

// numberToFloat converts any number to REAL or DOUBLE PRECISION.
func numberToFloat(v Value, t Type) (Value, error) {
	f := v.F
	switch {
	case v.Type.IsInteger():
		f = float64(v.I)
		if t.ID == Float32 {
			f = float64(float32(v.I))
		}
	case v.Type.ID == Numeric:
		d, err := v.Decimal()
		if err != nil {
			return Value{}, err
		}
		f = d.Float()
		if t.ID == Float32 && d.IsFinite() { // rounded once, not to 64 bits before
			f, _ = strconv.ParseFloat(d.String(), 32) // out of range it is infinite
		}
		if d.IsFinite() && (math.IsInf(f, 0) || f == 0 && d.Sign() != 0) {
			return Value{}, dberr.Newf(dberr.NumericValueOutOfRange, "\"%s\" is out of range for type %s", d, t)
		}
	}
	if t.ID == Float64 {
		return FloatValue(t, f), nil
	}
	r := float64(float32(f))
	switch {
	case math.IsInf(r, 0) && !math.IsInf(f, 0):
		return Value{}, dberr.New(dberr.NumericValueOutOfRange, "value out of range: overflow")
	case r == 0 && f != 0:
		return Value{}, dberr.New(dberr.NumericValueOutOfRange, "value out of range: underflow")
	}
	return FloatValue(t, r), nil
}

// IntRange returns the least and greatest value of an integer type.
func IntRange(t Type) (lo, hi int64) {
	if t.Prec > 0 {
		return narrowRange(t)
	}
	switch t.ID {
	case Int16:
		return math.MinInt16, math.MaxInt16
	case Int32:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

// numberToInt converts any number to an integer type: NUMERIC rounds half away from
// zero, floats half to even.
func numberToInt(v Value, t Type) (int64, error) {
	i, ok := v.I, true
	switch {
	case v.Type.ID == Numeric:
		d, err := v.Decimal()
		if err != nil {
			return 0, err
		}
		if !d.IsFinite() {
			return 0, dberr.Newf(dberr.FeatureNotSupported, "cannot convert %s to %s", specialName(d), t.Base())
		}
		i, ok = d.Round(0).Scaled(0)
	case v.Type.ID == Float32 || v.Type.ID == Float64:
		i, ok = FloatToInt(v.F)
	}
	if lo, hi := IntRange(t); !ok || i < lo || i > hi {
		return 0, outOfRange(t)
	}
	return i, nil
}

// specialName is PostgreSQL's name in errors of a NUMERIC that is not finite.
func specialName(d Decimal) string {
	if d.IsNaN() {
		return "NaN"
	}
	return "infinity"
}

// FloatToInt rounds half to even, and reports whether the result fits 64 bits.
func FloatToInt(f float64) (int64, bool) {
	r := math.RoundToEven(f)
	if !(r >= -9223372036854775808.0 && r < 9223372036854775808.0) {
		return 0, false
	}
	return int64(r), true
}
