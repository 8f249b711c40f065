package expr

import (
	"math"

	"driftdb/internal/types"
)

// scaleInterval multiplies an interval by factor; divisor, when not 0, is what to
// divide by instead, which is more exact. Fractions of months become days, and
// fractions of days microseconds, as in PostgreSQL.
func scaleInterval(iv types.IntervalValue, factor, divisor float64) (types.IntervalValue, error) {
	times := func(x float64) float64 {
		if divisor != 0 {
			return x / divisor
		}
		return x * factor
	}
	months, days := times(float64(iv.Months)), times(float64(iv.Days))
	if !fits32(months) || !fits32(days) {
		return iv, intervalOutOfRange()
	}
	out := types.IntervalValue{Months: int32(months), Days: int32(days)}
	monthDays := roundMicro((months - math.Trunc(months)) * 30)
	seconds := roundMicro((days - math.Trunc(days) + monthDays - math.Trunc(monthDays)) * 86400)
	if math.Abs(seconds) >= 86400 {
		out.Days += int32(seconds / 86400)
		seconds -= float64(int64(seconds/86400)) * 86400
	}
	total := int64(out.Days) + int64(monthDays)
	micros := math.RoundToEven(times(float64(iv.Micros)) + seconds*types.MicrosPerSecond)
	if total != int64(int32(total)) || !(math.Abs(micros) < 9.2e18) {
		return iv, intervalOutOfRange()
	}
	out.Days, out.Micros = int32(total), int64(micros)
	return out, nil
}

// fits32 reports whether f, cut to a whole number, is one of 32 bits.
func fits32(f float64) bool { return f > -2147483649 && f < 2147483648 }

// roundMicro rounds seconds or days to a millionth, so that noise of the division
// does not show.
func roundMicro(f float64) float64 { return math.RoundToEven(f*1e6) / 1e6 }

// negateInterval returns -iv.
func negateInterval(iv types.IntervalValue) (types.IntervalValue, error) {
	if iv.Months == math.MinInt32 || iv.Days == math.MinInt32 || iv.Micros == math.MinInt64 {
		return iv, intervalOutOfRange()
	}
	return types.IntervalValue{Months: -iv.Months, Days: -iv.Days, Micros: -iv.Micros}, nil
}
