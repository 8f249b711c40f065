package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// arg_max and arg_min give the value of the row in which another expression is greatest or least, the first of several
// such rows. Rows in which one of the two is NULL do not count.

func init() {
	for _, name := range []string{"arg_max", "arg_min"} {
		registerAggregate(&Aggregate{Name: name, Params: ids(anyType, anyType), Ret: anyType, returns: sameType,
			states: func(args []types.Type, ret types.Type, a *arena.Arena) States {
				s := &argStates{scratch: scratch{a}, greatest: name == "arg_max"}
				s.vals = valueStates{typ: ret, take: func(_, _ *types.Value) bool { return true }}
				switch c := ret.Class(); {
				case ret.ID == types.Numeric:
				case c == types.Bytes:
					s.isText = true
				case c == types.I16, c == types.I32, c == types.I64:
					s.isInt = true
				}
				if !selects(args[1]) {
					s.keys = &valueStates{typ: args[1], take: extremeRule(args[1], s.greatest)}
				}
				return s
			}})
	}
}

// argStates keeps the best key and its value of every group: keys that words order as words.
type argStates struct {
	scratch
	greatest bool
	seen     []bool
	vals     valueStates // of the best rows, but for texts and integers
	isText   bool        // values are bytes of the vectors, which texts keeps
	texts    [][]byte
	heap     int64 // bytes of texts
	isInt    bool  // values are integers, which ints keeps
	ints     []int64
	best     []uint64     // words of the keys, flipped for arg_min
	keys     *valueStates // nil where keys have words

	words []uint64
	row   []int32  // by group: the best row of the batch
	met   []uint32 // groups that the batch has a best row of
}

func (s *argStates) Grow(n int) {
	s.seen = grow(s.seen, n)
	switch {
	case s.isText:
		s.texts = grow(s.texts, n)
	case s.isInt:
		s.ints = grow(s.ints, n)
	default:
		s.vals.Grow(n)
	}
	if s.keys != nil {
		s.keys.Grow(n)
	} else {
		s.best = grow(s.best, n)
	}
	for len(s.row) < n {
		s.row = append(s.row, -1)
	}
}

func (s *argStates) Groups() int { return len(s.seen) }

func (s *argStates) Bytes() int64 {
	n := s.heap + int64(cap(s.texts))*24 + int64(cap(s.ints))*8 + int64(cap(s.seen)) + s.vals.Bytes() + int64(cap(s.best))*8 + int64(cap(s.row))*4
	if s.keys != nil {
		n += s.keys.Bytes()
	}
	return n
}

// flip makes greater words better.
func (s *argStates) flip() uint64 {
	if s.greatest {
		return 0
	}
	return ^uint64(0)
}

func (s *argStates) each(args []vec.Vec, sel []uint64, n int, group func(int) uint32) {
	value, key := &args[0], &args[1]
	if isNullConst(key) || isNullConst(value) {
		return
	}
	if s.keys == nil {
		if cap(s.words) < n {
			s.words = make([]uint64, n)
		}
		s.orderWords(key, s.words[:n])
	}
	flip := s.flip()
	if s.keys == nil && s.isInt {
		s.eachInt(value, key, sel, n, group)
		return
	}
	eachSelected(n, sel, key, func(i int) {
		if value.IsNull(i) {
			return
		}
		g := group(i)
		if s.keys != nil {
			if s.better(g, RowValue(key, i)) {
				s.keep(g, value, i)
			}
			return
		}
		if w := s.words[i] ^ flip; !s.seen[g] || w > s.best[g] {
			if s.row[g] < 0 {
				s.met = append(s.met, g)
			}
			s.best[g], s.row[g], s.seen[g] = w, int32(i), true
		}
	})
	for _, g := range s.met {
		s.keep(g, value, int(s.row[g]))
		s.row[g] = -1
	}
	s.met = s.met[:0]
}

// eachInt is each for values that are integers and keys that have words.
func (s *argStates) eachInt(value, key *vec.Vec, sel []uint64, n int, group func(int) uint32) {
	f, done := s.frame(n)
	defer done()
	flip, ints, words, nulls := s.flip(), int64s(f, value), s.words[:n], value.Valid != nil
	eachSelected(n, sel, key, func(i int) {
		if nulls && value.IsNull(i) {
			return
		}
		g := group(i)
		if w := words[i] ^ flip; w > s.best[g] || !s.seen[g] {
			s.best[g], s.ints[g], s.seen[g] = w, ints[i], true
		}
	})
}

// keep gives a group the value of row i.
func (s *argStates) keep(g uint32, v *vec.Vec, i int) {
	s.seen[g] = true
	switch {
	case s.isText:
		s.keepText(g, v.Bytes(i))
	case s.isInt:
		s.ints[g] = v.Int(i)
	default:
		s.vals.offer(g, RowValue(v, i))
	}
}

// keepText gives a group a text, in the memory of the one before where it fits.
func (s *argStates) keepText(g uint32, text []byte) {
	before := cap(s.texts[g])
	s.texts[g] = append(s.texts[g][:0], text...)
	s.heap += int64(cap(s.texts[g]) - before)
}

// better gives a group a key that has no word, if it is better, and reports that.
func (s *argStates) better(g uint32, key types.Value) bool {
	if s.keys.seen[g] && !s.keys.take(&s.keys.vals[g], &key) {
		return false
	}
	s.keys.offer(g, key)
	return true
}

func (s *argStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	s.each(args, sel, n, func(i int) uint32 { return group[i] })
	return nil
}

func (s *argStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	s.each(args, sel, n, func(int) uint32 { return group })
	return nil
}

func (s *argStates) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *argStates) MergePart(src States, from, to []uint32) error {
	o := src.(*argStates)
	for k, g := range to {
		i := groupAt(from, k)
		switch {
		case !o.seen[i]:
			continue
		case s.keys != nil:
			if !s.better(g, o.keys.vals[i]) {
				continue
			}
		case s.seen[g] && o.best[i] <= s.best[g]:
			continue
		default:
			s.best[g] = o.best[i]
		}
		s.seen[g] = true
		switch {
		case s.isText:
			s.keepText(g, o.texts[i])
		case s.isInt:
			s.ints[g] = o.ints[i]
		default:
			s.vals.offer(g, o.vals.vals[i])
		}
	}
	return nil
}

func (s *argStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	if !s.isText && !s.isInt {
		return s.vals.Final(lo, hi, a)
	}
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.vals.typ)
	for g := lo; g < hi; g++ {
		switch {
		case !s.seen[g]:
			b.null()
		case s.isText:
			b.bytes(s.texts[g])
		default:
			b.value(types.IntValue(s.vals.typ, s.ints[g]))
		}
	}
	return b.finish()
}
