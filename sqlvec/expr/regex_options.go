package expr

import (
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// regexOptions say how a pattern is read.
type regexOptions struct {
	fold      bool // letters match those of the other case
	lineEnds  bool // ^ and $ match at the ends of lines, too
	lineStops bool // the dot and [^…] do not match a newline
	literal   bool // the pattern is a text
	expanded  bool // blanks and comments are left out
}

// invalidRegex is the error of a pattern that cannot be read.
func invalidRegex(reason string) error {
	return dberr.Newf(dberr.InvalidRegularExpression, "invalid regular expression: %s", reason)
}

// set reads the letters of options, of which later ones win.
func (o *regexOptions) set(letters string) error {
	for i, f := range letters {
		switch f {
		case 'i':
			o.fold = true
		case 'c':
			o.fold = false
		case 'n', 'm':
			o.lineEnds, o.lineStops = true, true
		case 'p':
			o.lineEnds, o.lineStops = false, true
		case 'w':
			o.lineEnds, o.lineStops = true, false
		case 's':
			o.lineEnds, o.lineStops = false, false
		case 'x':
			o.expanded = true
		case 't':
			o.expanded = false
		case 'q':
			o.literal = true
		case 'e': // extended ones have nothing that advanced ones read otherwise
		case 'b':
			return dberr.New(dberr.FeatureNotSupported, "basic regular expressions are not supported")
		default:
			_, size := utf8.DecodeRuneInString(letters[i:])
			return dberr.Newf(dberr.InvalidParameterValue, "invalid regular expression option: \"%s\"", letters[i:i+size])
		}
	}
	return nil
}

// leading takes what a pattern begins with of directors and options.
func (o *regexOptions) leading(pattern string) (string, error) {
	if o.literal {
		return pattern, nil
	}
	if rest, ok := strings.CutPrefix(pattern, "***"); ok {
		switch {
		case strings.HasPrefix(rest, "="):
			o.literal = true
			return rest[1:], nil
		case !strings.HasPrefix(rest, ":"):
			return "", invalidRegex("quantifier operand invalid")
		}
		pattern = rest[1:]
	}
	rest, ok := strings.CutPrefix(pattern, "(?")
	if !ok || rest == "" || rest[0]|0x20 < 'a' || rest[0]|0x20 > 'z' {
		return pattern, nil
	}
	end := strings.IndexByte(rest, ')')
	if end < 0 || strings.Trim(rest[:end], "bceimnpqstwx") != "" {
		return "", invalidRegex("invalid embedded option")
	}
	return rest[end+1:], o.set(rest[:end])
}

// mode returns the options as package regexp writes them.
func (o *regexOptions) mode() string {
	m := ""
	if o.fold {
		m += "i"
	}
	if o.lineEnds {
		m += "m"
	}
	if !o.lineStops {
		m += "s"
	}
	if m == "" {
		return ""
	}
	return "(?" + m + ")"
}
