package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// jsonStates is json_agg or json_object_agg. Times print in UTC: aggregates do not
// see the session.
type jsonStates struct {
	object bool
	ret    types.Type // JSON or JSONB
	text   [][]byte
	size   int64
}

// newJSONAgg returns the constructor.
func newJSONAgg(object bool) func([]types.Type, types.Type, *arena.Arena) States {
	return func(_ []types.Type, ret types.Type, _ *arena.Arena) States {
		return &jsonStates{object: object, ret: ret}
	}
}

func (s *jsonStates) Grow(n int)   { s.text = grow(s.text, n) }
func (s *jsonStates) Groups() int  { return len(s.text) }
func (s *jsonStates) Bytes() int64 { return s.size + int64(cap(s.text))*24 }

// add appends row i of args to a group.
func (s *jsonStates) add(g uint32, args []vec.Vec, i int) error {
	before := len(s.text[g])
	dst := s.text[g]
	if before > 0 {
		dst = append(dst, ", "...)
	}
	last := len(args) - 1
	v := RowValue(&args[last], i)
	if before > 0 && !s.object && v.Valid && (v.Type.IsArray() || v.Type.ID == types.Record) {
		dst = append(dst, "\n "...)
	}
	if s.object {
		k := RowValue(&args[0], i)
		if !k.Valid {
			return dberr.New(dberr.InvalidParameterValue, "field name must not be null")
		}
		dst = append(appendJSONString(dst, types.Context{}.TextOf(k)), " : "...)
	}
	s.text[g] = appendJSON(dst, nil, v)
	s.size += int64(len(s.text[g]) - before)
	return nil
}

// each appends the selected rows, NULLs included.
func (s *jsonStates) each(args []vec.Vec, sel []uint64, n int, group func(int) uint32) error {
	var bad error
	all := vec.Vec{N: n}
	eachSelected(n, sel, &all, func(i int) {
		if err := s.add(group(i), args, i); err != nil {
			bad = err
		}
	})
	return bad
}

func (s *jsonStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(i int) uint32 { return group[i] })
}

func (s *jsonStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	return s.each(args, sel, n, func(int) uint32 { return group })
}

func (s *jsonStates) Merge(src States, to []uint32) error {
	for i, t := range src.(*jsonStates).text {
		g := to[i]
		if len(t) > 0 && len(s.text[g]) > 0 {
			s.text[g] = append(s.text[g], ", "...)
		}
		s.text[g] = append(s.text[g], t...)
		s.size += int64(len(t))
	}
	return nil
}

func (s *jsonStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.ret)
	open, end := "[", "]"
	if s.object {
		open, end = "{ ", " }"
	}
	for g := lo; g < hi; g++ {
		if len(s.text[g]) == 0 {
			b.null()
			continue
		}
		out := open + string(s.text[g]) + end
		if s.ret.ID == types.JSONB {
			var err error
			if out, err = types.NormalJSON(out); err != nil {
				return vec.Vec{}, err
			}
		}
		b.str(out)
	}
	return b.finish()
}
