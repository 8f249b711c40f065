package types

// DuckDB's integers that PostgreSQL has no equal of are the next wider type, with the range of their
// own: Prec is then the number of their bits, 7 for TINYINT, whose other values are negative. UBIGINT
// is a NUMERIC(20, 0) whose Len is that number.
var narrowNames = map[Type]string{
	{ID: Int16, Prec: 7}: "tinyint", {ID: Int16, Prec: 8}: "utinyint", {ID: Int32, Prec: 16}: "usmallint",
	{ID: Int64, Prec: 32}: "uinteger", {ID: Numeric, Prec: 20, Len: 64}: "ubigint",
}

// Narrow returns the type of a name of DuckDB's for integers of a range of their own.
func Narrow(name string) (Type, bool) {
	for t, n := range narrowNames {
		if n == name {
			return t, true
		}
	}
	return Type{}, false
}

// narrowRange is the range of an integer type that has one of its own.
func narrowRange(t Type) (lo, hi int64) {
	if t.Prec == 7 {
		return -1 << 7, 1<<7 - 1
	}
	return 0, 1<<t.Prec - 1
}

// maxUnsigned is the greatest UBIGINT.
var maxUnsigned = DecimalFromInt(1<<32, 0).Mul(DecimalFromInt(1<<32, 0)).Sub(DecimalFromInt(1, 0))

// checkUnsigned refuses what UBIGINT cannot hold.
func checkUnsigned(t Type, d Decimal) error {
	if t.ID == Numeric && t.Len == 64 && (!d.IsFinite() || d.Sign() < 0 || d.Cmp(maxUnsigned) > 0) {
		return outOfRange(t)
	}
	return nil
}
