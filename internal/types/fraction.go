package types

// millennium is 2000-01-01, from which PostgreSQL counts and so rounds times.
const millennium = 10957 * MicrosPerDay

// HasFraction reports whether values of the type have fractions of seconds, whose digits a modifier
// may bound.
func (t Type) HasFraction() bool {
	switch t.ID {
	case Time, TimeTZ, Timestamp, TimestampTZ, Interval:
		return true
	}
	return false
}

// Fraction returns the most digits that a fraction of a second has, and whether the type says so.
func (t Type) Fraction() (digits int, ok bool) {
	if t.Prec == 0 || !t.HasFraction() {
		return 6, false
	}
	return int(t.Prec) - 1, true
}

// WithFraction returns the type of times t with so many digits of the fraction of seconds.
func (t Type) WithFraction(digits int) Type {
	t.Prec = int16(digits) + 1
	return t
}

// rounded rounds a time to the digits of its type.
func (v Value) rounded() Value {
	digits, ok := v.Type.Fraction()
	if !ok || digits == 6 || !v.Valid || v.Type.IsArray() {
		return v
	}
	unit := pow10Table[6-digits]
	switch v.Type.ID {
	case Interval:
		v.Iv.Micros = roundTo(v.Iv.Micros, unit)
	case TimeTZ:
		clock, east := SplitTimeTZ(v.I)
		v.I = MakeTimeTZ(roundTo(clock, unit), east)
	case Time:
		v.I = roundTo(v.I, unit)
	default:
		if !IsInfTime(v.I) {
			v.I = roundTo(v.I-millennium, unit) + millennium
		}
	}
	return v
}

// roundTo rounds to a multiple of unit, half away from zero.
func roundTo(n, unit int64) int64 {
	rest := n % unit
	n -= rest
	switch {
	case 2*rest >= unit:
		n += unit
	case 2*rest <= -unit:
		n -= unit
	}
	return n
}
