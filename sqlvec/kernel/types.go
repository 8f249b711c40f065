package kernel

// Int are the integers that columns and codes are made of.
type Int interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Signed are the integers of SQL types.
type Signed interface{ ~int16 | ~int32 | ~int64 }

// Float are the floating-point types.
type Float interface{ ~float32 | ~float64 }

// Op is a comparison.
type Op uint8

// The comparisons.
const (
	Eq Op = iota
	Ne
	Lt
	Le
	Gt
	Ge
)

// Swap returns the comparison with its operands exchanged: a op b = b Swap(op) a.
func (op Op) Swap() Op { return [...]Op{Eq, Ne, Gt, Ge, Lt, Le}[op] }

// Negate returns the opposite comparison.
func (op Op) Negate() Op { return [...]Op{Ne, Eq, Ge, Gt, Le, Lt}[op] }

// Holds reports whether a op b when a compares to b as c: -1, 0 or 1.
func (op Op) Holds(c int) bool {
	switch op {
	case Eq:
		return c == 0
	case Ne:
		return c != 0
	case Lt:
		return c < 0
	case Le:
		return c <= 0
	case Gt:
		return c > 0
	}
	return c >= 0
}

// bit returns 1 for true. The compiler makes it a SETcc, without a branch.
func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
