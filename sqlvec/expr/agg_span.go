package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// spanSumStates sums or averages intervals, part by part.
type spanSumStates struct {
	avg    bool
	sums   []types.IntervalValue
	counts []int64
}

// newSpanSum returns the constructor of a sum or average.
func newSpanSum(avg bool) func([]types.Type, types.Type, *arena.Arena) States {
	return func([]types.Type, types.Type, *arena.Arena) States { return &spanSumStates{avg: avg} }
}

func (s *spanSumStates) Grow(n int)   { s.sums, s.counts = grow(s.sums, n), grow(s.counts, n) }
func (s *spanSumStates) Groups() int  { return len(s.sums) }
func (s *spanSumStates) Bytes() int64 { return int64(cap(s.sums)) * 24 }

// each adds the selected intervals.
func (s *spanSumStates) each(v *vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	var bad error
	eachSelected(n, sel, v, func(i int) {
		g := group(i)
		sum, err := addIntervals(s.sums[g], v.Value(i).Iv)
		if err != nil {
			bad = err
		}
		s.sums[g] = sum
		s.counts[g]++
	})
	return bad
}

func (s *spanSumStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(&args[0], sel, n, func(i int) uint32 { return group[i] })
}

func (s *spanSumStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(&args[0], sel, n, func(int) uint32 { return group })
}

func (s *spanSumStates) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *spanSumStates) MergePart(src States, from, to []uint32) error {
	o := src.(*spanSumStates)
	for k, g := range to {
		i := groupAt(from, k)
		sum, err := addIntervals(s.sums[g], o.sums[i])
		if err != nil {
			return err
		}
		s.sums[g] = sum
		s.counts[g] += o.counts[i]
	}
	return nil
}

func (s *spanSumStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, types.T(types.Interval))
	for g := lo; g < hi; g++ {
		if s.counts[g] == 0 {
			b.null()
			continue
		}
		iv := s.sums[g]
		if s.avg {
			q, err := scaleInterval(iv, 1/float64(s.counts[g]), float64(s.counts[g]))
			if err != nil {
				return vec.Vec{}, err
			}
			iv = q
		}
		b.value(types.SpanValue(iv))
	}
	return b.finish()
}

// intervalOutOfRange is the error of an interval that cannot be held.
func intervalOutOfRange() error {
	return dberr.New(dberr.DatetimeFieldOverflow, "interval out of range")
}

// addIntervals adds two intervals part by part.
func addIntervals(a, b types.IntervalValue) (types.IntervalValue, error) {
	if kernel.AddOverflows(a.Months, b.Months) || kernel.AddOverflows(a.Days, b.Days) || kernel.AddOverflows(a.Micros, b.Micros) {
		return a, intervalOutOfRange()
	}
	return types.IntervalValue{Months: a.Months + b.Months, Days: a.Days + b.Days, Micros: a.Micros + b.Micros}, nil
}
