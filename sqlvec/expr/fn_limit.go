package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Counts of LIMIT and OFFSET that are known only row by row are checked by functions that no query
// can write.
func init() {
	i := types.Int64
	register(
		&Function{Name: "$limit", Params: ids(i), Ret: i, eval: rowCount(dberr.InvalidRowCountInLimit, "LIMIT")},
		&Function{Name: PercentOf, Params: ids(i, types.Float64), Ret: i, eval: percentOf},
		&Function{Name: "$offset", Params: ids(i), Ret: i, eval: rowCount(dberr.InvalidRowCountInOffset, "OFFSET")},
	)
}

// PercentOf is the function of LIMIT n%: how many of a number of rows a percentage is.
const PercentOf = "$percent"

func percentOf(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	out, dst := fixed[int64](f, c.Typ)
	share := values[float64](f, &args[1])
	for i, n := range values[int64](f, &args[0]) {
		dst[i] = int64(float64(n) * share[i] / 100)
	}
	return out, nil
}

// rowCount returns its argument, which must not be negative.
func rowCount(code, clause string) func(*frame, *Call, []vec.Vec, []uint64) (vec.Vec, error) {
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		out, dst := fixed[int64](f, c.Typ)
		for i, n := range values[int64](f, &args[0]) {
			if n < 0 && !args[0].IsNull(i) && (sel == nil || sel[i>>6]&(1<<(uint(i)&63)) != 0) {
				return vec.Vec{}, dberr.Newf(code, "%s must not be negative", clause).At(c.Pos())
			}
			dst[i] = n
		}
		return out, nil
	}
}

// RowsWithin is the condition that a row is among those of LIMIT count OFFSET offset, which may be
// nil: number is its place, and rank, the same as number unless ties count as one, the place of the
// first of its peers.
func RowsWithin(number, rank, count, offset Expr) (Expr, error) {
	var list []Expr
	zero := &Const{Value: types.IntValue(types.T(types.Int64), 0)}
	var skipped Expr = zero
	if offset != nil {
		x, err := NewCall(offset.Pos(), "$offset", []Expr{offset})
		if err != nil {
			return nil, err
		}
		skipped = &Coalesce{Args: []Expr{x, zero}, Typ: types.T(types.Int64)}
		behind, err := NewOp(0, ">", number, skipped)
		if err != nil {
			return nil, err
		}
		list = append(list, behind)
	}
	if count != nil {
		n, err := NewCall(count.Pos(), "$limit", []Expr{count})
		if err != nil {
			return nil, err
		}
		place, err := NewOp(0, "-", rank, skipped)
		if err != nil {
			return nil, err
		}
		within, err := NewOp(0, "<=", place, n)
		if err != nil {
			return nil, err
		}
		some, err := NewOp(0, ">", n, zero)
		if err != nil {
			return nil, err
		}
		list = append(list, &Logic{Op: Or, Args: []Expr{&IsNull{Arg: n}, &Logic{Op: And, Args: []Expr{within, some}}}})
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return &Logic{Op: And, Args: list}, nil
}
