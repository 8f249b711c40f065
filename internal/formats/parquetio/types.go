package parquetio

import (
	"github.com/parquet-go/parquet-go"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Column is a column of a result or of a file.
type Column struct {
	Name string
	Type types.Type
}

// form is how values of one SQL type are written.
type form struct {
	node parquet.Node
	// value returns row i of v. Bytes may alias v or w.text.
	value func(w *columnWriter, v *vec.Vec, i int) (parquet.Value, error)
}

// written is the form of each type; what is missing is written as text.
var written = map[types.ID]form{
	types.Bool:        {parquet.Leaf(parquet.BooleanType), boolValue},
	types.Int16:       {parquet.Int(16), int32Value},
	types.Int32:       {parquet.Int(32), int32Value},
	types.Int64:       {parquet.Int(64), int64Value},
	types.Float32:     {parquet.Leaf(parquet.FloatType), floatValue},
	types.Float64:     {parquet.Leaf(parquet.DoubleType), doubleValue},
	types.Bytea:       {parquet.Leaf(parquet.ByteArrayType), bytesValue},
	types.Date:        {parquet.Date(), int32Value},
	types.Time:        {parquet.TimeAdjusted(parquet.Microsecond, false), int64Value},
	types.UUID:        {parquet.UUID(), uuidValue},
	types.Timestamp:   {parquet.TimestampAdjusted(parquet.Microsecond, false), int64Value},
	types.TimestampTZ: {parquet.TimestampAdjusted(parquet.Microsecond, true), int64Value},
	types.Unknown:     {dictionary(parquet.String()), bytesValue},
	types.Text:        {dictionary(parquet.String()), bytesValue},
	types.Varchar:     {dictionary(parquet.String()), bytesValue},
	types.JSONPath:    {dictionary(parquet.String()), bytesValue},
	types.JSON:        {parquet.JSON(), bytesValue},
	types.JSONB:       {parquet.JSON(), bytesValue},
}

// maxDecimalPrec is the most digits of a DECIMAL that other readers take.
const maxDecimalPrec = 38

// listForm returns how the elements of arrays are written: in their own form where that needs no
// more than their value, else as text.
func listForm(elem types.Type) form {
	if f, ok := written[elem.ID]; ok && elem.ID != types.JSON && elem.ID != types.JSONB {
		return f
	}
	return form{dictionary(parquet.String()), textValue}
}

// formOf returns how values of t are written.
func formOf(t types.Type) form {
	if t.IsArray() {
		return form{node: parquet.List(parquet.Optional(listForm(t.Elem()).node))}
	}
	if t.ID == types.Numeric && t.Prec >= 1 && t.Prec <= maxDecimalPrec && t.Scale >= 0 && t.Scale <= t.Prec {
		return decimalForm(int(t.Prec), int(t.Scale))
	}
	if f, ok := written[t.ID]; ok {
		return f
	}
	return form{dictionary(parquet.String()), textValue}
}

func dictionary(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.RLEDictionary) }

// decimalBytes is the size of a DECIMAL of more digits than an int64 holds.
const decimalBytes = 16

func decimalForm(prec, scale int) form {
	switch {
	case prec <= 9:
		return form{parquet.Decimal(scale, prec, parquet.Int32Type), int32Value}
	case prec <= types.MaxScaledPrec:
		return form{parquet.Decimal(scale, prec, parquet.Int64Type), int64Value}
	}
	return form{parquet.Decimal(scale, prec, parquet.FixedLenByteArrayType(decimalBytes)), decimalValue}
}

// recordedArrays are the types of arrays by their names.
var recordedArrays = map[string]types.Type{}

func init() {
	for id := types.Bool; id <= types.LastID; id++ {
		if t := types.T(id).Array(); id != types.Enum {
			recordedArrays[t.String()] = t
		}
	}
}

// recorded are the types that our files hold as text and give back by their recorded names.
var recorded = map[string]types.ID{
	types.T(types.Numeric).String():  types.Numeric,
	types.T(types.Interval).String(): types.Interval,
	types.T(types.Time).String():     types.Time,
	types.T(types.UUID).String():     types.UUID,
	types.T(types.JSONB).String():    types.JSONB,
}
