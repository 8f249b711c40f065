package parquetio

import (
	"encoding/json"
	"reflect"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"driftdb/internal/dberr"
)

// typesKey is the key of the file's metadata that holds the columns' SQL types, a JSON list.
const typesKey = "driftdb.types"

// root is the group of a result's columns in their order; the library's own group sorts them.
type root struct {
	parquet.Group
	fields []parquet.Field
}

// Fields implements parquet.Node.
func (r *root) Fields() []parquet.Field { return r.fields }

// GoType implements parquet.Node. No row is ever made of it.
func (r *root) GoType() reflect.Type { return reflect.TypeFor[struct{}]() }

// field is one column.
type field struct {
	parquet.Node
	name string
}

// Name implements parquet.Field.
func (f *field) Name() string { return f.name }

// Value implements parquet.Field. No row is ever made of a field.
func (f *field) Value(reflect.Value) reflect.Value { return reflect.Value{} }

// schemaOf returns the schema of a result and the JSON list of its types.
func schemaOf(cols []Column) (*parquet.Schema, string, error) {
	r := &root{}
	seen, names := map[string]bool{}, []string{}
	for _, c := range cols {
		if seen[c.Name] {
			return nil, "", dberr.Newf(dberr.DuplicateColumn, "column name \"%s\" appears more than once", c.Name).
				WithHint("Columns of a Parquet file have different names: give them with AS.")
		}
		seen[c.Name] = true
		names = append(names, c.Type.String())
		r.fields = append(r.fields, &field{parquet.Optional(formOf(c.Type).node), c.Name})
	}
	if len(cols) == 0 {
		return nil, "", dberr.New(dberr.FeatureNotSupported, "a Parquet file needs at least one column")
	}
	list, err := json.Marshal(names)
	return parquet.NewSchema("schema", r), string(list), err
}

// codecs are the compressions that can be asked for.
var codecs = map[string]compress.Codec{
	"snappy": &parquet.Snappy, "zstd": &parquet.Zstd, "gzip": &parquet.Gzip,
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
