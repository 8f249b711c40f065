package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// variables are what \set and --variable set, for :name, :'name' and :"name" in statements; :{?name} asks whether
// there is one.
type variables map[string]string

// expand puts the values of variables into a statement. Names that are not set stay as they are, as
// in a slice like a[1:n].
func (v variables) expand(text string) string {
	if !v.mayStandIn(text) {
		return text
	}
	var out strings.Builder
	l := lexer{text: text}
	for t, ok := l.next(); ok; t, ok = l.next() {
		piece := text[t.from:t.to]
		if t.kind == tokVariable {
			piece = v.value(piece)
		}
		out.WriteString(piece)
	}
	return out.String()
}

// mayStandIn reports whether a text may refer to a variable.
func (v variables) mayStandIn(text string) bool {
	if !strings.Contains(text, ":") {
		return false
	}
	for name := range v {
		if strings.Contains(text, ":"+name) || strings.Contains(text, ":'"+name) || strings.Contains(text, `:"`+name) {
			return true
		}
	}
	return strings.Contains(text, ":{?")
}

// value is what stands for a reference to a variable.
func (v variables) value(reference string) string {
	if name, ok := strings.CutPrefix(reference, ":{?"); ok {
		_, set := v[strings.TrimSuffix(name, "}")]
		return strings.ToUpper(strconv.FormatBool(set))
	}
	name := strings.Trim(reference[1:], `'"`)
	value, ok := v[name]
	switch {
	case !ok:
		return reference
	case reference[1] == '\'':
		return quoteText(value)
	case reference[1] == '"':
		return quoteName(value)
	}
	return value
}

// variableFlag is --variable NAME=VALUE.
type variableFlag struct{ all variables }

// String is empty: there is no default.
func (f variableFlag) String() string { return "" }

// Type names the kind of value in help.
func (f variableFlag) Type() string { return "name=value" }

// Set sets a variable.
func (f variableFlag) Set(text string) error {
	name, value, _ := strings.Cut(text, "=")
	if !isName(name) {
		return fmt.Errorf("%q is not NAME=VALUE", text)
	}
	if err := checkVariable(name, value); err != nil {
		return err
	}
	f.all[name] = value
	return nil
}

// words splits the arguments of a command at blanks. Quotes keep blanks together: ” inside single ones
// is a quote; :name is a variable.
func (v variables) words(text string) []string {
	var all []string
	var word strings.Builder
	inside := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == ' ' || c == '\t':
			if inside {
				all = append(all, word.String())
				word.Reset()
			}
			inside = false
		case c == '\'':
			inside = true
			for i++; i < len(text); i++ {
				if text[i] != '\'' {
					word.WriteByte(text[i])
				} else if i+1 < len(text) && text[i+1] == '\'' {
					word.WriteByte('\'')
					i++
				} else {
					break
				}
			}
		case c == ':' && !inside:
			inside = true
			l := lexer{text: text[i:]}
			t, _ := l.next()
			if t.kind == tokVariable {
				word.WriteString(v.value(text[i : i+t.to]))
			} else {
				word.WriteString(text[i : i+t.to])
			}
			i += t.to - 1
		default:
			inside = true
			word.WriteByte(c)
		}
	}
	if inside {
		all = append(all, word.String())
	}
	return all
}

// list writes the variables as \set does.
func (v variables) list() string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(v)) {
		fmt.Fprintf(&out, "%s = '%s'\n", name, v[name])
	}
	return out.String()
}
