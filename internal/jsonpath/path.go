// Package jsonpath is the path language of SQL/JSON over JSONB, as PostgreSQL 15 has it.
//
//	path.go    what a path is made of, and its text
//	lex.go     the words of a path
//	parse.go   a text becomes a path
//	eval.go    a path and a document make items: accessors, arithmetic
//	filter.go  the conditions of filters
//	method.go  .size(), .datetime() and their kin
//
// A path in lax mode, the default, takes arrays for their elements where an element is asked
// for, and finds nothing where a member is missing; in strict mode these are errors. Inside a
// condition an error makes the condition unknown.
package jsonpath

import (
	"regexp"
	"strconv"
	"strings"
)

// Path is a parsed path. It is immutable.
type Path struct {
	strict bool
	root   *node
}

// kind says what a node is.
type kind uint8

const (
	// Items.
	kNull kind = iota
	kTrue
	kFalse
	kString  // text
	kNumber  // text, as NUMERIC prints it
	kVar     // text is the name
	kRoot    // $
	kCurrent // @
	kLast    // last
	// Operators.
	kAdd
	kSub
	kMul
	kDiv
	kMod
	kPlus  // +a
	kMinus // -a
	// Conditions.
	kAnd
	kOr
	kNot
	kUnknown // (a) is unknown
	kExists
	kEqual
	kNotEqual
	kLess
	kLessEqual
	kGreater
	kGreaterEqual
	kStartsWith
	kLikeRegex // text is the pattern, flags its flags
	// Accessors: steps of a chain.
	kKey     // text
	kAnyKey  // .*
	kAnyElem // [*]
	kAny     // .**{first to last}
	kIndex   // subs
	kFilter  // a is the condition
	kMethod  // text is the name, a a template or nil
)

// node is a part of a path.
type node struct {
	kind  kind
	text  string
	flags string
	re    *regexp.Regexp // of kLikeRegex
	a, b  *node
	subs  []subscript
	first uint32 // of kAny
	last  uint32
	next  *node // the step that is taken from what this one gives
}

// anyDepth is the end of levels without an end, and of "last".
const anyDepth = 1<<32 - 1

// subscript is one element, or the elements from one to another.
type subscript struct{ from, to *node }

// operators are the signs of operators, and their precedence in the text of a path.
var operators = map[kind]struct {
	sign string
	prec int
}{
	kOr: {"||", 0}, kAnd: {"&&", 1},
	kEqual: {"==", 2}, kNotEqual: {"!=", 2}, kLess: {"<", 2}, kLessEqual: {"<=", 2}, kGreater: {">", 2}, kGreaterEqual: {">=", 2}, kStartsWith: {"starts with", 2},
	kAdd: {"+", 3}, kSub: {"-", 3}, kMul: {"*", 4}, kDiv: {"/", 4}, kMod: {"%", 4}, kPlus: {"+", 5}, kMinus: {"-", 5},
}

// precedence returns how closely a node holds its operands.
func (n *node) precedence() int {
	if o, ok := operators[n.kind]; ok {
		return o.prec
	}
	return 6
}

// String returns the one text of the path.
func (p *Path) String() string {
	var b strings.Builder
	if p.strict {
		b.WriteString("strict ")
	}
	p.root.write(&b, false, true)
	return b.String()
}

// write prints a chain of steps. inKey says that a key stands behind a point; brackets, that an
// operator is put into brackets.
func (n *node) write(b *strings.Builder, inKey, brackets bool) {
	n.writeOne(b, inKey, brackets)
	if n.next != nil {
		n.next.write(b, true, true)
	}
}

func (n *node) writeOne(b *strings.Builder, inKey, brackets bool) {
	switch n.kind {
	case kNull:
		b.WriteString("null")
	case kTrue:
		b.WriteString("true")
	case kFalse:
		b.WriteString("false")
	case kString:
		writeString(b, n.text)
	case kNumber:
		if n.next != nil {
			b.WriteString("(" + n.text + ")")
		} else {
			b.WriteString(n.text)
		}
	case kVar:
		b.WriteByte('$')
		writeString(b, n.text)
	case kRoot:
		b.WriteByte('$')
	case kCurrent:
		b.WriteByte('@')
	case kLast:
		b.WriteString("last")
	case kKey:
		if inKey {
			b.WriteByte('.')
		}
		writeString(b, n.text)
	case kAnyKey:
		b.WriteString(".*")
	case kAnyElem:
		b.WriteString("[*]")
	case kMethod:
		b.WriteString("." + n.text + "(")
		if n.a != nil {
			n.a.write(b, false, false)
		}
		b.WriteByte(')')
	default:
		n.writeMore(b, brackets)
	}
}

func (n *node) writeMore(b *strings.Builder, brackets bool) {
	switch n.kind {
	case kAny:
		b.WriteString(".**")
		n.writeLevels(b)
	case kIndex:
		b.WriteByte('[')
		for i, s := range n.subs {
			if i > 0 {
				b.WriteByte(',')
			}
			s.from.write(b, false, false)
			if s.to != nil {
				b.WriteString(" to ")
				s.to.write(b, false, false)
			}
		}
		b.WriteByte(']')
	case kFilter:
		b.WriteString("?(")
		n.a.write(b, false, false)
		b.WriteByte(')')
	case kExists:
		b.WriteString("exists (")
		n.a.write(b, false, false)
		b.WriteByte(')')
	case kNot:
		b.WriteString("!(")
		n.a.write(b, false, false)
		b.WriteByte(')')
	case kUnknown:
		b.WriteByte('(')
		n.a.write(b, false, false)
		b.WriteString(") is unknown")
	default:
		n.writeOperator(b, brackets)
	}
}

func (n *node) writeOperator(b *strings.Builder, brackets bool) {
	if brackets {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	operand := func(x *node) { x.write(b, false, x.precedence() <= n.precedence()) }
	switch n.kind {
	case kLikeRegex:
		operand(n.a)
		b.WriteString(" like_regex ")
		writeString(b, n.text)
		if n.flags != "" {
			b.WriteString(` flag "` + n.flags + `"`)
		}
	case kPlus, kMinus:
		b.WriteString(operators[n.kind].sign)
		operand(n.a)
	default:
		operand(n.a)
		b.WriteString(" " + operators[n.kind].sign + " ")
		operand(n.b)
	}
}

// writeLevels prints the levels of a .** that does not take all.
func (n *node) writeLevels(b *strings.Builder) {
	level := func(x uint32) string {
		if x == anyDepth {
			return "last"
		}
		return strconv.FormatUint(uint64(x), 10)
	}
	switch {
	case n.first == 0 && n.last == anyDepth:
	case n.first == n.last:
		b.WriteString("{" + level(n.first) + "}")
	default:
		b.WriteString("{" + level(n.first) + " to " + level(n.last) + "}")
	}
}

// writeString prints a JSON string.
func writeString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch j := strings.IndexByte("\"\\\b\f\n\r\t", c); {
		case j >= 0:
			b.WriteByte('\\')
			b.WriteByte("\"\\bfnrt"[j])
		case c < ' ':
			b.WriteString(`\u00`)
			b.WriteByte('0' + c>>4)
			b.WriteByte("0123456789abcdef"[c&15])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}
