package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// valuesSource makes rows of expressions: a morsel is a batch.
type valuesSource struct {
	node *plan.Values
	size int // rows of a morsel
}

func (s *valuesSource) prepare(ex *execution) (int, error) {
	s.size = ex.opts.BatchRows
	return (len(s.node.Rows) + s.size - 1) / s.size, nil
}

func (s *valuesSource) open(w *worker) (reader, error) {
	return &valuesReader{s: s, w: w}, nil
}

type valuesReader struct {
	s *valuesSource
	w *worker
}

func (r *valuesReader) run(morsel int, next pusher) error {
	a := r.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	rows := r.s.node.Rows[morsel*r.s.size:]
	rows = rows[:min(len(rows), r.s.size)]
	b := vec.Batch{N: len(rows), Cols: make([]vec.Vec, len(r.s.node.Out))}
	vals := make([]types.Value, len(rows))
	for c, col := range r.s.node.Out {
		for i, row := range rows {
			v, err := expr.EvalConst(row[c], r.w.ex.opts.Env)
			if err != nil {
				return err
			}
			vals[i] = v
		}
		b.Cols[c] = vecOf(col.Type, vals, a)
	}
	return next.push(&b)
}

// vecOf returns values of type t as a flat vector in a.
func vecOf(t types.Type, vals []types.Value, a *arena.Arena) vec.Vec {
	out := vec.Vec{Type: t, N: len(vals), Valid: validOf(vals, a)}
	switch t.Class() {
	case types.Bits:
		words := arena.MakeZero[uint64](a, vec.Words(len(vals)))
		for i, v := range vals {
			words[i>>6] |= uint64(v.I&1) << (uint(i) & 63)
		}
		out.Data = vec.BytesOf(words)
	case types.I16:
		out.Data = fixedOf(a, vals, func(v types.Value) int16 { return int16(v.I) })
	case types.I32:
		out.Data = fixedOf(a, vals, func(v types.Value) int32 { return int32(v.I) })
	case types.I64:
		out.Data = fixedOf(a, vals, func(v types.Value) int64 { return v.I })
	case types.F32:
		out.Data = fixedOf(a, vals, func(v types.Value) float32 { return float32(v.F) })
	case types.F64:
		out.Data = fixedOf(a, vals, func(v types.Value) float64 { return v.F })
	case types.Span:
		spans := arena.MakeSpans(a, len(vals))
		for i, v := range vals {
			spans[i] = v.Iv
		}
		out.Data = vec.BytesOf(spans)
	default:
		stringsOf(&out, vals, a)
	}
	return out
}

// validOf returns the validity of vals, nil when none is NULL.
func validOf(vals []types.Value, a *arena.Arena) []uint64 {
	var valid []uint64
	for i, v := range vals {
		if v.Valid {
			continue
		}
		if valid == nil {
			valid = fullMask(len(vals), a)
		}
		valid[i>>6] &^= 1 << (uint(i) & 63)
	}
	return valid
}

// fixedOf returns the bytes of one fixed-width value for each of vals.
func fixedOf[T vec.Fixed](a *arena.Arena, vals []types.Value, of func(types.Value) T) []byte {
	out := arena.Make[T](a, len(vals))
	for i, v := range vals {
		out[i] = of(v)
	}
	return vec.BytesOf(out)
}

// stringsOf fills out with the strings of vals.
func stringsOf(out *vec.Vec, vals []types.Value, a *arena.Arena) {
	size := 0
	for _, v := range vals {
		size += len(v.S)
	}
	offs, data := arena.Make[int32](a, len(vals)+1), a.Alloc(size)[:0]
	for i, v := range vals {
		offs[i] = int32(len(data))
		if v.Valid {
			data = append(data, v.S...)
		}
	}
	offs[len(vals)] = int32(len(data))
	out.Offs, out.Heap = offs, data
}
