package parquetio

import (
	"github.com/parquet-go/parquet-go"

	"driftdb/internal/types"
)

// Column is a column of a result or of a file.
type Column struct {
	Name string
	Type types.Type
}

// form is how values of one SQL type are written.
type form struct {
	typ   parquet.Type
	store func(types.Type) store
}

// text is the form of what is written as SQL prints it.
var text = form{parquet.String().Type(), newFormatted}

// written is the form of each type; what is missing is written as text.
var written = map[types.ID]form{
	types.Bool:        {parquet.BooleanType, newFlags},
	types.Int16:       {parquet.Int(16).Type(), newFixed[int32]},
	types.Int32:       {parquet.Int(32).Type(), newFixed[int32]},
	types.Int64:       {parquet.Int(64).Type(), newFixed[int64]},
	types.Float32:     {parquet.FloatType, newFixed[float32]},
	types.Float64:     {parquet.DoubleType, newFixed[float64]},
	types.Bytea:       {parquet.ByteArrayType, newTexts},
	types.Date:        {parquet.Date().Type(), newTimes[int32]},
	types.Time:        {parquet.TimeAdjusted(parquet.Microsecond, false).Type(), newFixed[int64]},
	types.UUID:        {parquet.UUID().Type(), newBlocks},
	types.Timestamp:   {parquet.TimestampAdjusted(parquet.Microsecond, false).Type(), newTimes[int64]},
	types.TimestampTZ: {parquet.TimestampAdjusted(parquet.Microsecond, true).Type(), newTimes[int64]},
	types.Unknown:     {parquet.String().Type(), newTexts},
	types.Text:        {parquet.String().Type(), newTexts},
	types.Varchar:     {parquet.String().Type(), newTexts},
	types.JSONPath:    {parquet.String().Type(), newTexts},
	types.JSON:        {parquet.JSON().Type(), newTexts},
	types.JSONB:       {parquet.JSON().Type(), newTexts},
}

// maxDecimalPrec is the most digits of a DECIMAL that other readers take.
const maxDecimalPrec = 38

// formOf returns how values of t are written, those of an array in their own form where that needs
// no more than their value.
func formOf(t types.Type) form {
	if t.IsArray() {
		if f, ok := written[t.Elem().ID]; ok && t.Elem().ID != types.JSON && t.Elem().ID != types.JSONB {
			return f
		}
		return text
	}
	if t.ID == types.Numeric && t.Prec >= 1 && t.Prec <= maxDecimalPrec && t.Scale >= 0 && t.Scale <= t.Prec {
		return decimalForm(int(t.Prec), int(t.Scale))
	}
	if f, ok := written[t.ID]; ok {
		return f
	}
	return text
}

func decimalForm(prec, scale int) form {
	switch {
	case prec <= 9:
		return form{parquet.Decimal(scale, prec, parquet.Int32Type).Type(), newFixed[int32]}
	case prec <= types.MaxScaledPrec:
		return form{parquet.Decimal(scale, prec, parquet.Int64Type).Type(), newFixed[int64]}
	}
	return form{parquet.Decimal(scale, prec, parquet.FixedLenByteArrayType(blockBytes)).Type(), newBlocks}
}

// recordedArrays are the types of arrays by their names.
var recordedArrays = map[string]types.Type{}

func init() {
	for id := types.Bool; id <= types.LastID; id++ {
		if t := types.T(id).Array(); id != types.Enum && id != types.Bpchar {
			recordedArrays[t.String()] = t
		}
	}
}

// recorded are the types that our files hold as text and give back by their recorded names.
var recorded = map[string]types.ID{
	types.T(types.Numeric).String():  types.Numeric,
	types.T(types.Interval).String(): types.Interval,
	types.T(types.Time).String():     types.Time,
	types.T(types.TimeTZ).String():   types.TimeTZ,
	types.T(types.UUID).String():     types.UUID,
	types.T(types.JSONB).String():    types.JSONB,
}
