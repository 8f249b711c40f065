package kernel

import "unsafe"

// CompareConst sets bit i of out where a[i] op c. out has Words(len(a)) words.
func CompareConst[T Int](op Op, a []T, c T, out []uint64) {
	if compareConstWide(op, a, c, out) {
		return
	}
	// Signed integers are compared as unsigned ones with the top bit flipped, and what equals c is, with the
	// bits of c flipped, at most 0.
	flip, most := uint64(0), uint64(c)
	if T(0)-1 < 0 {
		flip = 1 << (8*unsafe.Sizeof(c) - 1)
		most ^= flip
	}
	switch op {
	case Eq, Ne:
		flip, most = uint64(c), 0
	case Lt, Ge:
		if c == T(flip) { // the least
			clear(out)
			if op == Ge {
				invert(out, len(a))
			}
			return
		}
		most--
	}
	switch unsafe.Sizeof(c) {
	case 1:
		atMost(as[uint8](a), uint8(flip), uint8(most), out)
	case 2:
		atMost(as[uint16](a), uint16(flip), uint16(most), out)
	case 4:
		atMost(as[uint32](a), uint32(flip), uint32(most), out)
	default:
		atMost(as[uint64](a), flip, most, out)
	}
	if op == Ne || op == Ge || op == Gt {
		invert(out, len(a))
	}
}

// as views a as values of another type of the same size.
func as[D, S any](a []S) []D {
	return unsafe.Slice((*D)(unsafe.Pointer(unsafe.SliceData(a))), len(a))
}

// Compare sets bit i of out where a[i] op b[i].
func Compare[T Int](op Op, a, b []T, out []uint64) {
	switch op {
	case Eq, Ne:
		equal(a, b, out)
	case Lt, Ge:
		less(a, b, out)
	default:
		less(b, a, out)
	}
	if op == Ne || op == Ge || op == Le {
		invert(out, len(a))
	}
}

// invert complements a mask of n rows.
func invert(out []uint64, n int) {
	Not(out, out)
	Trim(out, n)
}

func equal[T Int](a, b []T, out []uint64) {
	b = b[:len(a)]
	for w := range out {
		lo, hi := w*64, min(w*64+64, len(a))
		x, y := a[lo:hi], b[lo:hi]
		var m uint64
		for j := range x {
			m |= bit(x[j] == y[j]) << (uint(j) & 63)
		}
		out[w] = m
	}
}

func less[T Int](a, b []T, out []uint64) {
	b = b[:len(a)]
	for w := range out {
		lo, hi := w*64, min(w*64+64, len(a))
		x, y := a[lo:hi], b[lo:hi]
		var m uint64
		for j := range x {
			m |= bit(x[j] < y[j]) << (uint(j) & 63)
		}
		out[w] = m
	}
}

// CompareFloat is Compare for floats in SQL's order: NaN equals itself and is
// greater than every number.
func CompareFloat[T Float](op Op, a, b []T, out []uint64) {
	switch op {
	case Eq, Ne:
		equalFloat(a, b, out)
	case Lt, Ge:
		lessFloat(a, b, out)
	default:
		lessFloat(b, a, out)
	}
	if op == Ne || op == Ge || op == Le {
		invert(out, len(a))
	}
}

// CompareFloatConst is CompareConst for floats in SQL's order.
func CompareFloatConst[T Float](op Op, a []T, c T, out []uint64) {
	if c != c {
		compareNaN(op, a, out)
		return
	}
	for w := range out {
		x := a[w*64 : min(w*64+64, len(a))]
		var m uint64
		switch op {
		case Eq, Ne:
			for j := range x {
				m |= bit(x[j] == c) << (uint(j) & 63)
			}
		case Lt, Ge:
			for j := range x {
				m |= bit(x[j] < c) << (uint(j) & 63)
			}
		default:
			for j := range x {
				m |= bit(x[j] <= c) << (uint(j) & 63)
			}
		}
		out[w] = m
	}
	if op == Ne || op == Ge || op == Gt {
		invert(out, len(a))
	}
}

// compareNaN is CompareFloatConst with NaN.
func compareNaN[T Float](op Op, a []T, out []uint64) {
	for w := range out {
		x := a[w*64 : min(w*64+64, len(a))]
		var m uint64
		for j := range x {
			m |= bit(x[j] != x[j]) << (uint(j) & 63)
		}
		out[w] = m
	}
	switch op {
	case Lt, Ne: // what is not NaN is less than NaN
		invert(out, len(a))
	case Le:
		Fill(out, len(a))
	case Gt:
		clear(out)
	}
}

func equalFloat[T Float](a, b []T, out []uint64) {
	b = b[:len(a)]
	for w := range out {
		lo, hi := w*64, min(w*64+64, len(a))
		x, y := a[lo:hi], b[lo:hi]
		var m uint64
		for j := range x {
			p, q := x[j], y[j]
			m |= (bit(p == q) | bit(p != p)&bit(q != q)) << (uint(j) & 63)
		}
		out[w] = m
	}
}

func lessFloat[T Float](a, b []T, out []uint64) {
	b = b[:len(a)]
	for w := range out {
		lo, hi := w*64, min(w*64+64, len(a))
		x, y := a[lo:hi], b[lo:hi]
		var m uint64
		for j := range x {
			p, q := x[j], y[j]
			m |= (bit(p < q) | bit(p == p)&bit(q != q)) << (uint(j) & 63)
		}
		out[w] = m
	}
}

// CompareShifted sets bit i of out where a[i] + d op b[i], for codes of narrow vectors whose bases differ by d.
// No sum and no difference of them may overflow.
func CompareShifted[C ~uint8 | ~uint16 | ~uint32](op Op, a, b []C, d int64, out []uint64) {
	switch op {
	case Lt, Ge: // a < b
		lessShifted(a, b, d, out)
	case Gt, Le:
		lessShifted(b, a, -d, out)
	default:
		equalShifted(a, b, d, out)
	}
	if op == Ne || op == Ge || op == Le {
		invert(out, len(a))
	}
}

func lessShifted[C ~uint8 | ~uint16 | ~uint32](a, b []C, d int64, out []uint64) {
	w := 0
	for ; len(a) >= 64 && len(b) >= 64; a, b = a[64:], b[64:] {
		x, y := (*[64]C)(a), (*[64]C)(b)
		var m uint64
		for j := 0; j < 64; j += 4 { // the sign of a difference is a bit
			m = m>>4 | uint64(int64(x[j])-int64(y[j])+d)>>63<<60 | uint64(int64(x[j+1])-int64(y[j+1])+d)>>63<<61 |
				uint64(int64(x[j+2])-int64(y[j+2])+d)>>63<<62 | uint64(int64(x[j+3])-int64(y[j+3])+d)>>63<<63
		}
		out[w] = m
		w++
	}
	var m uint64
	for j, x := range a {
		m |= bit(int64(x)+d < int64(b[j])) << (uint(j) & 63)
	}
	if len(a) > 0 {
		out[w] = m
	}
}

func equalShifted[C ~uint8 | ~uint16 | ~uint32](a, b []C, d int64, out []uint64) {
	b = b[:len(a)]
	for w := range out {
		lo, hi := w*64, min(w*64+64, len(a))
		x, y := a[lo:hi], b[lo:hi]
		var m uint64
		for j := range x {
			m |= bit(int64(x[j])+d == int64(y[j])) << (uint(j) & 63)
		}
		out[w] = m
	}
}

// Lookup sets bit i of out where bit codes[i] of table is set: a predicate computed
// once on a dictionary, applied to codes.
func Lookup[T Int](codes []T, table []uint64, out []uint64) {
	if lookupWide(codes, table, out) || lookupEdges(codes, table, out) || lookupBytes(codes, table, out) {
		return
	}
	for w := range out {
		x := codes[w*64 : min(w*64+64, len(codes))]
		var m uint64
		for j, c := range x {
			m |= (table[uint64(c)>>6] >> (uint64(c) & 63) & 1) << (uint(j) & 63)
		}
		out[w] = m
	}
}
