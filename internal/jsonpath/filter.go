package jsonpath

import (
	"errors"
	"regexp"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// truth is the result of a condition.
type truth uint8

const (
	no truth = iota
	yes
	unknown
	raised // an error that is raised nevertheless; see evaluation.hard
)

// failed returns what a condition becomes by an error.
func (x *evaluation) failed(err error) truth {
	if Hard(err) {
		x.opts.raise(err)
		return raised
	}
	return unknown
}

// test evaluates a condition on v.
func (x *evaluation) test(n *node, v Item) truth {
	switch n.kind {
	case kAnd:
		a := x.test(n.a, v)
		if a == no || a == raised {
			return a
		}
		if b := x.test(n.b, v); b != yes {
			return b
		}
		return a
	case kOr:
		a := x.test(n.a, v)
		if a == yes || a == raised {
			return a
		}
		if b := x.test(n.b, v); b != no {
			return b
		}
		return a
	case kNot:
		switch t := x.test(n.a, v); t {
		case yes:
			return no
		case no:
			return yes
		default:
			return t
		}
	case kUnknown:
		switch t := x.test(n.a, v); t {
		case unknown:
			return yes
		case raised:
			return t
		}
		return no
	case kExists:
		return x.exists(n, v)
	}
	return x.compare(n, v)
}

// exists reports whether n.a finds something.
func (x *evaluation) exists(n *node, v Item) truth {
	found, outer := no, x.probing
	x.probing = !x.strict
	defer func() { x.probing = outer }()
	err := x.item(n.a, v, func(Item) error {
		if found = yes; x.strict {
			return nil
		}
		return errStop
	})
	if err != nil && !errors.Is(err, errStop) {
		return x.failed(err)
	}
	return found
}

// compare tests all pairs of what the two sides find. In lax mode one that is true suffices.
func (x *evaluation) compare(n *node, v Item) truth {
	left, err := x.all(n.a, v, true)
	if err != nil {
		return x.failed(err)
	}
	right := []Item{{}}
	if n.b != nil {
		if right, err = x.all(n.b, v, n.kind != kStartsWith); err != nil {
			return x.failed(err)
		}
	}
	found, bad := false, false
	for i := range left {
		for k := range right {
			t, err := x.pair(n, &left[i], &right[k])
			if err != nil {
				t = x.failed(err)
			}
			switch t {
			case raised:
				return t
			case unknown:
				if x.strict {
					return unknown
				}
				bad = true
			case yes:
				if !x.strict {
					return yes
				}
				found = true
			}
		}
	}
	switch {
	case found:
		return yes
	case bad:
		return unknown
	}
	return no
}

// pair tests one pair of items.
func (x *evaluation) pair(n *node, a, b *Item) (truth, error) {
	switch n.kind {
	case kStartsWith:
		if a.Kind != '"' || b.Kind != '"' {
			return unknown, nil
		}
		return truthOf(strings.HasPrefix(a.Text, b.Text)), nil
	case kLikeRegex:
		if a.Kind != '"' {
			return unknown, nil
		}
		return truthOf(n.re.MatchString(a.Text)), nil
	}
	cmp, t, err := x.order(n.kind, a, b)
	if t != yes || err != nil {
		return t, err
	}
	switch n.kind {
	case kEqual:
		return truthOf(cmp == 0), nil
	case kNotEqual:
		return truthOf(cmp != 0), nil
	case kLess:
		return truthOf(cmp < 0), nil
	case kLessEqual:
		return truthOf(cmp <= 0), nil
	case kGreater:
		return truthOf(cmp > 0), nil
	}
	return truthOf(cmp >= 0), nil
}

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// order compares two items. t is yes where cmp says how, or the result of the condition.
func (x *evaluation) order(k kind, a, b *Item) (cmp int, t truth, err error) {
	if a.sort() != b.sort() {
		if a.sort() == 'n' || b.sort() == 'n' { // null differs from all else
			if k == kNotEqual {
				return 1, yes, nil
			}
			return 0, no, nil
		}
		return 0, unknown, nil
	}
	switch a.sort() {
	case 'n':
		return 0, yes, nil
	case 'b':
		return int(b2i(a.Kind == 't')) - int(b2i(b.Kind == 't')), yes, nil
	case '0':
		c, err := a.decimal()
		if err != nil {
			return 0, unknown, err
		}
		d, err := b.decimal()
		return c.Cmp(d), yes, err
	case '"':
		return strings.Compare(a.Text, b.Text), yes, nil
	case 'd':
		return x.orderTimes(a.time, b.time)
	}
	return 0, unknown, nil
}

func b2i(b bool) int8 {
	if b {
		return 1
	}
	return 0
}

// sort returns what sort of item it is, as comparing sees it.
func (it *Item) sort() byte {
	switch {
	case it.time != nil:
		return 'd'
	case it.Kind == 't' || it.Kind == 'f':
		return 'b'
	case it.Kind == 0:
		return '0'
	}
	return it.Kind
}

// compileRegex compiles a pattern of like_regex: XQuery's syntax as far as package regexp has it.
func compileRegex(pattern, flags string) (*regexp.Regexp, error) {
	set := ""
	for _, f := range flags {
		switch f {
		case 'i', 's', 'm':
			set += string(f)
		case 'q':
			pattern = regexp.QuoteMeta(pattern)
		}
	}
	if strings.Contains(flags, "q") {
		set = strings.NewReplacer("s", "", "m", "").Replace(set)
	}
	if set != "" {
		pattern = "(?" + set + ")" + pattern
	}
	return regexp.Compile(pattern)
}

// Type returns the name of the type of the item, as .type() does.
func (it *Item) Type() string {
	switch {
	case it.time != nil:
		return it.time.kind.String()
	case it.Kind == '{':
		return "object"
	case it.Kind == '[':
		return "array"
	case it.Kind == '"':
		return "string"
	case it.Kind == 0:
		return "number"
	case it.Kind == 'n':
		return "null"
	}
	return "boolean"
}

// Tree returns the item as JSON: a date or time as a string.
func (it *Item) Tree() types.JSONTree {
	if it.time != nil {
		return types.JSONTree{Kind: '"', Text: it.time.String()}
	}
	return it.JSONTree
}

// raise keeps an error that conditions do not take for unknown.
func (o *Options) raise(err error) {
	if o.raised == nil {
		o.raised = err
	}
}

// hard returns the error that a condition raised.
func (x *evaluation) hard() error {
	if x.opts.raised == nil {
		return dberr.Bug("a jsonpath condition raised no error")
	}
	return x.opts.raised
}
