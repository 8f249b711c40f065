package parse

import (
	"strconv"

	"driftdb/internal/dberr"
)

// declareCursor reads DECLARE.
func (p *parser) declareCursor(pos Pos) Stmt {
	p.expect("declare")
	s := &DeclareCursor{Pos: pos, Name: p.ident()}
	for !p.is("cursor") {
		at := p.pos()
		switch {
		case p.accept("insensitive"), p.accept("asensitive"):
		case p.accept("no", "scroll"):
			s.NoScroll = true
		case p.accept("scroll"):
			s.Scroll = true
		case p.is("binary"):
			p.unsupported(at, "DECLARE BINARY")
			return s
		default:
			p.syntaxError()
			return s
		}
	}
	p.expect("cursor")
	if p.accept("with", "hold") {
		s.Hold = true
	} else {
		p.accept("without", "hold")
	}
	if s.Scroll && s.NoScroll {
		p.failAt(pos, dberr.InvalidCursorDefinition, "cannot specify both SCROLL and NO SCROLL")
	}
	p.expect("for")
	s.Query = p.query()
	return s
}

// fetchStatement reads FETCH and MOVE.
func (p *parser) fetchStatement(pos Pos) Stmt {
	s := &Fetch{Pos: pos, Move: p.is("move"), Count: 1}
	p.next()
	p.fetchHow(s)
	if !p.accept("from") {
		p.accept("in")
	}
	s.Name = p.ident()
	return s
}

// fetchHow reads the direction; a cursor may be called like one.
func (p *parser) fetchHow(s *Fetch) {
	if next := p.peek(1); next.kind == tokEOF || next.kind == tokOp && next.text == ";" {
		return
	}
	switch {
	case p.accept("next"):
	case p.accept("prior"):
		s.How = FetchBackward
	case p.accept("first"):
		s.How = FetchAbsolute
	case p.accept("last"):
		s.How, s.Count = FetchAbsolute, -1
	case p.accept("absolute"):
		s.How, s.Count = FetchAbsolute, p.signedInt()
	case p.accept("relative"):
		s.How, s.Count = FetchRelative, p.signedInt()
	case p.accept("backward"):
		s.How = FetchBackward
		p.fetchCount(s)
	case p.accept("forward"):
		p.fetchCount(s)
	default:
		p.fetchCount(s)
	}
}

// fetchCount reads a number of rows or ALL, where there is one.
func (p *parser) fetchCount(s *Fetch) {
	if s.All = p.accept("all"); !s.All && (p.tok.kind == tokInt || p.isAny("-", "+")) {
		s.Count = p.signedInt()
	}
}

// signedInt reads a whole number.
func (p *parser) signedInt() int64 {
	sign := ""
	switch {
	case p.accept("-"):
		sign = "-"
	default:
		p.accept("+")
	}
	n, err := strconv.ParseInt(sign+p.tok.text, 10, 32)
	if err != nil || p.tok.kind != tokInt {
		p.syntaxError()
		return 0
	}
	p.next()
	return n
}

// closeCursor reads CLOSE.
func (p *parser) closeCursor(pos Pos) Stmt {
	p.expect("close")
	s := &CloseCursor{Pos: pos}
	if s.All = p.accept("all"); !s.All {
		s.Name = p.ident()
	}
	return s
}
