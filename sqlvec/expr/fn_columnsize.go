package expr

import (
	"unicode/utf8"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

func init() {
	register(&Function{Name: "pg_column_size", Params: ids(anyType), Ret: types.Int32, Volatility: Stable, NullCall: true, row: columnSize})
	for _, name := range []string{"inet_server_addr", "inet_client_addr"} { // no session is connected by TCP
		register(&Function{Name: name, Ret: types.Text, Volatility: Stable, row: func(*Env, []types.Value) (types.Value, error) { return nullText, nil }})
	}
	for _, name := range []string{"inet_server_port", "inet_client_port"} {
		register(&Function{Name: name, Ret: types.Int32, Volatility: Stable, row: func(*Env, []types.Value) (types.Value, error) { return types.NullOf(types.T(types.Int32)), nil }})
	}
}

// columnSize is pg_column_size: the bytes of a value as PostgreSQL has it in memory.
func columnSize(_ *Env, a []types.Value) (types.Value, error) {
	if !a[0].Valid {
		return types.NullOf(types.T(types.Int32)), nil
	}
	n, err := valueSize(a[0])
	return types.IntValue(types.T(types.Int32), int64(n)), err
}

// headerSize is what PostgreSQL puts before a value of no fixed length.
const headerSize = 4

// fixedSizes are the bytes of values of a fixed length.
var fixedSizes = map[types.ID]int{types.Bool: 1, types.Int16: 2, types.Int32: 4, types.Int64: 8, types.Float32: 4, types.Float64: 8, types.Date: 4, types.Time: 8,
	types.TimeTZ: 12, types.Timestamp: 8, types.TimestampTZ: 8, types.Interval: 16, types.UUID: 16, types.Enum: 4}

// valueSize is the bytes of a value with its header.
func valueSize(v types.Value) (int, error) {
	if v.Type.IsArray() {
		return arraySize(v)
	}
	if n, ok := fixedSizes[v.Type.ID]; ok {
		return n, nil
	}
	switch v.Type.ID {
	case types.Unknown:
		return len(v.S) + 1, nil
	case types.Numeric:
		d, err := v.Decimal()
		return d.StoredSize(), err
	case types.JSONB:
		t, err := types.ParseJSON(v.S)
		if err != nil {
			return 0, err
		}
		return jsonbSize(headerSize, &t, true), nil
	case types.Bpchar:
		return headerSize + len(v.S) + max(0, int(v.Type.Len)-utf8.RuneCountInString(v.S)), nil
	case types.Text, types.Varchar, types.Bytea, types.JSON:
		return headerSize + len(v.S), nil
	}
	return 0, dberr.Newf(dberr.FeatureNotSupported, "pg_column_size of type %s is not supported", v.Type)
}

// aligned is the next multiple of a power of two.
func aligned(n, to int) int { return (n + to - 1) &^ (to - 1) }

// elementAlign is how elements of an array are aligned.
func elementAlign(id types.ID) int {
	switch id {
	case types.Bool, types.UUID:
		return 1
	case types.Int16:
		return 2
	case types.Int64, types.Float64, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval:
		return 8
	}
	return 4
}

// arraySize is the bytes of an array: a header, the dimensions, a bit for each element where one is NULL,
// the elements.
func arraySize(v types.Value) (int, error) {
	a, err := v.Array()
	if err != nil {
		return 0, err
	}
	size, nulls, align := 0, false, elementAlign(v.Type.ID.Elem())
	for _, e := range a.Elems {
		if !e.Valid {
			nulls = true
			continue
		}
		n, err := valueSize(e)
		if err != nil {
			return 0, err
		}
		size = aligned(size+n, align)
	}
	head := 16 + 8*len(a.Dims)
	if nulls {
		head += (len(a.Elems) + 7) / 8
	}
	return aligned(head, 8) + size, nil
}

// jsonbSize is where a JSONB value ends that begins at an offset: a container has a word for itself and
// one for each key and value, the keys, the values. A value that is no container is in an array of one.
func jsonbSize(at int, t *types.JSONTree, whole bool) int {
	switch {
	case t.Kind == '{' || t.Kind == '[':
		at = aligned(at, 4) + 4 + 4*(len(t.Keys)+len(t.Members))
		for _, k := range t.Keys {
			at += len(k)
		}
		for i := range t.Members {
			at = jsonbSize(at, &t.Members[i], false)
		}
		return at
	case whole:
		return jsonbSize(at+8, t, false)
	case t.Kind == '"':
		return at + len(t.Text)
	case t.Kind == 0:
		d, err := types.ParseDecimal(t.Text)
		if err != nil { // no JSONB holds such a number
			return at
		}
		return aligned(at, 4) + d.StoredSize()
	}
	return at
}
