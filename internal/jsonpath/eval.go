package jsonpath

import (
	"errors"
	"math"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// Item is what a path finds: a JSON value, or a date or time that .datetime() made.
type Item struct {
	types.JSONTree
	time *datetime
}

// Options say how a path is evaluated.
type Options struct {
	Vars types.JSONTree // an object with the values of variables; the zero tree: all are null
	// Zones lets dates and times be compared by way of Zone, as the functions with _tz do.
	Zones bool
	Zone  *time.Location // of the session
	Now   int64          // the time of the transaction, microseconds UTC
	// Template reads a text by a template of to_timestamp; see Moment.
	Template func(text, template string) (Moment, error)

	raised error // the first one that a condition did not take for unknown
}

// errStop ends an evaluation that has found enough.
var errStop = errors.New("enough is found")

// hardError is an error that conditions do not take for unknown, and that is raised even where
// errors are silent.
type hardError struct{ error }

func (e hardError) Unwrap() error { return e.error }

// Hard reports whether err is raised even where errors are silent.
func Hard(err error) bool {
	var h hardError
	return errors.As(err, &h)
}

// Query calls fn for every item that the path finds in doc, in order. An error may come after
// items. fn ends the search by returning false.
func (p *Path) Query(doc types.JSONTree, opts Options, fn func(Item) bool) error {
	return p.query(doc, opts, fn, false)
}

func (p *Path) query(doc types.JSONTree, opts Options, fn func(Item) bool, probing bool) error {
	x := &evaluation{strict: p.strict, probing: probing, opts: &opts, root: Item{JSONTree: doc}, lenient: !p.strict, size: -1}
	if opts.Vars.Kind != 0 || opts.Vars.Text != "" {
		if opts.Vars.Kind != '{' {
			return hardError{dberr.New(dberr.InvalidParameterValue, "\"vars\" argument is not an object").
				WithDetail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.")}
		}
	}
	err := x.item(p.root, x.root, func(it Item) error {
		if !fn(it) {
			return errStop
		}
		return nil
	})
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

// Exists reports whether the path finds something in doc.
func (p *Path) Exists(doc types.JSONTree, opts Options) (bool, error) {
	found := false
	err := p.query(doc, opts, func(Item) bool {
		found = true
		return p.strict // in strict mode an error may still come
	}, !p.strict)
	return found && err == nil, err
}

// evaluation is one run of a path over one document.
type evaluation struct {
	strict  bool
	opts    *Options
	root    Item
	current Item // @
	probing bool // it is only asked whether there is an item
	lenient bool // what does not fit is left out, no error
	made    int  // objects outside the document that .keyvalue() has numbered
	size    int  // of the array whose subscripts are computed, -1 outside
}

// emit takes an item that was found.
type emit func(Item) error

// item evaluates n on v. In lax mode an array stands for its elements.
func (x *evaluation) item(n *node, v Item, to emit) error { return x.eval(n, v, !x.strict, to) }

// next goes on with the step behind n.
func (x *evaluation) next(n *node, v Item, to emit) error {
	if n.next == nil {
		return to(v)
	}
	return x.item(n.next, v, to)
}

// each evaluates n on the elements of the array v, which are not taken apart again.
func (x *evaluation) each(n *node, v Item, to emit) error {
	for _, m := range v.Members {
		if err := x.eval(n, Item{JSONTree: m}, false, to); err != nil {
			return err
		}
	}
	return nil
}

// eval evaluates n on v; unwrap says that an array may stand for its elements.
func (x *evaluation) eval(n *node, v Item, unwrap bool, to emit) error {
	switch n.kind {
	case kNull, kTrue, kFalse:
		return x.next(n, Item{JSONTree: types.JSONTree{Kind: "ntf"[n.kind-kNull]}}, to)
	case kString:
		return x.next(n, Item{JSONTree: types.JSONTree{Kind: '"', Text: n.text}}, to)
	case kNumber:
		return x.next(n, Item{JSONTree: types.JSONTree{Text: n.text}}, to)
	case kVar:
		i, ok := x.opts.Vars.Member(n.text)
		if x.opts.Vars.Kind != '{' {
			return x.next(n, Item{JSONTree: types.JSONTree{Kind: 'n'}}, to)
		}
		if !ok {
			return hardError{dberr.Newf(dberr.UndefinedObject, "could not find jsonpath variable \"%s\"", n.text)}
		}
		return x.next(n, Item{JSONTree: x.opts.Vars.Members[i]}, to)
	case kRoot:
		return x.next(n, x.root, to)
	case kCurrent:
		return x.next(n, x.current, to)
	case kLast:
		return x.next(n, number(types.DecimalFromInt(int64(x.size-1), 0)), to)
	case kAdd, kSub, kMul, kDiv, kMod:
		return x.arithmetic(n, v, to)
	case kPlus, kMinus:
		return x.signed(n, v, to)
	case kKey, kAnyKey, kAnyElem, kAny, kIndex, kFilter:
		return x.access(n, v, unwrap, to)
	case kMethod:
		return x.method(n, v, unwrap, to)
	}
	switch x.test(n, v) { // a condition whose result is an item
	case yes:
		return x.next(n, Item{JSONTree: types.JSONTree{Kind: 't'}}, to)
	case no:
		return x.next(n, Item{JSONTree: types.JSONTree{Kind: 'f'}}, to)
	case raised:
		return x.hard()
	}
	return x.next(n, Item{JSONTree: types.JSONTree{Kind: 'n'}}, to)
}

// access takes a step into v.
func (x *evaluation) access(n *node, v Item, unwrap bool, to emit) error {
	switch n.kind {
	case kAnyElem:
		switch {
		case v.Kind == '[':
			for _, m := range v.Members {
				if err := x.next(n, Item{JSONTree: m}, to); err != nil {
					return err
				}
			}
			return nil
		case !x.strict:
			return x.next(n, v, to)
		}
		return x.misfit(dberr.SQLJSONArrayNotFound, "jsonpath wildcard array accessor can only be applied to an array")
	case kAny:
		return x.anywhere(n, v, to)
	case kIndex:
		if v.Kind != '[' && x.strict {
			return x.misfit(dberr.SQLJSONArrayNotFound, "jsonpath array accessor can only be applied to an array")
		}
		return x.elements(n, v, to)
	}
	if unwrap && v.Kind == '[' {
		return x.each(n, v, to)
	}
	switch n.kind {
	case kFilter:
		outer := x.current
		x.current = v
		t := x.test(n.a, v)
		x.current = outer
		switch t {
		case yes:
			return x.next(n, v, to)
		case raised:
			return x.hard()
		}
		return nil
	case kAnyKey:
		if v.Kind != '{' {
			return x.misfit(dberr.SQLJSONObjectNotFound, "jsonpath wildcard member accessor can only be applied to an object")
		}
		for _, m := range v.Members {
			if err := x.next(n, Item{JSONTree: m}, to); err != nil {
				return err
			}
		}
		return nil
	}
	if v.Kind != '{' {
		return x.misfit(dberr.SQLJSONMemberNotFound, "jsonpath member accessor can only be applied to an object")
	}
	if i, ok := v.Member(n.text); ok {
		return x.next(n, Item{JSONTree: v.Members[i]}, to)
	}
	return x.misfit(dberr.SQLJSONMemberNotFound, "JSON object does not contain key \"%s\"", n.text)
}

// misfit is an error of the structure, none where that is taken leniently.
func (x *evaluation) misfit(code, format string, args ...any) error {
	if x.lenient {
		return nil
	}
	return dberr.Newf(code, format, args...)
}

// anywhere goes down to the levels of a .**; what does not fit there is left out.
func (x *evaluation) anywhere(n *node, v Item, to emit) error {
	lenient := x.lenient
	leave := func(v Item) error {
		x.lenient = true
		err := x.next(n, v, to)
		x.lenient = lenient
		return err
	}
	if n.first == 0 {
		if err := leave(v); err != nil {
			return err
		}
	}
	var down func(v Item, level uint32) error
	down = func(v Item, level uint32) error {
		if level > n.last || v.Kind != '{' && v.Kind != '[' {
			return nil
		}
		for _, m := range v.Members {
			leaf := m.Kind != '{' && m.Kind != '['
			if level >= n.first || n.first == anyDepth && n.last == anyDepth && leaf {
				if err := leave(Item{JSONTree: m}); err != nil {
					return err
				}
			}
			if err := down(Item{JSONTree: m}, level+1); err != nil {
				return err
			}
		}
		return nil
	}
	return down(v, 1)
}

// elements takes the elements that subscripts name. What is no array is its only element.
func (x *evaluation) elements(n *node, v Item, to emit) error {
	outer, size := x.size, 1
	defer func() { x.size = outer }()
	if v.Kind == '[' {
		size = len(v.Members)
	}
	for _, s := range n.subs {
		x.size = size
		from, err := x.index(s.from, v)
		if err != nil {
			return err
		}
		end := from
		if s.to != nil {
			if end, err = x.index(s.to, v); err != nil {
				return err
			}
		}
		if !x.lenient && (from < 0 || from > end || end >= size) {
			return dberr.New(dberr.InvalidSQLJSONSubscript, "jsonpath array subscript is out of bounds")
		}
		for i := max(from, 0); i <= min(end, size-1); i++ {
			m := v
			if v.Kind == '[' {
				m = Item{JSONTree: v.Members[i]}
			}
			if err := x.next(n, m, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// index computes a subscript.
func (x *evaluation) index(n *node, v Item) (int, error) {
	found, err := x.all(n, v, false)
	if err != nil {
		return 0, err
	}
	if len(found) != 1 || found[0].Kind != 0 || found[0].time != nil {
		return 0, dberr.New(dberr.InvalidSQLJSONSubscript, "jsonpath array subscript is not a single numeric value")
	}
	d, err := found[0].decimal()
	if err != nil {
		return 0, err
	}
	i, ok := d.Trunc(0).Scaled(0)
	if !ok || i < math.MinInt32 || i > math.MaxInt32 {
		return 0, dberr.New(dberr.InvalidSQLJSONSubscript, "jsonpath array subscript is out of integer range")
	}
	return int(i), nil
}

// all returns the items of n; with unwrap, in lax mode, arrays are taken apart.
func (x *evaluation) all(n *node, v Item, unwrap bool) ([]Item, error) {
	var found []Item
	outer := x.probing
	x.probing = false
	defer func() { x.probing = outer }()
	err := x.item(n, v, func(it Item) error {
		if unwrap && !x.strict && it.Kind == '[' {
			for _, m := range it.Members {
				found = append(found, Item{JSONTree: m})
			}
			return nil
		}
		found = append(found, it)
		return nil
	})
	return found, err
}

// number returns a number as an item.
func number(d types.Decimal) Item { return Item{JSONTree: types.JSONTree{Text: d.String()}} }

// isNumber reports whether the item is a number.
func (it *Item) isNumber() bool { return it.Kind == 0 && it.time == nil }

func (it *Item) decimal() (types.Decimal, error) { return types.ParseDecimal(it.Text) }

// arithmetic computes a binary operator, whose operands are single numbers.
func (x *evaluation) arithmetic(n *node, v Item, to emit) error {
	a, err := x.all(n.a, v, true)
	if err != nil {
		return err
	}
	b, err := x.all(n.b, v, true)
	if err != nil {
		return err
	}
	var d [2]types.Decimal
	for i, list := range [][]Item{a, b} {
		if len(list) != 1 || !list[0].isNumber() {
			return dberr.Newf(dberr.SingletonSQLJSONItemRequired, "%s operand of jsonpath operator %s is not a single numeric value",
				[...]string{"left", "right"}[i], operators[n.kind].sign)
		}
		if d[i], err = list[0].decimal(); err != nil {
			return err
		}
	}
	r, err := compute(n.kind, d[0], d[1])
	if err != nil {
		return err
	}
	return x.next(n, number(r), to)
}

func compute(k kind, a, b types.Decimal) (types.Decimal, error) {
	switch k {
	case kAdd:
		return a.Add(b), nil
	case kSub:
		return a.Sub(b), nil
	case kMul:
		return a.Mul(b), nil
	case kDiv:
		return a.Div(b)
	}
	return a.Mod(b)
}

// signed computes a sign, of every number there is.
func (x *evaluation) signed(n *node, v Item, to emit) error {
	found, err := x.all(n.a, v, true)
	if err != nil {
		return err
	}
	for _, it := range found {
		if !it.isNumber() && x.probing && n.next == nil {
			continue
		}
		if !it.isNumber() {
			return dberr.Newf(dberr.SQLJSONNumberNotFound, "operand of unary jsonpath operator %s is not a numeric value", operators[n.kind].sign)
		}
		if n.kind == kMinus {
			d, err := it.decimal()
			if err != nil {
				return err
			}
			it = number(d.Neg())
		}
		if err := x.next(n, it, to); err != nil {
			return err
		}
	}
	return nil
}
