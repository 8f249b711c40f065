package expr

import (
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

func init() {
	register(rowFn("pg_size_bytes", ids(types.Text), types.Int64, sizeBytes))
}

// sizeUnits are the units of a size in bytes, as powers of 1024.
var sizeUnits = []string{"bytes", "kb", "mb", "gb", "tb", "pb"}

// sizeBytes is pg_size_bytes: a number and a unit, as pg_size_pretty writes them.
func sizeBytes(_ *Env, a []types.Value) (types.Value, error) {
	bad := func() *dberr.Error { return dberr.Newf(dberr.InvalidParameterValue, "invalid size: \"%s\"", a[0].S) }
	s := strings.Trim(a[0].S, " \t\n\v\f\r")
	end := sizeNumberEnd(s)
	if end == 0 {
		return a[0], bad()
	}
	d, err := types.ParseDecimal(s[:end])
	if err != nil {
		return a[0], err
	}
	if unit := strings.TrimLeft(s[end:], " \t\n\v\f\r"); unit != "" {
		power := -1
		for i, u := range sizeUnits {
			if strings.EqualFold(u, unit) {
				power = i
			}
		}
		if power < 0 {
			return a[0], bad().WithDetail("Invalid size unit: \"%s\".", unit).
				WithHint("Valid units are \"bytes\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".")
		}
		d = d.Mul(types.DecimalFromInt(1<<(10*power), 0))
	}
	v, err := types.NumericValue(types.T(types.Numeric), d)
	if err != nil {
		return a[0], err
	}
	return types.Cast(v, types.T(types.Int64), false)
}

// sizeNumberEnd returns the end of the number that s begins with, 0 for none. An e is part of it
// where an exponent follows.
func sizeNumberEnd(s string) int {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	digits := func() int {
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i - from
	}
	n := digits()
	if i < len(s) && s[i] == '.' {
		i++
		n += digits()
	}
	if n == 0 {
		return 0
	}
	if end := i; i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '-' || s[i] == '+') {
			i++
		}
		if digits() == 0 {
			return end
		}
	}
	return i
}
