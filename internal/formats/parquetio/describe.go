package parquetio

import (
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"driftdb/internal/types"
)

// Element is a node of a file's schema as the footer has it. Nil and "" are what it does not say.
type Element struct {
	Name       string
	Type       string // of the values, "" for a node that has others below it
	Length     *int64 // of a value of fixed length, in bytes
	Repetition string
	Children   *int64
	Converted  string // the older form of Logical
	Scale      *int64
	Precision  *int64
	Logical    string
	SQL        types.Type // of a leaf at the top that has one here
}

// convertedNames are the names of the older types, in the order of the format.
var convertedNames = []string{"UTF8", "MAP", "MAP_KEY_VALUE", "LIST", "ENUM", "DECIMAL", "DATE", "TIME_MILLIS", "TIME_MICROS", "TIMESTAMP_MILLIS", "TIMESTAMP_MICROS",
	"UINT_8", "UINT_16", "UINT_32", "UINT_64", "INT_8", "INT_16", "INT_32", "INT_64", "JSON", "BSON", "INTERVAL"}

// Schema lists the nodes of the schema, the root first.
func (f *File) Schema() []Element {
	var list []Element
	all := f.file.Metadata().Schema
	for i := range all {
		e := &all[i]
		out := Element{Name: e.Name, Logical: e.LogicalType.String()}
		if e.Type.Valid {
			out.Type = e.Type.V.String()
		}
		if e.RepetitionType.Valid {
			out.Repetition = e.RepetitionType.V.String()
		}
		if e.ConvertedType.Valid {
			if n := int(e.ConvertedType.V); n >= 0 && n < len(convertedNames) {
				out.Converted = convertedNames[n]
			}
		}
		for _, n := range []struct {
			valid bool
			from  int32
			to    **int64
		}{{e.TypeLength.Valid, e.TypeLength.V, &out.Length}, {e.NumChildren.Valid && !e.Type.Valid, e.NumChildren.V, &out.Children},
			{e.Scale.Valid, e.Scale.V, &out.Scale}, {e.Precision.Valid, e.Precision.V, &out.Precision}} {
			if n.valid {
				v := int64(n.from)
				*n.to = &v
			}
		}
		if at := slices.IndexFunc(f.cols, func(c column) bool { return c.Name == e.Name }); at >= 0 && e.Type.Valid {
			out.SQL = f.cols[at].Type
		}
		list = append(list, out)
	}
	return list
}

// Chunk is one column of one row group as the footer has it.
type Chunk struct {
	Group, Column          int
	GroupColumns           int
	GroupRows, GroupBytes  int64
	GroupCompressed        int64 // 0: not said
	FileOffset, Values     int64
	Path, Type             string
	Least, Greatest        types.Value // of the column's type; not valid where nothing is said
	Nulls                  *int64      // nil where nothing is said
	Distinct               int64       // 0: not said
	Compression, Encodings string
	IndexPage              int64 // offsets; 0 for none
	DictionaryPage         int64
	DataPage               int64
	Compressed, Plain      int64 // bytes
}

// Chunks lists the columns of all row groups.
func (f *File) Chunks() []Chunk {
	var list []Chunk
	meta := f.file.Metadata()
	for g := range meta.RowGroups {
		group := &meta.RowGroups[g]
		for c := range group.Columns {
			m := &group.Columns[c].MetaData
			out := Chunk{Group: g, Column: c, GroupColumns: len(group.Columns), GroupRows: group.NumRows, GroupBytes: group.TotalByteSize, GroupCompressed: group.TotalCompressedSize,
				FileOffset: group.Columns[c].FileOffset, Values: m.NumValues, Path: strings.Join(m.PathInSchema, ", "), Type: m.Type.String(),
				Distinct: m.Statistics.DistinctCount, Compression: m.Codec.String(), Encodings: encodingNames(m.Encoding),
				IndexPage: m.IndexPageOffset, DictionaryPage: m.DictionaryPageOffset, DataPage: m.DataPageOffset, Compressed: m.TotalCompressedSize, Plain: m.TotalUncompressedSize}
			if s := &m.Statistics; s.NullCount > 0 || s.MinValue != nil || s.Min != nil {
				out.Nulls = &s.NullCount
			}
			if at := slices.IndexFunc(f.cols, func(col column) bool { return col.leaf == c }); at >= 0 {
				if least, greatest, ok := f.Bounds(g, at); ok {
					out.Least, out.Greatest = least, greatest
				}
			}
			list = append(list, out)
		}
	}
	return list
}

func encodingNames(list []format.Encoding) string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.String()
	}
	return strings.Join(names, ", ")
}

// Footer is what the footer says of the file.
type Footer struct {
	CreatedBy    string
	Rows, Groups int64
	Version      int64
	Bytes        int64 // of the footer
	Pairs        [][2]string
}

// Footer returns what the footer says of the file.
func (f *File) Footer() Footer {
	meta := f.file.Metadata()
	out := Footer{CreatedBy: meta.CreatedBy, Rows: meta.NumRows, Groups: int64(len(meta.RowGroups)), Version: int64(meta.Version), Bytes: f.footer}
	for _, p := range meta.KeyValueMetadata {
		out.Pairs = append(out.Pairs, [2]string{p.Key, p.Value})
	}
	return out
}
