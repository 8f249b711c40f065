package expr

import (
	"testing"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// lit returns the constant of a type by its text; an unknown type leaves it a literal.
func lit(t *testing.T, id types.ID, text string) Expr {
	t.Helper()
	v, err := types.Parse(text, types.T(id))
	if err != nil {
		t.Fatal(err)
	}
	return &Const{Value: v}
}

func TestOperators(t *testing.T) {
	number := func(s string) Expr {
		v, err := types.NumberLiteral(s)
		if err != nil {
			t.Fatal(err)
		}
		return &Const{Value: v}
	}
	for _, c := range []struct{ op, l, r, want, code string }{
		{"+", "1", "2", "3", ""}, {"-", "1", "2.50", "-1.50", ""}, {"*", "1.10", "2.5", "2.750", ""},
		{"/", "1", "3.0", "0.33333333333333333333", ""}, {"/", "7", "2", "3", ""}, {"%", "7.5", "2", "1.5", ""},
		{"+", "2147483647", "1", "", "22003"}, {"/", "1", "0", "", "22012"}, {"=", "1", "1.0", "t", ""},
		{"<", "3000000000", "1.5", "f", ""}, {"*", "99999999999.99", "99999999999.99", "9999999999998000000000.0001", ""},
	} {
		e, err := NewOp(1, c.op, number(c.l), number(c.r))
		if err == nil {
			var v types.Value
			if v, err = EvalConst(e, nil); err == nil && types.Format(v) != c.want {
				t.Errorf("%s %s %s is %s, want %s", c.l, c.op, c.r, types.Format(v), c.want)
			}
		}
		if code := codeOf(err); code != c.code {
			t.Errorf("%s %s %s: error %v, want SQLSTATE %q", c.l, c.op, c.r, err, c.code)
		}
	}
}

func TestErrorsOnlyForSelectedRows(t *testing.T) {
	a := arena.New(nil)
	defer a.Free()
	div, err := NewOp(1, "/", lit(t, types.Int32, "10"), &Col{Index: 0, Typ: types.T(types.Int32)})
	if err != nil {
		t.Fatal(err)
	}
	x := []int32{5, 0, 2}
	batch := &vec.Batch{N: 3, Cols: []vec.Vec{vec.FromFixed(types.T(types.Int32), x, nil)}}
	p, err := Compile(div, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Eval(batch, a); codeOf(err) != "22012" {
		t.Fatalf("division by zero gave %v", err)
	}
	batch.Sel = []uint64{0b101}
	v, err := p.Eval(batch, a)
	if err != nil || v.Int(0) != 2 || v.Int(2) != 5 {
		t.Fatalf("got %v, %v", v, err)
	}
	batch.Sel, batch.Cols[0].Valid = nil, []uint64{0b101}
	v, err = p.Eval(batch, a)
	if err != nil || !v.IsNull(1) {
		t.Fatalf("a NULL divisor gave %v, %v", v, err)
	}
}

// codeOf returns the SQLSTATE of err, "" for nil.
func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return dberr.CodeOf(err)
}
