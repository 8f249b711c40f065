package parse

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"driftdb/internal/dberr"
)

// FuzzParse checks the invariants of the package on any text: no panic, errors
// with a code and a position within the text, positions within the text, and the
// round trip through Format. The Splitter must agree on where statements end.
func FuzzParse(f *testing.F) {
	for _, sql := range accepted {
		f.Add(sql)
	}
	for _, c := range refused {
		f.Add(c.sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		stmts, err := Parse(sql)
		if err != nil {
			checkError(t, sql, err)
			return
		}
		for _, s := range stmts {
			if s.Start < 0 || s.End > len(sql) || s.Start >= s.End {
				t.Fatalf("statement from %d to %d of %d bytes", s.Start, s.End, len(sql))
			}
			visit(reflect.ValueOf(s.Stmt), func(v reflect.Value) {
				if v.Int() < 0 || int(v.Int()) > len(sql)+1 {
					t.Fatalf("position %d in %d bytes", v.Int(), len(sql))
				}
			})
			roundTrip(t, s.Stmt)
		}
		splitter := NewSplitter(strings.NewReader(sql))
		for i, s := range stmts {
			p, err := splitter.Next()
			if err != nil || int(p.Offset) != s.Start {
				t.Fatalf("piece %d is at %d (%v), the statement at %d", i, p.Offset, err, s.Start)
			}
		}
	})
}

func checkError(t *testing.T, sql string, err error) {
	var e *dberr.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T", err)
	}
	if len(e.Code) != 5 || e.Code == dberr.InternalError || e.Message == "" || e.Pos < 1 || e.Pos > len(sql)+1 {
		t.Fatalf("bad error %+v", e)
	}
}
