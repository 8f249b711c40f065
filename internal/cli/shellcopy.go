package cli

import (
	"strings"

	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// copyRows is \copy: COPY with a file that needs no quotes.
func (sh *shell) copyRows(c call) error {
	sql, err := sh.copyStatement(c.text)
	if err != nil {
		return err
	}
	piece := parse.Piece{Text: sql, Line: 1}
	if sh.keys == nil { // in a script, which ends with the error
		if sh.behind != nil {
			sh.session.SetCopy(&copyData{next: sh.behind}, sh.out.w)
		} else {
			sh.session.SetCopy(sh.std.in, sh.out.w)
		}
		return sh.runPiece(c.ctx, piece)
	}
	sh.runStatement(c.ctx, piece)
	return nil
}

// copyStatement writes what stands behind \copy as a statement.
func (sh *shell) copyStatement(text string) (string, error) {
	text = strings.TrimSuffix(strings.TrimSpace(text), ";")
	l := lexer{text: text}
	depth := 0
	for {
		t, ok := l.next()
		if !ok {
			return "", dberr.New(dberr.SyntaxError, "\\copy: FROM or TO is missing").WithHint("\\copy TABLE FROM FILE, or \\copy (QUERY) TO FILE, and options as of COPY.")
		}
		word := l.text[t.from:t.to]
		switch word {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth > 0 || t.kind != tokWord || !strings.EqualFold(word, "from") && !strings.EqualFold(word, "to") {
			continue
		}
		rest := strings.TrimLeft(text[t.to:], " \t")
		file, options := rest, ""
		if strings.HasPrefix(rest, "'") {
			return "COPY " + text, nil
		}
		if end := strings.IndexAny(rest, " \t"); end >= 0 {
			file, options = rest[:end], rest[end:]
		}
		switch strings.ToLower(file) {
		case "":
			return "", dberr.New(dberr.SyntaxError, "\\copy: the file is missing")
		case "stdin", "stdout":
			return "COPY " + text, nil
		case "pstdin", "pstdout":
			return "COPY " + text[:t.to] + " " + file[1:] + options, nil
		}
		return "COPY " + text[:t.to] + " " + quoteText(sh.vars.expand(file)) + options, nil
	}
}
