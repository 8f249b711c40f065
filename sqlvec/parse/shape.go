package parse

import (
	"strings"
	"unicode/utf8"
)

// Constant is a number or a string as it stands in a text: sql[Start:End].
type Constant struct {
	Start, End int
	Kind       LitKind // LitInt, LitNumeric or LitString
	Text       string  // as in a Literal
}

// Shape takes the numbers and strings out of the text of a statement. It appends them to list, and to
// key what is left: two texts with the same key are parsed to the same tree but for these constants, each
// of the same kind in both. Integers of INTEGER, of BIGINT and larger ones are of different kinds, as are
// numbers with other digits before or behind the point. start and end are those of Statement. ok is false
// for a text that has no such form, or is of a statement without constants for Lift.
func Shape(sql string, key []byte, list []Constant) (_ []byte, _ []Constant, start, end int, ok bool) {
	if !utf8.ValidString(sql) || strings.IndexByte(sql, 0) >= 0 {
		return key, list, 0, 0, false
	}
	l := lexer{sql: sql}
	from := 0 // of what is not in the key yet
	for start = -1; ; {
		t := l.next()
		switch t.kind {
		case tokError:
			return key, list, 0, 0, false
		case tokEOF:
			return append(key, sql[from:]...), list, start, end, start >= 0
		case tokInt, tokNumeric, tokString:
			c := Constant{Start: int(t.start), End: int(t.end), Kind: LitString, Text: t.text}
			key = append(append(key, sql[from:c.Start]...), 0)
			switch t.kind {
			case tokInt:
				c.Kind = LitInt
				key = append(key, integerSize(t.text))
			case tokNumeric:
				c.Kind = LitNumeric
				key = appendDigits(key, t.text)
			}
			key, from = append(key, 0), c.End
			list = append(list, c)
		}
		if start < 0 {
			if start = int(t.start); !liftable[t.text] {
				return key, list, 0, 0, false
			}
		}
		if t.kind != tokOp || t.text != ";" {
			end = int(t.end)
		}
	}
}

// liftable are the words that begin statements which Lift looks into.
var liftable = map[string]bool{"select": true, "insert": true, "update": true, "delete": true}

// integerSize tells the type of an integer: i for INTEGER, l for BIGINT, n for NUMERIC.
func integerSize(digits string) byte {
	const maxInteger, maxBigint = "2147483647", "9223372036854775807"
	switch n := len(digits); {
	case n < len(maxInteger) || n == len(maxInteger) && digits <= maxInteger:
		return 'i'
	case n < len(maxBigint) || n == len(maxBigint) && digits <= maxBigint:
		return 'l'
	}
	return 'n'
}

// appendDigits appends a number with every digit of its mantissa made 0.
func appendDigits(key []byte, number string) []byte {
	exponent := false
	for i := range len(number) {
		c := number[i]
		if c|0x20 == 'e' {
			exponent = true
		}
		if c >= '0' && c <= '9' && !exponent {
			c = '0'
		}
		key = append(key, c)
	}
	return key
}

// Lifted is a constant of a statement that a parameter took the place of.
type Lifted struct {
	At      Pos // of the constant
	Negated bool
}

// Lift puts parameters $1, $2, … in the place of constants of a statement that has none and returns these
// in the order of their numbers: constants that columns are compared with or set to, which decide nothing
// about what the statement means. It changes the tree, which must belong to the caller.
func Lift(st Stmt) []Lifted {
	var l lifter
	switch st := st.(type) {
	case *Insert:
		if v, ok := valuesOf(st); ok {
			for _, row := range v.Rows {
				for i := range row {
					l.value(&row[i])
				}
			}
		}
	case *Update:
		if st.With != nil || len(st.From) > 0 {
			return nil
		}
		for i := range st.Set {
			l.assigned(&st.Set[i])
		}
		l.condition(st.Where)
	case *Delete:
		if st.With != nil || len(st.Using) > 0 {
			return nil
		}
		l.condition(st.Where)
	case *Query:
		if s, ok := st.Body.(*Select); ok && st.With == nil && len(s.From) == 1 {
			if _, ok := s.From[0].(*TableRef); ok {
				l.condition(s.Where)
			}
		}
	}
	return l.list
}

// valuesOf is the VALUES of an INSERT, ok is false where it has another source.
func valuesOf(st *Insert) (v *Values, ok bool) {
	if st.With != nil || st.Query == nil || st.Query.With != nil {
		return nil, false
	}
	v, ok = st.Query.Body.(*Values)
	return v, ok
}

// lifter collects the constants of a statement.
type lifter struct{ list []Lifted }

// value takes e if it is a constant.
func (l *lifter) value(e *Expr) {
	lit, ok := (*e).(*Literal)
	negated := false
	if u, isUnary := (*e).(*UnaryExpr); isUnary && u.Op == "-" && u.Schema == "" {
		if lit, ok = u.X.(*Literal); ok && lit.Kind == LitString {
			return
		}
		negated = true
	}
	if !ok || lit.Kind != LitInt && lit.Kind != LitNumeric && lit.Kind != LitString {
		return
	}
	l.list = append(l.list, Lifted{At: lit.Pos, Negated: negated})
	*e = &Param{Pos: (*e).Position(), N: len(l.list)}
}

// assigned takes the constants of col = constant and col = col + constant.
func (l *lifter) assigned(s *SetClause) {
	if s.Multi || len(s.Targets) != 1 || s.Targets[0].Path != nil {
		return
	}
	l.value(&s.Value)
	if b, ok := s.Value.(*BinaryExpr); ok && (b.Op == "+" || b.Op == "-") {
		l.beside(b)
	}
}

// beside takes the constant beside a column.
func (l *lifter) beside(b *BinaryExpr) {
	if b.Schema != "" {
		return
	}
	if isColumn(b.L) {
		l.value(&b.R)
	} else if isColumn(b.R) {
		l.value(&b.L)
	}
}

func isColumn(e Expr) bool {
	_, ok := e.(*ColumnRef)
	return ok
}

// condition takes the constants that columns are compared with.
func (l *lifter) condition(e Expr) {
	switch e := e.(type) {
	case *BoolExpr:
		for _, a := range e.Args {
			l.condition(a)
		}
	case *NotExpr:
		l.condition(e.X)
	case *RowExpr: // parentheses
		if len(e.Elems) == 1 && !e.Explicit {
			l.condition(e.Elems[0])
		}
	case *BinaryExpr:
		switch e.Op {
		case "=", "<>", "<", "<=", ">", ">=":
			l.beside(e)
		}
	case *BetweenExpr:
		if isColumn(e.X) {
			l.value(&e.Lo)
			l.value(&e.Hi)
		}
	}
}
