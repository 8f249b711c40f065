package expr

import "driftdb/internal/types"

// polymorphic is what the arguments of pseudo types make of a call.
type polymorphic struct {
	element  types.Type // of anyElement and anyArray
	like     types.Type // what all of likeElement and likeArray become
	hasArray bool       // an argument of an array's pseudo type is an array
	wants    bool       // there is a parameter of an array's pseudo type
	enum     bool       // there is a parameter of an enumeration's
	bad      bool       // the arguments do not fit
}

// polymorphism matches arguments with the pseudo types of fn.
func polymorphism(fn *Function, args []types.Type) (p polymorphic) {
	for i, t := range args {
		switch id := fn.param(i); id {
		case anyArray, likeArray:
			p.wants = true
			if t.ID == types.Unknown {
				continue
			}
			if !t.IsArray() {
				p.bad = true
				return p
			}
			p.hasArray = true
			p.add(id == anyArray, t.Elem())
		case anyEnum:
			p.enum = true
			if t.ID != types.Unknown {
				p.bad = p.bad || !t.IsEnum()
				p.add(true, t)
			}
		case anyElement, likeElement:
			if t.ID != types.Unknown {
				p.add(id == anyElement, t)
			}
		}
	}
	if fn.Name != "||" { // NULL as the array: the element decides
		p.hasArray = p.hasArray || p.like.ID != types.Unknown
	}
	p.bad = p.bad || p.enum && !p.element.IsEnum() || p.wants && !p.hasArray || p.like.IsArray()
	return p
}

// add unites the type of an element with those before.
func (p *polymorphic) add(strict bool, t types.Type) {
	at := &p.like
	if strict {
		at = &p.element
	}
	switch {
	case at.ID == types.Unknown:
		*at = t
	case otherEnum(*at, t):
		p.bad = true
	case types.SameEnum(*at, t):
		*at = types.NewerEnum(*at, t)
	case at.ID == t.ID:
		if *at != t {
			*at = t.Base()
		}
	case strict:
		p.bad = true
	case castFor(t.ID, at.ID) == implicitCast:
		if at.ID == types.Numeric {
			*at = types.T(types.Numeric)
		}
	case castFor(at.ID, t.ID) == implicitCast:
		if *at = t; t.ID == types.Numeric {
			*at = types.T(types.Numeric)
		}
	default:
		p.bad = true
	}
}

// castsFor returns the types the arguments of fn are converted to.
func castsFor(fn *Function, args []types.Type) []types.Type {
	casts := make([]types.Type, len(args))
	p := polymorphism(fn, args)
	for i := range args {
		switch id := fn.param(i); {
		case id == likeElement:
			casts[i] = p.like
		case id == likeArray:
			casts[i] = p.like.Array()
		case id == anyArray && args[i].ID == types.Unknown:
			casts[i] = p.element.Array()
		case id == anyEnum && args[i].IsEnum():
			casts[i] = args[i] // labels of another time may be compared as they are
		case id == anyEnum:
			casts[i] = p.element
		case id == anyElement && args[i].ID == types.Unknown && p.element.ID != types.Unknown:
			casts[i] = p.element
		default:
			casts[i] = argumentType(args[i], id)
		}
	}
	return casts
}

// callable reports whether every argument can become what c wants implicitly.
func callable(c *Function, args []types.Type) bool {
	for i, t := range args {
		switch p := c.param(i); p {
		case anyType, anyElement, anyArray, likeArray, likeElement, anyEnum:
			if p == anyType && t.IsArray() && c.Name == "||" {
				return false // PostgreSQL's anynonarray
			}
		default:
			if castFor(t.ID, p) < implicitCast {
				return false
			}
		}
	}
	return !polymorphism(c, args).bad
}
