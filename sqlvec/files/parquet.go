package files

import (
	"context"
	"io"

	"driftdb/colstore"
	"driftdb/internal/formats/parquetio"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// batchRows is the most rows of a batch.
const batchRows = 32 << 10

// parquetReader reads a Parquet file: a unit is a row group.
type parquetReader struct {
	source io.Closer
	file   *parquetio.File
	cols   []Column
}

func openParquet(f interface {
	io.ReaderAt
	io.Closer
}, size int64) (reader, error) {
	file, err := parquetio.Open(f, size)
	if err != nil {
		return nil, err
	}
	r := &parquetReader{source: f, file: file}
	for _, c := range file.Columns() {
		r.cols = append(r.cols, Column(c))
	}
	return r, nil
}

func (r *parquetReader) columns() []Column { return r.cols }

func (r *parquetReader) units() int { return r.file.Groups() }

func (r *parquetReader) rows(unit int) int64 { return r.file.GroupRows(unit) }

func (r *parquetReader) close() { r.source.Close() }

func (r *parquetReader) excludes(unit int, filters []colstore.Filter) bool {
	for i := range filters {
		f := &filters[i]
		least, greatest, ok := r.file.Bounds(unit, int(f.Column))
		if ok && outside(f, least, greatest) {
			return true
		}
	}
	return false
}

// outside reports whether no value between two bounds can match a filter. A NaN may stand outside the
// bounds: it is greater than every number.
func outside(f *colstore.Filter, least, greatest types.Value) bool {
	float := least.Type.ID == types.Float32 || least.Type.ID == types.Float64
	none := func(v types.Value) bool { // nothing equals v
		if float && v.F != v.F {
			return false
		}
		return types.Compare(v, least) < 0 || types.Compare(v, greatest) > 0
	}
	if len(f.Values) == 0 {
		return false
	}
	v := f.Values[0]
	switch f.Op {
	case colstore.Eq:
		return none(v)
	case colstore.In:
		for _, v := range f.Values {
			if !none(v) {
				return false
			}
		}
		return true
	case colstore.Lt:
		return !(float && v.F != v.F) && types.Compare(least, v) >= 0
	case colstore.Le:
		return !(float && v.F != v.F) && types.Compare(least, v) > 0
	case colstore.Gt:
		return !float && types.Compare(greatest, v) <= 0
	case colstore.Ge:
		return !float && types.Compare(greatest, v) < 0
	}
	return false
}

func (r *parquetReader) read(_ context.Context, unit int, cols []int, _ []types.Type) (batches, error) {
	rows, err := r.file.Read(unit, cols)
	if err != nil {
		return nil, err
	}
	return parquetRows{rows}, nil
}

type parquetRows struct{ rows *parquetio.Rows }

func (r parquetRows) next() (*vec.Batch, error) { return r.rows.Next(batchRows) }

func (r parquetRows) close() { r.rows.Close() }
