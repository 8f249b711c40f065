package rowtext

import (
	"driftdb/internal/vec"
)

// jsonRows writes one object a row, on a line of its own; with array set, the lines of a
// result are the elements of one JSON array.
type jsonRows struct {
	lines
	array bool
	keys  [][]byte // `"name":` of each column, with the comma before it
	rows  bool     // some were written
}

func (j *jsonRows) Begin(cols []Column) error {
	j.keys, j.rows = j.keys[:0], false
	for i, c := range cols {
		var k []byte
		if i > 0 {
			k = append(k, ',')
		}
		j.keys = append(j.keys, append(AppendJSONString(k, []byte(c.Name)), ':'))
	}
	if j.array {
		return j.w.WriteByte('[')
	}
	return nil
}

func (j *jsonRows) Write(b *vec.Batch) error {
	first := -1 // the row without a line before it
	if !j.rows {
		first = firstRow(b)
		j.rows = first >= 0
	}
	return j.each(b, func(dst []byte, row int) []byte {
		if j.array && row != first {
			dst = append(dst, ',', '\n')
		}
		dst = append(dst, '{')
		for c := range j.keys {
			dst = append(dst, j.keys[c]...)
			if v := &b.Cols[c]; v.IsNull(row) {
				dst = append(dst, "null"...)
			} else {
				dst = appendJSONCell(dst, j.ctx, v, row)
			}
		}
		dst = append(dst, '}')
		if !j.array {
			dst = append(dst, '\n')
		}
		return dst
	})
}

func (j *jsonRows) End() error {
	if !j.array {
		return nil
	}
	_, err := j.w.WriteString("]\n")
	return err
}
