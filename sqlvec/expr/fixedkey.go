package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// FixedKey is a NUMERIC expression as scaled integers, which are equal where its values are.
type FixedKey struct {
	Key   Expr
	Shown Expr // how many digits after the point each row shows, a SMALLINT
	// Digits is what Shown is of all rows but those that have one of the values Odd, or MixedDigits.
	Digits int
	Odd    []int64
}

// MixedDigits is the Digits of an expression whose values do not tell what digits they show.
const MixedDigits = -1

// NewFixedKey returns e as scaled integers: a NUMERIC that is in binary form for no other reason than that its rows show
// different numbers of digits, as those of CASE … ELSE 0 do. ok is false for other expressions.
func NewFixedKey(e Expr) (k FixedKey, ok bool) {
	if e.Type() != types.T(types.Numeric) || VolatilityOf(e) == Volatile {
		return k, false
	}
	whole, scale, ok := digitsOf(e)
	if !ok || whole+scale > types.MaxScaledPrec {
		return k, false
	}
	t := types.Dec(max(whole+scale, 1), scale)
	if k.Key, ok = atType(e, t); !ok {
		return k, false
	}
	k.Shown, k.Digits = scaleShown(e), MixedDigits
	if e = Uncast(e); oneOf(e) == nil {
		return k, false
	}
	k.Digits, k.Odd = digitsShown(leavesOf(e), t)
	return k, true
}

// leavesOf returns the expressions one of which e is in every row and that are no such choices themselves.
func leavesOf(e Expr) (list []Expr) {
	for _, x := range oneOf(e) {
		if x = Uncast(x); oneOf(x) == nil {
			list = append(list, x)
		} else {
			list = append(list, leavesOf(x)...)
		}
	}
	return list
}

// digitsShown returns the digits that all expressions of a list show but constants, and what those of other digits are as
// integers of type t.
func digitsShown(list []Expr, t types.Type) (digits int, odd []int64) {
	digits = MixedDigits
	for _, x := range list {
		if _, isConst := x.(*Const); isConst {
			continue
		}
		if _, scale, _ := digitsOf(x); digits == MixedDigits || digits == scale {
			digits = scale
		} else {
			return MixedDigits, nil
		}
	}
	if digits == MixedDigits {
		digits = int(t.Scale)
	}
	for _, x := range list {
		c, isConst := x.(*Const)
		if _, scale, _ := digitsOf(x); !isConst || isNull(x) || scale == digits {
			continue
		}
		v, err := types.Context{}.Cast(c.Value, t, false)
		if err != nil {
			return MixedDigits, nil
		}
		odd = append(odd, v.I)
	}
	return digits, odd
}

// digitsOf returns the most digits that values of e have before the point, and that they show after it. ok is false
// where it is not known.
func digitsOf(e Expr) (whole, scale int, ok bool) {
	if t := boundOf(e); t.IsScaled() {
		return int(t.Prec - t.Scale), int(t.Scale), true
	}
	if isNull(Uncast(e)) {
		return 0, 0, true
	}
	list := oneOf(e)
	for _, x := range list {
		w, s, known := digitsOf(x)
		if !known {
			return 0, 0, false
		}
		whole, scale = max(whole, w), max(scale, s)
	}
	return whole, scale, list != nil
}

// DigitsOf returns the most digits that values of e have before the point, and that all of them show after it, by their
// types. ok is false where it is not known.
func DigitsOf(e Expr) (whole, scale int, ok bool) {
	t := boundOf(e)
	return int(t.Prec - t.Scale), int(t.Scale), t.IsScaled()
}

// oneOf returns the expressions one of which e is in every row, nil where it is another kind of expression.
func oneOf(e Expr) []Expr {
	switch e := e.(type) {
	case *Case:
		list := []Expr{e.Else}
		for _, w := range e.Whens {
			list = append(list, w.Then)
		}
		return list
	case *Coalesce:
		return e.Args
	}
	return nil
}

// Uncast returns what a cast converts, e where it is none.
func Uncast(e Expr) Expr {
	for {
		c, ok := e.(*Cast)
		if !ok {
			return e
		}
		e = c.Arg
	}
}

// isInt reports whether e is the integer x.
func isInt(e Expr, x int64) bool {
	c, ok := e.(*Const)
	return ok && c.Value.Valid && c.Value.I == x
}

// atType returns e, whose digits t holds, as a value of t.
func atType(e Expr, t types.Type) (Expr, bool) {
	switch e := e.(type) {
	case *Case:
		out := &Case{At: e.At, Typ: t}
		for _, w := range e.Whens {
			then, ok := atType(w.Then, t)
			if !ok {
				return nil, false
			}
			out.Whens = append(out.Whens, When{w.Cond, then})
		}
		els, ok := atType(e.Else, t)
		out.Else = els
		return out, ok
	case *Coalesce:
		out := &Coalesce{At: e.At, Typ: t}
		for _, x := range e.Args {
			arg, ok := atType(x, t)
			if !ok {
				return nil, false
			}
			out.Args = append(out.Args, arg)
		}
		return out, true
	case *Const:
		v, err := types.Context{}.Cast(e.Value, t, false)
		return &Const{At: e.At, Value: v}, err == nil
	case *Cast:
		if boundOf(e).IsScaled() && e.To == types.T(types.Numeric) {
			return atType(e.Arg, t)
		}
	}
	if e.Type() == t {
		return e, true
	}
	return &Cast{Arg: e, To: t}, true
}

// scaleShown returns how many digits after the point e, whose digits are known, shows in each row.
func scaleShown(e Expr) Expr {
	switch e := e.(type) {
	case *Case:
		out := &Case{Typ: types.T(types.Int16), Else: scaleShown(e.Else)}
		for _, w := range e.Whens {
			out.Whens = append(out.Whens, When{w.Cond, scaleShown(w.Then)})
		}
		return oneShown(out)
	case *Coalesce:
		last := len(e.Args) - 1
		out := &Case{Typ: types.T(types.Int16), Else: scaleShown(e.Args[last])}
		for _, x := range e.Args[:last] {
			out.Whens = append(out.Whens, When{&IsNull{Arg: x, Not: true}, scaleShown(x)})
		}
		return oneShown(out)
	}
	_, scale, _ := digitsOf(e)
	return &Const{Value: types.IntValue(types.T(types.Int16), int64(scale))}
}

// oneShown returns the result of all branches of a CASE where it is the same, and the CASE otherwise.
func oneShown(c *Case) Expr {
	one, ok := c.Else.(*Const)
	for _, w := range c.Whens {
		ok = ok && isInt(w.Then, one.Value.I)
	}
	if ok {
		return one
	}
	return c
}

// Shown returns scaled integers as a Wide vector of values that show as many digits after the point as shown, a vector of
// integers, says.
func Shown(v vec.Vec, shown *vec.Vec, a *arena.Arena) vec.Vec {
	f := &frame{n: v.N, arena: a}
	out, dst, scales := wideVec(f)
	digits := int64s(f, shown)
	for i, x := range values[int64](f, &v) {
		if v.IsNull(i) {
			dst[i], scales[i] = kernel.Int128{}, 0
			continue
		}
		x /= types.Pow10(int(v.Type.Scale) - int(digits[i]))
		dst[i], scales[i] = kernel.Int128{Hi: x >> 63, Lo: uint64(x)}, uint8(digits[i])
	}
	out.Valid = v.Valid
	return out
}
