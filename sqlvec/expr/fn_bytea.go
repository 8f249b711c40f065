package expr

import (
	"math/bits"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// registerBytea adds the functions of texts that BYTEA has too, where they count bytes.
func registerBytea() {
	b, i := types.Bytea, types.Int32
	trim := func(name string, left, right bool) *Function {
		return rowFn(name, ids(b, b), b, func(_ *Env, a []types.Value) (types.Value, error) {
			return byteaText(trimBytes(a[0].S, a[1].S, left, right)), nil
		})
	}
	register(
		rowFn("substring", ids(b, i), b, subBytea), rowFn("substring", ids(b, i, i), b, subBytea),
		rowFn("substr", ids(b, i), b, subBytea), rowFn("substr", ids(b, i, i), b, subBytea),
		rowFn("overlay", ids(b, b, i), b, overlayBytea), rowFn("overlay", ids(b, b, i, i), b, overlayBytea),
		rowFn("position", ids(b, b), i, func(_ *Env, a []types.Value) (types.Value, error) {
			return intValue(strings.Index(a[0].S, a[1].S) + 1), nil
		}),
		rowFn("bit_count", ids(b), types.Int64, func(_ *Env, a []types.Value) (types.Value, error) {
			n := 0
			for k := range len(a[0].S) {
				n += bits.OnesCount8(a[0].S[k])
			}
			return types.IntValue(types.T(types.Int64), int64(n)), nil
		}),
		trim("btrim", true, true), trim("ltrim", true, false), trim("rtrim", false, true),
	)
}

func byteaText(s string) types.Value { return types.BytesValue(types.T(types.Bytea), s) }

// bytePiece is length bytes of s from the start-th on, of which those before the first are none.
func bytePiece(s string, start, length int64) string {
	lo, hi := max(start, 1)-1, start+length-1
	lo = min(lo, int64(len(s)))
	return s[lo:max(lo, min(hi, int64(len(s))))]
}

func subBytea(_ *Env, a []types.Value) (types.Value, error) {
	length := int64(1) << 40
	if len(a) > 2 {
		if length = a[2].I; length < 0 {
			return a[0], dberr.New("22011", "negative substring length not allowed")
		}
	}
	return byteaText(bytePiece(a[0].S, a[1].I, length)), nil
}

func overlayBytea(_ *Env, a []types.Value) (types.Value, error) {
	s, with, from := a[0].S, a[1].S, a[2].I
	n := int64(len(with))
	if len(a) > 3 {
		n = a[3].I
	}
	if from <= 0 {
		return a[0], dberr.New("22011", "negative substring length not allowed")
	}
	return byteaText(bytePiece(s, 1, from-1) + with + bytePiece(s, from+n, 1<<40)), nil
}

// trimBytes removes the bytes of set from the ends of s.
func trimBytes(s, set string, left, right bool) string {
	for left && s != "" && strings.IndexByte(set, s[0]) >= 0 {
		s = s[1:]
	}
	for right && s != "" && strings.IndexByte(set, s[len(s)-1]) >= 0 {
		s = s[:len(s)-1]
	}
	return s
}
