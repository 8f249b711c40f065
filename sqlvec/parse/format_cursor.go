package parse

import "strconv"

// cursorStmt writes the statements of cursors; it reports whether s is one.
func (f *formatter) cursorStmt(s Stmt) bool {
	switch s := s.(type) {
	case *DeclareCursor:
		f.w("DECLARE ")
		f.ident(s.Name.Name)
		f.opt(s.Scroll, " SCROLL")
		f.opt(s.NoScroll, " NO SCROLL")
		f.w(" CURSOR")
		f.opt(s.Hold, " WITH HOLD")
		f.w(" FOR ")
		f.stmt(s.Query)
	case *Fetch:
		word := "FETCH "
		if s.Move {
			word = "MOVE "
		}
		f.w(word, []string{FetchForward: "FORWARD ", FetchBackward: "BACKWARD ", FetchAbsolute: "ABSOLUTE ", FetchRelative: "RELATIVE "}[s.How])
		if s.All {
			f.w("ALL")
		} else {
			f.w(strconv.FormatInt(s.Count, 10))
		}
		f.w(" FROM ")
		f.ident(s.Name.Name)
	case *CloseCursor:
		f.w("CLOSE ")
		if s.All {
			f.w("ALL")
		} else {
			f.ident(s.Name.Name)
		}
	default:
		return false
	}
	return true
}
