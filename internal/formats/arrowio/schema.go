package arrowio

import (
	"github.com/apache/arrow/go/v17/arrow"

	"driftdb/internal/types"
)

// TypeKey is the metadata key of a field that holds its SQL type.
const TypeKey = "driftdb.type"

// maxDecimalPrec is the most digits of a decimal128.
const maxDecimalPrec = 38

// Column is a column of a result.
type Column struct {
	Name string
	Type types.Type
}

var plainTypes = map[types.ID]arrow.DataType{
	types.Bool: arrow.FixedWidthTypes.Boolean, types.Int16: arrow.PrimitiveTypes.Int16,
	types.Int32: arrow.PrimitiveTypes.Int32, types.Int64: arrow.PrimitiveTypes.Int64,
	types.Float32: arrow.PrimitiveTypes.Float32, types.Float64: arrow.PrimitiveTypes.Float64,
	types.Bytea: arrow.BinaryTypes.Binary, types.Date: arrow.FixedWidthTypes.Date32,
	types.Timestamp:   &arrow.TimestampType{Unit: arrow.Microsecond},
	types.TimestampTZ: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"},
	types.Time:        arrow.FixedWidthTypes.Time64us,
	types.Interval:    arrow.FixedWidthTypes.MonthDayNanoInterval,
}

// DataType returns the Arrow type that values of t are written as.
func DataType(t types.Type) arrow.DataType {
	if isDecimal(t) {
		return &arrow.Decimal128Type{Precision: int32(t.Prec), Scale: int32(t.Scale)}
	}
	if dt, ok := plainTypes[t.ID]; ok {
		return dt
	}
	if t.IsArray() {
		return arrow.ListOf(DataType(elementType(t)))
	}
	return arrow.BinaryTypes.String
}

// elementType is what the elements of an array are written as: NUMERIC, JSON and TIMETZ as text.
func elementType(t types.Type) types.Type {
	switch e := t.Elem(); e.ID {
	case types.Numeric, types.JSON, types.JSONB, types.TimeTZ:
		return types.T(types.Text)
	default:
		return e
	}
}

func isDecimal(t types.Type) bool {
	return t.ID == types.Numeric && t.Prec >= 1 && t.Prec <= maxDecimalPrec && t.Scale >= 0 && t.Scale <= t.Prec
}

// Schema returns the Arrow schema of a result. Every field is nullable.
func Schema(cols []Column) *arrow.Schema {
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		keys, values := []string{TypeKey}, []string{c.Type.String()}
		if c.Type.ID == types.JSON || c.Type.ID == types.JSONB {
			keys, values = append(keys, "ARROW:extension:name"), append(values, "arrow.json")
		}
		fields[i] = arrow.Field{Name: c.Name, Type: DataType(c.Type), Nullable: true, Metadata: arrow.NewMetadata(keys, values)}
	}
	return arrow.NewSchema(fields, nil)
}
