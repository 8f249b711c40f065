package kernel

// CompareConst sets bit i of out where a[i] op c. out has Words(len(a)) words.
func CompareConst[T Int](op Op, a []T, c T, out []uint64) {
	if compareConstWide(op, a, c, out) {
		return
	}
	switch op {
	case Eq, Ne:
		equalConst(a, c, out)
	case Lt, Ge:
		lessConst(a, c, out)
	default: // a > c is not a <= c
		lessEqualConst(a, c, out)
	}
	if op == Ne || op == Ge || op == Gt {
		invert(out, len(a))
	}
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

func equalConst[T Int](a []T, c T, out []uint64) {
	w := 0
	for ; len(a) >= 64; a = a[64:] {
		var m uint64
		for j, x := range a[:64:64] {
			m |= bit(x == c) << (uint(j) & 63)
		}
		out[w] = m
		w++
	}
	var m uint64
	for j, x := range a {
		m |= bit(x == c) << (uint(j) & 63)
	}
	if len(a) > 0 {
		out[w] = m
	}
}

func lessConst[T Int](a []T, c T, out []uint64) {
	w := 0
	for ; len(a) >= 64; a = a[64:] {
		var m uint64
		for j, x := range a[:64:64] {
			m |= bit(x < c) << (uint(j) & 63)
		}
		out[w] = m
		w++
	}
	var m uint64
	for j, x := range a {
		m |= bit(x < c) << (uint(j) & 63)
	}
	if len(a) > 0 {
		out[w] = m
	}
}

func lessEqualConst[T Int](a []T, c T, out []uint64) {
	w := 0
	for ; len(a) >= 64; a = a[64:] {
		var m uint64
		for j, x := range a[:64:64] {
			m |= bit(x <= c) << (uint(j) & 63)
		}
		out[w] = m
		w++
	}
	var m uint64
	for j, x := range a {
		m |= bit(x <= c) << (uint(j) & 63)
	}
	if len(a) > 0 {
		out[w] = m
	}
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

// Lookup sets bit i of out where bit codes[i] of table is set: a predicate computed
// once on a dictionary, applied to codes.
func Lookup[T Int](codes []T, table []uint64, out []uint64) {
	if lookupWide(codes, table, out) {
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
