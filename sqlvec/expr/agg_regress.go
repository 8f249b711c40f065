package expr

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

func init() {
	for name, final := range regressions {
		ret := types.Float64
		if name == "regr_count" {
			ret = types.Int64
		}
		registerAggregate(&Aggregate{Name: name, Params: ids(types.Float64, types.Float64), Ret: ret, Empty: name == "regr_count",
			states: func([]types.Type, types.Type, *arena.Arena) States {
				return &regression{typ: types.T(ret), final: final}
			}})
	}
}

// regSums are the sums of one group: of x and y, and of the squares and products of their
// distances from the mean.
type regSums struct{ n, sx, sxx, sy, syy, sxy float64 }

// regressions compute the aggregates of two variables, y and x; ok is false for NULL.
var regressions = map[string]func(s *regSums) (v float64, ok bool){
	"regr_count": func(s *regSums) (float64, bool) { return s.n, true },
	"regr_sxx":   func(s *regSums) (float64, bool) { return s.sxx, s.n >= 1 },
	"regr_syy":   func(s *regSums) (float64, bool) { return s.syy, s.n >= 1 },
	"regr_sxy":   func(s *regSums) (float64, bool) { return s.sxy, s.n >= 1 },
	"regr_avgx":  func(s *regSums) (float64, bool) { return s.sx / s.n, s.n >= 1 },
	"regr_avgy":  func(s *regSums) (float64, bool) { return s.sy / s.n, s.n >= 1 },
	"covar_pop":  func(s *regSums) (float64, bool) { return s.sxy / s.n, s.n >= 1 },
	"covar_samp": func(s *regSums) (float64, bool) { return s.sxy / (s.n - 1), s.n >= 2 },
	"corr": func(s *regSums) (float64, bool) {
		return s.sxy / math.Sqrt(s.sxx*s.syy), s.n >= 1 && s.sxx != 0 && s.syy != 0
	},
	"regr_r2": func(s *regSums) (float64, bool) {
		if s.syy == 0 {
			return 1, s.n >= 1 && s.sxx != 0
		}
		return s.sxy * s.sxy / (s.sxx * s.syy), s.n >= 1 && s.sxx != 0
	},
	"regr_slope": func(s *regSums) (float64, bool) { return s.sxy / s.sxx, s.n >= 1 && s.sxx != 0 },
	"regr_intercept": func(s *regSums) (float64, bool) {
		return (s.sy - s.sx*s.sxy/s.sxx) / s.n, s.n >= 1 && s.sxx != 0
	},
}

// regression is the states of an aggregate of two variables, by Youngs and Cramer's
// recurrence as PostgreSQL has it.
type regression struct {
	typ   types.Type
	final func(*regSums) (float64, bool)
	sums  []regSums
}

func (s *regression) Grow(n int)   { s.sums = grow(s.sums, n) }
func (s *regression) Groups() int  { return len(s.sums) }
func (s *regression) Bytes() int64 { return int64(cap(s.sums)) * 48 }

// add adds one pair.
func (r *regSums) add(y, x float64) error {
	n, sx, sy := r.n+1, r.sx+x, r.sy+y
	if r.n > 0 {
		tx, ty := x*n-sx, y*n-sy
		scale := 1 / (n * r.n)
		r.sxx += tx * tx * scale
		r.syy += ty * ty * scale
		r.sxy += tx * ty * scale
		odd := (sx+sy)*0 + (r.sxx+r.syy+r.sxy)*0 // NaN where something is not finite, or almost
		if odd != 0 && (math.IsInf(sx, 0) || math.IsInf(sy, 0) || math.IsInf(r.sxx, 0) || math.IsInf(r.syy, 0) || math.IsInf(r.sxy, 0)) {
			finite := !math.IsInf(r.sx, 0) && !math.IsInf(r.sy, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0)
			if finite {
				return dberr.New(dberr.NumericValueOutOfRange, "value out of range: overflow")
			}
			r.sxx, r.syy, r.sxy = nanOf(r.sxx), nanOf(r.syy), nanOf(r.sxy)
		}
	} else {
		r.sxx, r.syy, r.sxy = 0, 0, 0
		if x-x != 0 { // an infinity or NaN
			r.sxx, r.sxy = math.NaN(), math.NaN()
		}
		if y-y != 0 {
			r.syy, r.sxy = math.NaN(), math.NaN()
		}
	}
	r.n, r.sx, r.sy = n, sx, sy
	return nil
}

// nanOf makes NaN of an infinity.
func nanOf(x float64) float64 {
	if math.IsInf(x, 0) {
		return math.NaN()
	}
	return x
}

// each adds the selected pairs without a NULL.
func (s *regression) each(args []vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	var bad error
	y, x := &args[0], &args[1]
	if y.Form == vec.Flat && x.Form == vec.Flat && x.Valid == nil {
		ys, xs := vec.Of[float64](y), vec.Of[float64](x)
		eachSelected(n, sel, y, func(i int) {
			if err := s.sums[group(i)].add(ys[i], xs[i]); err != nil {
				bad = err
			}
		})
		return bad
	}
	eachSelected(n, sel, y, func(i int) {
		if args[1].IsNull(i) {
			return
		}
		if err := s.sums[group(i)].add(args[0].Float(i), args[1].Float(i)); err != nil {
			bad = err
		}
	})
	return bad
}

// addAll is Update for all rows, none of which is NULL.
func (s *regression) addAll(group []uint32, ys, xs []float64) error {
	var bad error
	ys, xs = ys[:len(group)], xs[:len(group)]
	for i, g := range group {
		if err := s.sums[g].add(ys[i], xs[i]); err != nil {
			bad = err
		}
	}
	return bad
}

func (s *regression) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	if y, x := &args[0], &args[1]; sel == nil && y.Form == vec.Flat && x.Form == vec.Flat && y.Valid == nil && x.Valid == nil {
		return s.addAll(group[:n], vec.Of[float64](y), vec.Of[float64](x))
	}
	return s.each(args, sel, n, func(i int) uint32 { return group[i] })
}

func (s *regression) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(int) uint32 { return group })
}

func (s *regression) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *regression) MergePart(src States, from, to []uint32) error {
	o := src.(*regression)
	for k, g := range to {
		a, b := &s.sums[g], &o.sums[groupAt(from, k)]
		switch {
		case b.n == 0:
		case a.n == 0:
			*a = *b
		default:
			n := a.n + b.n
			dx, dy, w := a.sx/a.n-b.sx/b.n, a.sy/a.n-b.sy/b.n, a.n*b.n/n
			*a = regSums{n: n, sx: a.sx + b.sx, sxx: a.sxx + b.sxx + w*dx*dx, sy: a.sy + b.sy,
				syy: a.syy + b.syy + w*dy*dy, sxy: a.sxy + b.sxy + w*dx*dy}
		}
	}
	return nil
}

func (s *regression) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for g := lo; g < hi; g++ {
		v, ok := s.final(&s.sums[g])
		switch {
		case !ok:
			b.null()
		case s.typ.ID == types.Int64:
			b.value(types.IntValue(s.typ, int64(v)))
		default:
			b.value(types.FloatValue(s.typ, v))
		}
	}
	return b.finish()
}
