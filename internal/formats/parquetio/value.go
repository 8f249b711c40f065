package parquetio

import (
	"math/big"

	"github.com/parquet-go/parquet-go"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

func boolValue(_ *columnWriter, v *vec.Vec, i int) (parquet.Value, error) {
	return parquet.BooleanValue(v.Int(i) != 0), nil
}

func int32Value(_ *columnWriter, v *vec.Vec, i int) (parquet.Value, error) {
	return parquet.Int32Value(int32(v.Int(i))), nil
}

func int64Value(_ *columnWriter, v *vec.Vec, i int) (parquet.Value, error) {
	return parquet.Int64Value(v.Int(i)), nil
}

func floatValue(_ *columnWriter, v *vec.Vec, i int) (parquet.Value, error) {
	return parquet.FloatValue(float32(v.Float(i))), nil
}

func doubleValue(_ *columnWriter, v *vec.Vec, i int) (parquet.Value, error) {
	return parquet.DoubleValue(v.Float(i)), nil
}

func bytesValue(_ *columnWriter, v *vec.Vec, i int) (parquet.Value, error) {
	return parquet.ByteArrayValue(v.Bytes(i)), nil
}

func uuidValue(_ *columnWriter, v *vec.Vec, i int) (parquet.Value, error) {
	return parquet.FixedLenByteArrayValue(v.Bytes(i)), nil
}

// textValue writes a value in its SQL form.
func textValue(c *columnWriter, v *vec.Vec, i int) (parquet.Value, error) {
	at := len(c.text)
	c.text = types.Context{}.Append(c.text, v.Value(i))
	return parquet.ByteArrayValue(c.text[at:len(c.text):len(c.text)]), nil
}

// decimalValue writes a NUMERIC as value × 10^scale in 16 bytes, most significant first.
func decimalValue(c *columnWriter, v *vec.Vec, i int) (parquet.Value, error) {
	text := types.Format(v.Value(i))
	n, ok := scaledInt(text, int(c.typ.Scale))
	if !ok || n.BitLen() > 127 {
		return parquet.Value{}, dberr.Newf(dberr.NumericValueOutOfRange, "numeric value %s has no Parquet decimal of scale %d", text, c.typ.Scale)
	}
	if n.Sign() < 0 {
		n.Add(n, new(big.Int).Lsh(big.NewInt(1), 8*decimalBytes))
	}
	at := len(c.text)
	c.text = append(c.text, make([]byte, decimalBytes)...)
	n.FillBytes(c.text[at:])
	return parquet.FixedLenByteArrayValue(c.text[at:len(c.text):len(c.text)]), nil
}

// scaledInt reads the text of a NUMERIC with at most scale digits after its point.
func scaledInt(text string, scale int) (*big.Int, bool) {
	digits, after, point := make([]byte, 0, len(text)+scale), 0, false
	for _, ch := range []byte(text) {
		switch {
		case ch == '.':
			point = true
		case ch == '-' || ch >= '0' && ch <= '9':
			digits = append(digits, ch)
			if point {
				after++
			}
		default:
			return nil, false
		}
	}
	if after > scale {
		return nil, false
	}
	for ; after < scale; after++ {
		digits = append(digits, '0')
	}
	return new(big.Int).SetString(string(digits), 10)
}
