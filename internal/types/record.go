package types

import (
	"encoding/binary"
	"strings"

	"driftdb/internal/dberr"
)

// Record is the type of rows as values. No column of a table has it.
const Record ID = 62

// Row is a row as a value: fields of any types, with names.
type Row struct {
	Names  []string
	Fields []Value
}

// maxFields is the most fields of a row.
const maxFields = 1664

// Value returns the row as a value. Its form is, for each field, the length of its name and the
// name, its type's ID, and the field as an element of an array is stored. Modifiers are not
// kept; an ENUM becomes its label, and what has no type text.
func (r Row) Value() (Value, error) {
	if len(r.Fields) > maxFields {
		return Value{}, dberr.Newf(dberr.TooManyColumns, "a row has at most %d fields", maxFields)
	}
	var dst, buf []byte
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.Valid && f.Type.Elem().ID == Bpchar && f.Type.Len > 0 { // the length is not kept, so the blanks are
			padded, err := Cast(*f, f.Type.Base(), true)
			if err != nil {
				return Value{}, err
			}
			f = &padded
		}
		dst = append(binary.AppendUvarint(dst, uint64(len(r.Names[i]))), r.Names[i]...)
		dst = append(dst, byte(storedField(f.Type.ID)))
		if !f.Valid {
			dst = append(dst, 0)
			continue
		}
		var err error
		if buf, err = appendElement(buf[:0], f); err != nil {
			return Value{}, err
		}
		dst = append(binary.AppendUvarint(dst, uint64(len(buf))+1), buf...)
	}
	return BytesValue(T(Record), string(dst)), nil
}

// storedField is the type that a field is stored as.
func storedField(id ID) ID {
	switch id {
	case Enum, Unknown:
		return Text
	case ArrayOf(Enum):
		return ArrayOf(Text)
	}
	return id
}

// Row takes a value of type Record apart.
func (v Value) Row() (Row, error) {
	var row Row
	r := arrayReader{s: v.S}
	for len(r.s) > 0 && !r.bad {
		n := r.uvarint()
		if r.bad || n >= uint64(len(r.s)) {
			r.bad = true
			break
		}
		row.Names = append(row.Names, r.s[:n])
		t := T(ID(r.s[n]))
		r.s = r.s[n+1:]
		row.Fields = append(row.Fields, r.element(t))
	}
	if r.bad {
		return row, dberr.New(dberr.DataCorrupted, "damaged row value")
	}
	return row, nil
}

// RecordKey appends bytes that order as rows do and are equal for equal rows, by their fields from the
// first on: a NULL is greater than all, and equal to a NULL.
func RecordKey(dst []byte, form string) []byte {
	row, err := BytesValue(T(Record), form).Row()
	if err != nil {
		return append(dst, form...) // damaged forms still need one order
	}
	return append(appendElementKeys(dst, row.Fields), 0)
}

// appendRow appends the text of a row: its fields in parentheses, in quotes where they need
// them.
func (c Context) appendRow(dst []byte, v Value) []byte {
	row, err := v.Row()
	if err != nil {
		return append(dst, "(damaged)"...)
	}
	dst = append(dst, '(')
	for i, f := range row.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		if !f.Valid {
			continue
		}
		text := c.Format(f)
		if text != "" && !strings.ContainsAny(text, "(),\"\\ \t\n\v\f\r") {
			dst = append(dst, text...)
			continue
		}
		dst = append(dst, '"')
		for j := 0; j < len(text); j++ {
			if text[j] == '"' || text[j] == '\\' {
				dst = append(dst, text[j])
			}
			dst = append(dst, text[j])
		}
		dst = append(dst, '"')
	}
	return append(dst, ')')
}
