package dberr

import "fmt"

// Named is an argument of a message that a session writes with its schema, unless its name alone finds it there.
type Named interface {
	fmt.Stringer
	// Relative reports whether the text depends on the session.
	Relative() bool
	// NameFor is the text in a session, which knows the name of what has an id; "" is of what it does not know.
	NameFor(name func(id uint32) string) string
}

// Text is a formatted part of a message, whose arguments may be Named.
type Text struct {
	format string
	args   []any
}

// Textf returns a part of a message.
func Textf(format string, args ...any) *Text { return &Text{format, args} }

// String implements Named.
func (t *Text) String() string { return fmt.Sprintf(t.format, t.args...) }

// Relative implements Named.
func (t *Text) Relative() bool {
	for _, a := range t.args {
		if n, ok := a.(Named); ok && n.Relative() {
			return true
		}
	}
	return false
}

// NameFor implements Named.
func (t *Text) NameFor(name func(id uint32) string) string {
	args := make([]any, len(t.args))
	for i, a := range t.args {
		args[i] = a
		if n, ok := a.(Named); ok && n.Relative() {
			args[i] = n.NameFor(name)
		}
	}
	return fmt.Sprintf(t.format, args...)
}

// relative is a text whose words depend on the session, nil for any other.
func relative(format string, args []any) *Text {
	if t := Textf(format, args...); t.Relative() {
		return t
	}
	return nil
}

// NamedFor returns a copy of e with the names that a session writes.
func (e *Error) NamedFor(name func(id uint32) string) *Error {
	if e.message == nil && e.detail == nil && e.hint == nil {
		return e
	}
	c := *e
	for _, p := range []struct {
		text *Text
		at   *string
	}{{e.message, &c.Message}, {e.detail, &c.Detail}, {e.hint, &c.Hint}} {
		if p.text != nil {
			*p.at = p.text.NameFor(name)
		}
	}
	c.message, c.detail, c.hint = nil, nil, nil
	return &c
}
