package rowtext

import (
	"bufio"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// jsonRows writes one object a row, on a line of its own; with array set, the lines of a
// result are the elements of one JSON array.
type jsonRows struct {
	w     *bufio.Writer
	ctx   types.Context
	array bool
	keys  [][]byte // `"name":` of each column, with the comma before it
	rows  int64
	buf   []byte
}

func (j *jsonRows) Begin(cols []Column) error {
	j.keys, j.rows = j.keys[:0], 0
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
	return eachRow(b, func(row int) error {
		dst := j.buf[:0]
		if j.array && j.rows > 0 {
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
		j.rows++
		j.buf = dst
		_, err := j.w.Write(dst)
		return err
	})
}

func (j *jsonRows) End() error {
	if !j.array {
		return nil
	}
	_, err := j.w.WriteString("]\n")
	return err
}
