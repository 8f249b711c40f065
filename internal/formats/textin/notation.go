package textin

import (
	"bytes"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// Notation says how values are written that are not as SQL writes them.
type Notation struct {
	// Date and Timestamp read dates, as days, and timestamps, as microseconds, since 1970; nil reads the ISO forms.
	Date, Timestamp func(text string) (int64, bool)
	// DecimalComma says that a comma stands before the fraction of a number.
	DecimalComma bool
}

// plain reports whether all is as SQL writes it.
func (n *Notation) plain() bool { return n.Date == nil && n.Timestamp == nil && !n.DecimalComma }

// swapComma makes commas of points and points of commas.
func swapComma(text []byte) {
	for i, c := range text {
		switch c {
		case ',':
			text[i] = '.'
		case '.':
			text[i] = ','
		}
	}
}

// shapeOf returns the form of a field.
func (n *Notation) shapeOf(data, raw []byte, sp span, json bool) shape {
	text := sp.in(data)
	switch {
	case sp.null() || sp.nested() || sp.escaped():
	case n.Date != nil && reads(n.Date, text):
		return sawDate
	case n.Timestamp != nil && reads(n.Timestamp, text):
		return sawTime
	case n.DecimalComma:
		swapped := append(make([]byte, pad, pad+len(text)), text...)
		swapComma(swapped[pad:])
		if s := shapeOf(swapped[pad:], swapped, span{0, uint32(len(text)) | sp.end&flagMask}, json); s&^sawNumber == 0 {
			return s
		}
		if s := shapeOf(data, raw, sp, json); s&^sawNumber == 0 {
			return sawText // a number with a point
		}
	}
	switch s := shapeOf(data, raw, sp, json); {
	case s == sawDate && n.Date != nil:
		return sawTime // as DuckDB has it: it is no date of the format
	case s == sawTime && n.Timestamp != nil:
		return sawTimeTZ
	default:
		return s
	}
}

func reads(fn func(string) (int64, bool), text []byte) bool {
	_, ok := fn(string(text))
	return ok
}

// reader is what reads values of a type that has a format, nil for others.
func (n *Notation) reader(t types.Type) func(text string) (int64, bool) {
	switch t.ID {
	case types.Date:
		return n.Date
	case types.Timestamp:
		return n.Timestamp
	}
	return nil
}

// parse reads a value of column x.
func (n *Notation) parse(x *builder, text []byte) (types.Value, error) {
	if read := n.reader(x.typ); read != nil {
		v, ok := read(string(text))
		if !ok {
			return types.Value{}, dberr.Newf(dberr.InvalidDatetimeFormat, "\"%s\" is not a %s of the format that is given", text, x.typ)
		}
		return types.IntValue(x.typ, v), nil
	}
	v, err := x.ctx.Parse(string(text), x.typ)
	if err != nil && x.swapped {
		own := bytes.Clone(text)
		swapComma(own)
		err = dberr.Newf(dberr.InvalidTextRepresentation, "invalid input syntax for type %s: \"%s\"", x.typ.Base(), own)
	}
	return v, err
}

// swapCommas makes the numbers of the column ones with points.
func (x *builder) swapCommas() {
	x.swapped = x.notation.DecimalComma && (x.typ.ID == types.Numeric || x.typ.Class() == types.F32 || x.typ.Class() == types.F64)
	if !x.swapped {
		return
	}
	for k := x.col; k < len(x.g.spans); k += x.g.cols {
		swapComma(x.g.spans[k].in(x.b.data()))
	}
}
