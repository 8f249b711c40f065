package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// The functions that read and change single bits and bytes of BYTEA.
func init() {
	b, i, l := types.Bytea, types.Int32, types.Int64
	register(
		rowFn("get_byte", ids(b, i), i, func(_ *Env, a []types.Value) (types.Value, error) {
			if err := within(a[1].I, int64(len(a[0].S))); err != nil {
				return types.Value{}, err
			}
			return intValue(int(a[0].S[a[1].I])), nil
		}),
		rowFn("set_byte", ids(b, i, i), b, func(_ *Env, a []types.Value) (types.Value, error) {
			if err := within(a[1].I, int64(len(a[0].S))); err != nil {
				return types.Value{}, err
			}
			out := []byte(a[0].S)
			out[a[1].I] = byte(a[2].I)
			return types.BytesValue(types.T(b), string(out)), nil
		}),
		rowFn("get_bit", ids(b, l), i, func(_ *Env, a []types.Value) (types.Value, error) {
			if err := within(a[1].I, int64(len(a[0].S))*8); err != nil {
				return types.Value{}, err
			}
			return intValue(int(a[0].S[a[1].I/8] >> (a[1].I % 8) & 1)), nil
		}),
		rowFn("set_bit", ids(b, l, i), b, setBit),
	)
}

func setBit(_ *Env, a []types.Value) (types.Value, error) {
	if err := within(a[1].I, int64(len(a[0].S))*8); err != nil {
		return types.Value{}, err
	}
	if a[2].I != 0 && a[2].I != 1 {
		return types.Value{}, dberr.New(dberr.InvalidParameterValue, "new bit must be 0 or 1")
	}
	out := []byte(a[0].S)
	mask := byte(1) << (a[1].I % 8)
	if out[a[1].I/8] &^= mask; a[2].I == 1 {
		out[a[1].I/8] |= mask
	}
	return types.BytesValue(types.T(types.Bytea), string(out)), nil
}

// within checks an index from 0.
func within(i, n int64) error {
	if i < 0 || i >= n {
		return dberr.Newf(dberr.ArraySubscriptError, "index %d out of valid range, 0..%d", i, n-1)
	}
	return nil
}
