package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// functions holds the overloads of every function and operator by name. It is
// filled by the init functions of this package and read-only afterwards.
var functions = map[string][]*Function{}

// register adds overloads.
func register(fns ...*Function) {
	for _, fn := range fns {
		functions[fn.Name] = append(functions[fn.Name], fn)
	}
}

// IsFunction reports whether there is a function of that name, in lower case.
func IsFunction(name string) bool { return len(functions[name]) > 0 || isForm(name) }

// Resolve chooses the overload of a function for arguments of the given types, by
// PostgreSQL's rules, and returns the type each argument is to be converted to.
func Resolve(name string, args []types.Type) (*Function, []types.Type, error) {
	fn, casts, found := choose(functions[name], args)
	if fn != nil {
		return fn, casts, nil
	}
	sig := dberr.Textf("%s(%s)", name, typeList(args))
	if found {
		return nil, nil, dberr.Newf(dberr.AmbiguousFunction, "function %s is not unique", sig).
			WithHint("Could not choose a best candidate function. You might need to add explicit type casts.")
	}
	return nil, nil, dberr.Newf(dberr.UndefinedFunction, "function %s does not exist", sig).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

// ResolveOperator chooses the overload of an operator: one argument for a prefix
// operator, two for an infix one.
func ResolveOperator(op string, args ...types.Type) (*Function, []types.Type, error) {
	cands := functions[op]
	if fn := sameTypeOperator(cands, args); fn != nil {
		return fn, castsFor(fn, args), nil
	}
	fn, casts, found := choose(cands, args)
	if fn != nil {
		return fn, casts, nil
	}
	sig := dberr.Textf("%s %s", op, typeList(args[len(args)-1:]))
	if len(args) == 2 {
		sig = dberr.Textf("%s %s", typeList(args[:1]), sig)
	}
	if found {
		return nil, nil, dberr.Newf(dberr.AmbiguousFunction, "operator is not unique: %s", sig).
			WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.")
	}
	return nil, nil, dberr.Newf(dberr.UndefinedFunction, "operator does not exist: %s", sig).
		WithHint("%s", missingOperatorHint[len(args)])
}

// missingOperatorHint is PostgreSQL's hint by the number of operands.
var missingOperatorHint = [...]string{
	1: "No operator matches the given name and argument type. You might need to add an explicit type cast.",
	2: "No operator matches the given name and argument types. You might need to add explicit type casts.",
}

// sameTypeOperator applies the rule that an unknown operand of an infix operator is
// first tried as the type of the other.
func sameTypeOperator(cands []*Function, args []types.Type) *Function {
	if len(args) != 2 || (args[0].ID == types.Unknown) == (args[1].ID == types.Unknown) {
		return nil
	}
	id := args[0].ID
	if id == types.Unknown {
		id = args[1].ID
	}
	for _, fn := range cands {
		if len(fn.Params) == 2 && (fn.Params[0] == id && fn.Params[1] == id || id == types.Enum && fn.Params[0] == anyEnum || id.IsArray() && category(fn.Params[0]) == 'A' && fn.Params[0] == fn.Params[1]) {
			return fn
		}
	}
	return nil
}

// typeList returns the names of types as an argument list.
func typeList(args []types.Type) types.Types {
	list := make(types.Types, len(args))
	for i, t := range args {
		list[i] = t.Base()
	}
	return list
}

// param returns the declared type of argument i of fn.
func (fn *Function) param(i int) types.ID {
	return fn.Params[min(i, len(fn.Params)-1)]
}

// accepts reports whether fn takes n arguments.
func (fn *Function) accepts(n int) bool {
	if fn.Variadic {
		return n >= len(fn.Params)
	}
	return n == len(fn.Params)
}

// choose is PostgreSQL's selection among overloads. found says that there were
// several and none was the best.
func choose(all []*Function, args []types.Type) (fn *Function, casts []types.Type, found bool) {
	var cands []*Function
	for _, c := range all {
		if c.accepts(len(args)) && callable(c, args) {
			cands = append(cands, c)
		}
	}
	for _, narrow := range []func([]*Function, []types.Type) []*Function{
		exactMatches, preferredMatches, unknownMatches, alikeMatches,
	} {
		if len(cands) <= 1 {
			break
		}
		cands = narrow(cands, args)
	}
	if len(cands) == 1 {
		return cands[0], castsFor(cands[0], args), true
	}
	return nil, nil, len(cands) > 1
}

// best keeps the candidates with the highest score.
func best(cands []*Function, score func(*Function) int) []*Function {
	top, out := -1, cands[:0:0]
	for _, c := range cands {
		switch s := score(c); {
		case s > top:
			top, out = s, append(out[:0], c)
		case s == top:
			out = append(out, c)
		}
	}
	return out
}

// exactMatches keeps the candidates with most arguments of exactly the given type.
func exactMatches(cands []*Function, args []types.Type) []*Function {
	return best(cands, func(c *Function) (n int) {
		for i, t := range args {
			if t.ID != types.Unknown && t.ID == c.param(i) {
				n++
			}
		}
		return n
	})
}

// preferredMatches keeps the candidates that take a preferred type, of the
// argument's category, in most places.
func preferredMatches(cands []*Function, args []types.Type) []*Function {
	return best(cands, func(c *Function) (n int) {
		for i, t := range args {
			p := c.param(i)
			if t.ID == types.Unknown {
				continue
			}
			if p == t.ID || preferred(p) && category(p) == category(t.ID) {
				n++
			}
		}
		return n
	})
}

// unknownMatches guesses the category of unknown arguments: strings if any candidate
// takes them there, otherwise what all candidates agree on.
func unknownMatches(cands []*Function, args []types.Type) []*Function {
	out := cands
	for i, t := range args {
		if t.ID != types.Unknown {
			continue
		}
		cat, pref := slotCategory(cands, i)
		if cat == 0 {
			return cands
		}
		var keep []*Function
		for _, c := range out {
			if p := c.param(i); category(p) == cat && (!pref || preferred(p)) {
				keep = append(keep, c)
			}
		}
		out = keep
	}
	if len(out) == 0 {
		return cands
	}
	return out
}

// slotCategory returns the category the candidates want at argument i, 0 if they
// do not agree, and whether one of them takes the preferred type.
func slotCategory(cands []*Function, i int) (cat byte, pref bool) {
	for _, c := range cands {
		if category(c.param(i)) == 'S' {
			cat = 'S'
		}
	}
	for _, c := range cands {
		p := c.param(i)
		if cat == 0 {
			cat = category(p)
		}
		if cat != category(p) {
			if cat != 'S' {
				return 0, false
			}
			continue
		}
		pref = pref || preferred(p)
	}
	return cat, pref
}

// alikeMatches assumes that unknown arguments are of the type of the known ones, if
// those are all of one type.
func alikeMatches(cands []*Function, args []types.Type) []*Function {
	id := types.Unknown
	for _, t := range args {
		if t.ID == types.Unknown {
			continue
		}
		if id != types.Unknown && id != t.ID {
			return cands
		}
		id = t.ID
	}
	if id == types.Unknown {
		return cands
	}
	alike := make([]types.Type, len(args))
	for i := range alike {
		alike[i] = types.T(id)
	}
	var keep []*Function
	for _, c := range cands {
		if callable(c, alike) {
			keep = append(keep, c)
		}
	}
	if len(keep) != 1 {
		return cands
	}
	return keep
}
