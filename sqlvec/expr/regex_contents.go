package expr

import (
	"regexp/syntax"
	"strings"

	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// contents finds out what texts contain in which an expression matches. edges says that there are
// constraints on words beside it.
func (re *regex) contents(text string, edges bool) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return
	}
	list := sequence(nil, tree)
	if pattern, ok := likePattern(list); ok && !edges {
		re.like, _ = newLike(pattern)
		return
	}
	var best *syntax.Regexp
	for _, t := range list {
		if t.Op == syntax.OpPlus {
			t = t.Sub[0]
		}
		if t.Op == syntax.OpLiteral && (best == nil || len(t.Rune) > len(best.Rune)) {
			best = t
		}
	}
	if best == nil {
		return
	}
	fold := best.Flags&syntax.FoldCase != 0
	if part := []byte(string(best.Rune)); !fold || vec.ASCII(part) {
		needle := kernel.NewNeedle(part, fold)
		re.part = &needle
	}
}

// sequence appends the parts of an expression that stand one behind the other.
func sequence(list []*syntax.Regexp, t *syntax.Regexp) []*syntax.Regexp {
	switch t.Op {
	case syntax.OpConcat:
		for _, sub := range t.Sub {
			list = sequence(list, sub)
		}
		return list
	case syntax.OpCapture:
		return sequence(list, t.Sub[0])
	case syntax.OpEmptyMatch:
		return list
	}
	return append(list, t)
}

// likePattern returns the pattern of LIKE that matches the texts in which a sequence matches.
func likePattern(list []*syntax.Regexp) (pattern string, ok bool) {
	var b strings.Builder
	from, to := 0, len(list)
	if from < to && list[from].Op == syntax.OpBeginText {
		from++
	} else {
		b.WriteByte('%')
	}
	end := "%"
	if from < to && list[to-1].Op == syntax.OpEndText {
		to, end = to-1, ""
	}
	for _, t := range list[from:to] {
		switch {
		case t.Op == syntax.OpLiteral && t.Flags&syntax.FoldCase == 0:
			b.WriteString(strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(string(t.Rune)))
		case t.Op == syntax.OpAnyChar:
			b.WriteByte('_')
		case t.Op == syntax.OpStar && t.Sub[0].Op == syntax.OpAnyChar:
			b.WriteByte('%')
		case t.Op == syntax.OpPlus && t.Sub[0].Op == syntax.OpAnyChar:
			b.WriteString("_%")
		default:
			return "", false
		}
	}
	return b.String() + end, true
}
