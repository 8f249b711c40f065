package types

import "driftdb/internal/dberr"

// invalidSyntax is the error of text that is not a value of the type.
func invalidSyntax(t Type, text string) *dberr.Error {
	return dberr.Newf(dberr.InvalidTextRepresentation, "invalid input syntax for type %s: \"%s\"", t.Base(), text)
}

// outOfRange is the error of a number that the type cannot hold.
func outOfRange(t Type) *dberr.Error {
	return dberr.Newf(dberr.NumericValueOutOfRange, "%s out of range", t)
}

// textOutOfRange is outOfRange for text.
func textOutOfRange(t Type, text string) *dberr.Error {
	return dberr.Newf(dberr.NumericValueOutOfRange, "value \"%s\" is out of range for type %s", text, t)
}

// badTime is the error of text that is not a date, time or interval.
func badTime(t Type, text string) *dberr.Error {
	name := t.Base().String()
	switch t.ID {
	case Timestamp:
		name = "timestamp"
	case Time:
		name = "time"
	}
	return dberr.Newf(dberr.InvalidDatetimeFormat, "invalid input syntax for type %s: \"%s\"", name, text)
}

// badTimeField is the error of a date or time with a field out of range.
func badTimeField(text string) *dberr.Error {
	return dberr.Newf(dberr.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", text)
}

// timeOutOfRange is the error of a point in time that the type cannot hold.
func timeOutOfRange(t Type) *dberr.Error {
	name := "timestamp"
	if t.ID == Date || t.ID == Interval {
		name = t.Base().String()
	}
	return dberr.Newf(dberr.DatetimeFieldOverflow, "%s out of range", name)
}
