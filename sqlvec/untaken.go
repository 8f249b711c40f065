package sqlvec

import (
	"strconv"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/parse"
)

// insertUntaken runs ON CONFLICT DO NOTHING without a target: it inserts the rows none of whose
// unique keys a row has, be it there or proposed before.
func (r *run) insertUntaken(st *parse.Insert, t *colstore.Table, proposed *rowSet) error {
	all := proposed.batch()
	taken, err := r.s.txOf(t).Taken(t, all)
	if err != nil {
		return err
	}
	all.Sel = make([]uint64, vec.Words(all.N))
	seen := map[string]bool{}
	for i := range all.N {
		if taken[i] {
			continue
		}
		keys := keyTexts(t, all, i)
		free := true
		for _, k := range keys {
			free = free && !seen[k]
		}
		if !free {
			continue
		}
		for _, k := range keys {
			seen[k] = true
		}
		all.Sel[i>>6] |= 1 << (uint(i) & 63)
	}
	fresh := newRowSet(columnTypes(t))
	if err := fresh.appendBatch(all); err != nil {
		return err
	}
	return r.insertRows(st, t, fresh)
}

// keyTexts are the unique keys of a row, those with a NULL left out, as texts that are equal
// when the keys are.
func keyTexts(t *colstore.Table, b *vec.Batch, row int) (list []string) {
	for n, x := range t.Keys() {
		if !x.Unique {
			continue
		}
		text, null := []byte{byte(n), byte(n >> 8)}, false
		for _, id := range x.Columns {
			v := b.Cols[attributeNumber(t, id)-1].Value(row)
			null = null || !v.Valid
			text = appendKey(text, v)
		}
		if !null {
			list = append(list, string(text))
		}
	}
	return list
}

// appendKey appends a text that is the same for equal values.
func appendKey(dst []byte, v types.Value) []byte {
	switch {
	case v.Valid && v.Type.ID == types.Numeric && !v.Type.IsScaled():
		dst = strconv.AppendQuote(dst, string(types.DecimalKey([]byte(v.S))))
	case v.Valid && (v.Type.ID == types.Float64 || v.Type.ID == types.Float32) && v.F == 0:
		dst = append(dst, '0')
	default:
		dst = strconv.AppendQuote(dst, types.Format(v))
	}
	return append(dst, 0)
}
