package types

import (
	"testing"

	"driftdb/internal/dberr"
)

// TestCheckJSONDetails compares what is said of damaged texts with PostgreSQL 15.
func TestCheckJSONDetails(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,}`:      `Expected string, but found "}".`,
		`1.`:            `Token "1." is invalid.`,
		`{"a" 1}`:       `Expected ":", but found "1".`,
		`{1:2}`:         `Expected string or "}", but found "1".`,
		`[1 2]`:         `Expected "," or "]", but found "2".`,
		`[,]`:           `Expected JSON value, but found ",".`,
		`["a`:           `Token ""a" is invalid.`,
		`"\x"`:          `Escape sequence "\x" is invalid.`,
		`"\u12"`:        `"\u" must be followed by four hexadecimal digits.`,
		"\"a\tb\"":      `Character with value 0x09 must be escaped.`,
		`{"a":1,"b"}`:   `Expected ":", but found "}".`,
		`}`:             `Expected JSON value, but found "}".`,
		`[`:             `The input string ended unexpectedly.`,
		`[1,]`:          `Expected JSON value, but found "]".`,
		`{"a":1 "b":2}`: `Expected "," or "}", but found ""b"".`,
		`1 2`:           `Expected end of input, but found "2".`,
		`01`:            `Token "01" is invalid.`,
		`-`:             `Token "-" is invalid.`,
		`1ex`:           `Token "1ex" is invalid.`,
		`truex`:         `Token "truex" is invalid.`,
		`+1`:            `Token "+" is invalid.`,
		`{"a":1}}`:      `Expected end of input, but found "}".`,
		`{"a":1} é`:     `Token "é" is invalid.`,
		``:              `The input string ended unexpectedly.`,
	} {
		err, ok := CheckJSON(text).(*dberr.Error)
		if !ok || err.Code != dberr.InvalidTextRepresentation || err.Detail != want {
			t.Errorf("%s: %+v, want the detail %s", text, err, want)
		}
	}
	for _, text := range []string{`null`, ` [ 1 , -0.5e+3 ] `, `{"a":{},"b":[]}`, `"\u00e9\\"`} {
		if err := CheckJSON(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
