package parquetio

import (
	"encoding/json"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"driftdb/internal/dberr"
)

// typesKey is the key of the file's metadata that holds the columns' SQL types, a JSON list.
const typesKey = "driftdb.types"

// The names of the groups within a list.
const (
	listName    = "list"
	elementName = "element"
)

// footerOf returns the footer of a file that has no rows yet.
func footerOf(cols []Column) (format.FileMetaData, error) {
	f := format.FileMetaData{Version: 2, CreatedBy: createdBy}
	f.Schema = append(f.Schema, format.SchemaElement{Name: "schema", NumChildren: thrift.New(int32(len(cols)))})
	seen, names := map[string]bool{}, []string{}
	for _, c := range cols {
		if seen[c.Name] {
			return f, dberr.Newf(dberr.DuplicateColumn, "column name \"%s\" appears more than once", c.Name).
				WithHint("Columns of a Parquet file have different names: give them with AS.")
		}
		seen[c.Name] = true
		names = append(names, c.Type.String())
		f.Schema = append(f.Schema, elementsOf(c)...)
		f.ColumnOrders = append(f.ColumnOrders, format.ColumnOrder{Value: &format.TypeDefinedOrder{}})
	}
	if len(cols) == 0 {
		return f, dberr.New(dberr.FeatureNotSupported, "a Parquet file needs at least one column")
	}
	list, err := json.Marshal(names)
	f.KeyValueMetadata = []format.KeyValue{{Key: typesKey, Value: string(list)}}
	return f, err
}

// elementsOf returns the elements of the schema of one column.
func elementsOf(c Column) []format.SchemaElement {
	if !c.Type.IsArray() {
		return []format.SchemaElement{elementOf(c.Name, formOf(c.Type).typ)}
	}
	one := thrift.New(int32(1))
	return []format.SchemaElement{
		{
			Name: c.Name, RepetitionType: thrift.New(format.Optional), NumChildren: one,
			ConvertedType: thrift.New(deprecated.List), LogicalType: format.LogicalType{Value: &format.ListType{}},
		},
		{Name: listName, RepetitionType: thrift.New(format.Repeated), NumChildren: one},
		elementOf(elementName, formOf(c.Type).typ),
	}
}

// elementOf returns the element of the schema of optional values.
func elementOf(name string, t parquet.Type) format.SchemaElement {
	e := format.SchemaElement{Name: name, RepetitionType: thrift.New(format.Optional), Type: thrift.New(*t.PhysicalType())}
	if l := t.LogicalType(); l != nil {
		e.LogicalType = *l
		if d, ok := l.Value.(*format.DecimalType); ok {
			e.Scale, e.Precision = thrift.New(d.Scale), thrift.New(d.Precision)
		}
	}
	if c := t.ConvertedType(); c != nil {
		e.ConvertedType = thrift.New(*c)
	}
	if t.Kind() == parquet.FixedLenByteArray {
		e.TypeLength = thrift.New(int32(t.Length()))
	}
	return e
}

// path returns the place of the column's values in the schema.
func (l *leaf) path() []string {
	if l.lists {
		return []string{l.Name, listName, elementName}
	}
	return []string{l.Name}
}

// codecs are the compressions that can be asked for.
var codecs = map[string]compress.Codec{
	"snappy": &fastSnappy{}, "zstd": &parquet.Zstd, "gzip": &parquet.Gzip,
	"lz4": &parquet.Lz4Raw, "none": &parquet.Uncompressed, "uncompressed": &parquet.Uncompressed,
}

// DefaultCompression is what a Writer compresses with when nothing is said.
const DefaultCompression = "snappy"

// CheckCompression returns an error (22023) for a compression that there is not.
func CheckCompression(name string) error {
	if _, ok := codecs[name]; !ok && name != "" {
		return dberr.Newf(dberr.InvalidParameterValue, "unknown compression \"%s\"", name).
			WithHint("Parquet files are compressed with snappy, zstd, gzip, lz4 or none.")
	}
	return nil
}
