package types

import "driftdb/internal/dberr"

// JSONArray reads a JSON array as an array of type t: its arrays are its dimensions, its
// null is NULL.
func JSONArray(c Context, text string, t Type) (Value, error) {
	tree, err := ParseJSON(text)
	if err != nil {
		return Value{}, err
	}
	r := jsonArray{ctx: c, t: t}
	if err := r.level(&tree, 0); err != nil {
		return Value{}, err
	}
	a := Array{Elems: r.elems}
	for _, n := range r.lens {
		a.Dims = append(a.Dims, Dim{n, 1})
	}
	return a.Value(t)
}

// jsonArray gathers the elements of a JSON array.
type jsonArray struct {
	ctx   Context
	t     Type
	lens  []int32
	elems []Value
}

func (r *jsonArray) level(tree *JSONTree, depth int) error {
	n := int32(len(tree.Members))
	switch {
	case depth == MaxDims:
		return tooManyDims(depth + 1)
	case depth < len(r.lens) && r.lens[depth] != n, depth == len(r.lens) && len(r.elems) > 0:
		return r.uneven()
	case depth == len(r.lens):
		r.lens = append(r.lens, n)
	}
	for i := range tree.Members {
		m := &tree.Members[i]
		if m.Kind == '[' && r.t.Elem().ID != JSON && r.t.Elem().ID != JSONB {
			if err := r.level(m, depth+1); err != nil {
				return err
			}
			continue
		}
		if depth+1 != len(r.lens) {
			return r.uneven()
		}
		if err := r.element(m); err != nil {
			return err
		}
	}
	return nil
}

func (r *jsonArray) uneven() error {
	return dberr.New(dberr.InvalidTextRepresentation, "malformed JSON array").WithDetail("Multidimensional arrays must have sub-arrays with matching dimensions.")
}

// element adds a value that is no array.
func (r *jsonArray) element(m *JSONTree) error {
	e := r.t.Elem()
	text := string(m.Append(nil))
	if text == "null" {
		r.elems = append(r.elems, NullOf(e))
		return nil
	}
	if m.Kind == '"' && e.ID != JSON && e.ID != JSONB {
		text = m.Text
	}
	v, err := r.ctx.Cast(BytesValue(T(Text), text), e, false)
	if err == nil {
		v.Type = e
		r.elems = append(r.elems, v)
	}
	return err
}
