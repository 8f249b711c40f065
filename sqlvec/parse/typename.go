package parse

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"driftdb/internal/dberr"
)

// builtinTypes maps the type words of the grammar to internal names. Those with
// more to them are read by simpleType.
var builtinTypes = map[string]string{
	"int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4",
	"boolean": "bool", "decimal": "numeric", "dec": "numeric", "numeric": "numeric", "float": "float8",
	"double": "float8", "bit": "bit", "char": "bpchar", "character": "bpchar", "nchar": "bpchar",
	"national": "bpchar", "varchar": "varchar", "timestamp": "timestamp", "time": "time", "interval": "interval",
}

// typeName reads a type with its array dimensions.
func (p *parser) typeName() *TypeName {
	pos := p.pos()
	setof := p.accept("setof")
	t := p.simpleType()
	t.Pos, t.Setof = pos, setof
	if p.accept("array") {
		t.Dims = []int{-1}
		if p.is("[") {
			t.Dims[0] = p.dimension()
		}
		return t
	}
	for p.is("[") {
		t.Dims = append(t.Dims, p.dimension())
	}
	return t
}

// dimension reads [] or [n].
func (p *parser) dimension() int {
	n := -1
	p.expect("[")
	if p.tok.kind == tokInt {
		n = p.integer()
	}
	p.expect("]")
	return n
}

// integer reads an integer that fits 32 bits.
func (p *parser) integer() int {
	if p.tok.kind != tokInt {
		p.syntaxError()
		return 0
	}
	n := p.smallInt(p.pos(), p.tok.text)
	p.next()
	return n
}

func (p *parser) smallInt(pos Pos, digits string) int {
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		p.failAt(pos, dberr.NumericValueOutOfRange, `value "%s" is out of range for type integer`, digits)
	}
	return int(n)
}

// simpleType reads a type without array dimensions.
func (p *parser) simpleType() *TypeName {
	pos := p.pos()
	if p.tok.kind == tokKeyword {
		if internal, ok := builtinTypes[p.tok.text]; ok {
			word := p.tok.text
			p.next()
			t := &TypeName{Pos: pos, Name: Name{pos, []string{internal}}}
			p.builtinRest(t, word)
			p.warnFraction(t)
			return t
		}
	}
	if !p.tok.isTypeOrFunction() {
		p.syntaxError()
		return &TypeName{}
	}
	first := p.takeIdent()
	if (first.Name == "struct" || first.Name == "map") && p.is("(") {
		p.noStructs(pos, map[string]string{"struct": "structs", "map": "maps"}[first.Name])
		return &TypeName{}
	}
	n := Name{first.Pos, []string{first.Name}}
	for p.accept(".") {
		n.Parts = append(n.Parts, p.label().Name)
	}
	t := &TypeName{Pos: pos, Name: n, Mods: p.mods(10)}
	p.warnFraction(t)
	return t
}

// timeWords are the types of times as warnings name them, and what follows their precision.
var timeWords = map[string][2]string{"timestamp": {"TIMESTAMP"}, "timestamptz": {"TIMESTAMP", " WITH TIME ZONE"}, "time": {"TIME"},
	"timetz": {"TIME", " WITH TIME ZONE"}, "interval": {"INTERVAL"}}

// warnFraction warns of more digits of a second's fraction than are kept.
func (p *parser) warnFraction(t *TypeName) {
	if w, ok := timeWords[t.Name.Last()]; ok && len(t.Mods) == 1 && t.Mods[0] > 6 {
		p.warnings = append(p.warnings, fmt.Sprintf("%s(%d)%s precision reduced to maximum allowed, 6", w[0], t.Mods[0], w[1]))
	}
}

// builtinRest reads what belongs to a type after its first word.
func (p *parser) builtinRest(t *TypeName, word string) {
	switch word {
	case "double":
		p.accept("precision")
	case "float":
		p.floatPrecision(t)
	case "decimal", "dec", "numeric":
		t.Mods = p.mods(2)
	case "varchar":
		t.Mods = p.mods(1)
	case "bit":
		if p.accept("varying") {
			t.Name.Parts[0] = "varbit"
		}
		t.Mods = p.mods(1)
	case "char", "character", "nchar", "national":
		p.charRest(t, word)
	case "timestamp", "time":
		t.Mods = p.precision()
		if p.accept("with", "time", "zone") {
			t.Name.Parts[0] += "tz"
		} else {
			p.accept("without", "time", "zone")
		}
	case "interval":
		p.intervalRest(t)
	}
}

// mods reads (n, …) with at most limit numbers, if there is a parenthesis.
func (p *parser) mods(limit int) []int {
	if !p.accept("(") {
		return nil
	}
	var list []int
	for {
		if len(list) == limit {
			p.syntaxError()
		}
		negative := p.accept("-")
		n := p.integer()
		if negative {
			n = -n
		}
		list = append(list, n)
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return list
}

// precision reads (n), the digits of a fraction of a second, if there is a parenthesis.
func (p *parser) precision() []int {
	if !p.accept("(") {
		return nil
	}
	n := p.integer()
	p.expect(")")
	return []int{n}
}

// floatPrecision reads FLOAT(p): up to 24 bits are float4, up to 53 float8.
func (p *parser) floatPrecision(t *TypeName) {
	pos := p.peek(1)
	mods := p.mods(1)
	if mods == nil {
		return
	}
	at := Pos(pos.start + 1)
	switch bits := mods[0]; {
	case bits < 1:
		p.failAt(at, dberr.InvalidParameterValue, "precision for type float must be at least 1 bit")
	case bits <= 24:
		t.Name.Parts[0] = "float4"
	case bits > 53:
		p.failAt(at, dberr.InvalidParameterValue, "precision for type float must be less than 54 bits")
	}
}

// charRest reads the rest of CHAR, CHARACTER, NCHAR and NATIONAL CHAR, with
// VARYING and a length. CHAR alone has length 1.
func (p *parser) charRest(t *TypeName, word string) {
	if word == "national" && p.acceptAny("char", "character") == "" {
		p.syntaxError()
	}
	varying := p.accept("varying")
	t.Mods = p.mods(1)
	switch {
	case varying:
		t.Name.Parts[0] = "varchar"
	case t.Mods == nil:
		t.Mods = []int{1}
	}
}

// intervalFields are the fields from widest to narrowest.
var intervalFields = []string{"year", "month", "day", "hour", "minute", "second"}

// intervalRest reads INTERVAL's (p), or its fields with SECOND(p).
func (p *parser) intervalRest(t *TypeName) {
	if p.is("(") {
		t.Mods = p.precision()
		return
	}
	from := p.acceptAny(intervalFields...)
	if from == "" {
		return
	}
	t.Fields = from
	last := from
	if to := p.peek(1).text; p.is("to") && slices.Contains(intervalFields, to) {
		if from == "month" || from == "second" {
			p.syntaxError()
			return
		}
		p.next()
		if !validIntervalRange(from, to) {
			p.syntaxError()
			return
		}
		last = p.tok.text
		t.Fields += " to " + last
		p.next()
	}
	if last == "second" {
		t.Mods = p.precision()
	}
}

// validIntervalRange allows YEAR TO MONTH, and a range from DAY, HOUR or MINUTE
// down to something narrower.
func validIntervalRange(from, to string) bool {
	if from == "year" {
		return to == "month"
	}
	i, j := slices.Index(intervalFields, from), slices.Index(intervalFields, to)
	return i >= 2 && j > i
}

// startsTypedLiteral reports whether a type word with its parts, and then a
// string, come next: TIMESTAMP WITH TIME ZONE '…'.
func (p *parser) startsTypedLiteral() bool {
	if _, ok := builtinTypes[p.tok.text]; !ok {
		return false
	}
	i := 1
	for strings.Contains(" precision varying char character ", " "+p.peek(i).text+" ") && p.peek(i).kind == tokKeyword {
		i++
	}
	if p.peek(i).kind == tokOp && p.peek(i).text == "(" {
		for i++; p.peek(i).kind == tokInt || p.peek(i).text == ","; i++ {
		}
		i++
	}
	if w := p.peek(i).text; w == "with" || w == "without" {
		i += 3
	}
	return p.peek(i).kind == tokString
}

// typedLiteral reads type 'text' and, for an interval, its fields after it.
func (p *parser) typedLiteral() Expr {
	pos := p.pos()
	if p.is("interval") {
		return p.intervalLiteral(pos)
	}
	t := p.simpleType()
	if p.tok.kind != tokString {
		p.syntaxError()
	}
	return &Cast{Pos: pos, X: p.literal(LitString), Type: t}
}

// intervalLiteral reads INTERVAL '1' DAY and INTERVAL(p) '…'.
func (p *parser) intervalLiteral(pos Pos) Expr {
	t := &TypeName{Pos: pos, Name: Name{pos, []string{"interval"}}}
	p.expect("interval")
	t.Mods = p.precision()
	if p.tok.kind != tokString {
		p.syntaxError()
	}
	x := p.literal(LitString)
	if t.Mods == nil && !p.is("(") {
		p.intervalRest(t)
	}
	p.warnFraction(t)
	return &Cast{Pos: pos, X: x, Type: t}
}
