package exec

import (
	"slices"
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// Equal NUMERIC values are one group, however many digits they show; the group shows those of its first row. Keys that
// are in binary form only because their rows show different numbers of digits are compared as scaled integers. Mostly
// the value tells what it shows, but for a few constants: if there is but one key, it is noted of these when the first
// row comes. Otherwise a call behind those of the query keeps it for every group.

// fixedKey is such a key, for all workers.
type fixedKey struct {
	expr.FixedKey
	call  int            // what keeps the digits of each group, where these are mixed
	first []atomic.Int32 // the digits of the first row of each odd value, and one; 0 before there is one
}

// withFixedKeys returns an aggregation by scaled integers where a can have such keys, and these: nil for the others.
func withFixedKeys(a *plan.Aggregate) (node *plan.Aggregate, fixed []*fixedKey) {
	node, fixed = a, make([]*fixedKey, len(a.Keys))
	own := func() {
		if node == a {
			copied := *a
			copied.Keys, copied.Aggs = slices.Clone(a.Keys), slices.Clone(a.Aggs)
			node = &copied
		}
	}
	for i, k := range a.Keys {
		key, ok := expr.NewFixedKey(k)
		if !ok {
			continue
		}
		own()
		if len(a.Keys) > 1 && len(key.Odd) > 0 {
			key.Digits, key.Odd = expr.MixedDigits, nil // several groups have an odd value
		}
		node.Keys[i], fixed[i] = key.Key, &fixedKey{FixedKey: key, call: len(node.Aggs), first: make([]atomic.Int32, len(key.Odd))}
		if key.Digits == expr.MixedDigits {
			node.Aggs = append(node.Aggs, plan.AggCall{Agg: expr.ShownDigits, Args: []expr.Expr{key.Shown}})
		}
	}
	for i, c := range a.Aggs {
		if !c.Distinct || c.Agg.Name != "count" || len(c.Args) != 1 || len(c.OrderBy) > 0 {
			continue
		}
		if key, ok := expr.NewFixedKey(c.Args[0]); ok {
			own()
			node.Aggs[i].Args = []expr.Expr{key.Key}
		}
	}
	return node, fixed
}

// key returns key k of groups [lo, hi) in w's scratch memory, as the query has it. loose allows it to be scaled integers.
func (gs *groups) key(k, lo, hi int, loose bool, w *worker) (vec.Vec, error) {
	v, key := gs.table.column(k, lo, hi, w.scratch), gs.of.fixed[k]
	if key == nil {
		return v, nil
	}
	var digits vec.Vec
	switch {
	case key.Digits == expr.MixedDigits:
		var err error
		if digits, err = gs.states[key.call].Final(lo, hi, w.scratch); err != nil {
			return v, err
		}
		v = expr.Shown(v, &digits, w.scratch)
	case key.Digits != int(v.Type.Scale) || key.hasOdd(&v):
		digits = key.digits(&v, w.scratch)
		v = expr.Shown(v, &digits, w.scratch)
	}
	if loose {
		return v, nil
	}
	return expr.Strict(v, types.T(types.Numeric), w.scratch), nil
}

// hasOdd reports whether v, integers that are keys of groups, has an odd value.
func (k *fixedKey) hasOdd(v *vec.Vec) bool {
	return len(k.Odd) > 0 && slices.ContainsFunc(vec.Of[int64](v)[:v.N], func(x int64) bool { return slices.Contains(k.Odd, x) })
}

// digits returns what the keys v of groups show.
func (k *fixedKey) digits(v *vec.Vec, a *arena.Arena) vec.Vec {
	out := arena.Make[int16](a, v.N)
	for i, x := range vec.Of[int64](v)[:v.N] {
		out[i] = int16(k.Digits)
		if j := slices.Index(k.Odd, x); j >= 0 && k.first[j].Load() > 0 {
			out[i] = int16(k.first[j].Load() - 1)
		}
	}
	return vec.FromFixed(types.T(types.Int16), out, nil)
}

// firstDigits notes for a worker what the first rows of odd values show.
type firstDigits struct {
	key   *fixedKey
	at    int // number of the key
	shown *expr.Program
}

// newFirstDigits returns those of the keys of an aggregation.
func newFirstDigits(g *aggregation, env *expr.Env) (list []*firstDigits, err error) {
	for i, k := range g.fixed {
		if k == nil || len(k.Odd) == 0 {
			continue
		}
		shown, err := expr.Compile(k.Shown, env)
		if err != nil {
			return nil, err
		}
		list = append(list, &firstDigits{k, i, shown})
	}
	return list, nil
}

// note looks for the first rows of odd values in a batch with the given keys.
func (d *firstDigits) note(b *vec.Batch, keys []vec.Vec, a *arena.Arena) error {
	var shown *vec.Vec
	for j, odd := range d.key.Odd {
		if d.key.first[j].Load() > 0 {
			continue
		}
		i := firstOfValue(&keys[d.at], b, odd)
		if i < 0 {
			continue
		}
		if shown == nil {
			v, err := d.shown.Eval(b, a)
			if err != nil {
				return err
			}
			shown = &v
		}
		d.key.first[j].CompareAndSwap(0, int32(shown.Int(i))+1)
	}
	return nil
}

// firstOfValue returns the first selected row of b in which v, a vector of integers, is x; -1 where there is none.
func firstOfValue(v *vec.Vec, b *vec.Batch, x int64) int {
	if v.Form == vec.Flat {
		for i, y := range vec.Of[int64](v)[:b.N] {
			if y == x && (b.Sel == nil || bit(b.Sel, i) == 1) && !v.IsNull(i) {
				return i
			}
		}
		return -1
	}
	for i := range b.N {
		if v.Int(i) == x && (b.Sel == nil || bit(b.Sel, i) == 1) && !v.IsNull(i) {
			return i
		}
	}
	return -1
}
