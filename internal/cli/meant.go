package cli

import (
	"errors"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/edits"
	"driftdb/sqlvec"
)

// failed is the error of a statement, with a hint at what may have been meant.
func (s *script) failed(err error, text string, line int, file string) error {
	var in *statementError
	if errors.As(err, &in) { // of the statement that a command ran
		err, text = in.err, in.text
	}
	err = &statementError{err: s.withMeant(withKeyword(err, text), text), text: text, line: line, file: file}
	s.lastErr = err
	return err
}

// withMeant gives errors of names that are not there a hint at a similar one, as those of columns have.
func (s *script) withMeant(err error, text string) error {
	var e *dberr.Error
	if !errors.As(err, &e) || e.Pos < 1 || e.Pos > len(text) {
		return err
	}
	at := text[e.Pos-1:]
	switch e.Code {
	case dberr.UndefinedTable:
		return s.tableMeant(err, e, at)
	case dberr.UndefinedFunction:
		return functionMeant(err, e, at)
	case dberr.UndefinedColumn:
		if name, ok := quotedName(at); ok && e.Hint == "" {
			return e.WithHint("Text stands in single quotes: '%s'.", clean(name))
		}
	}
	return err
}

// quotedName is the name in double quotes that a text begins with.
func quotedName(text string) (string, bool) {
	l := lexer{text: text}
	if t, ok := l.next(); ok && t.kind == tokIdent && t.to > 2 {
		return text[1 : t.to-1], true
	}
	return "", false
}

// dottedName is the name, with its dots, that a text begins with.
func dottedName(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r < 0x80 && !isWordByte(byte(r)) && r != '.' })
	if end < 0 {
		return text
	}
	return text[:end]
}

var fileEndings = []string{".csv", ".tsv", ".json", ".ndjson", ".jsonl", ".parquet", ".arrow", ".gz", ".zst"}

func (s *script) tableMeant(err error, e *dberr.Error, at string) error {
	if e.Hint != "" || !strings.HasPrefix(e.Message, "relation ") {
		return err
	}
	name, quoted := quotedName(at)
	if !quoted {
		name = dottedName(at)
	}
	lower := strings.ToLower(name)
	if slices.ContainsFunc(fileEndings, func(end string) bool { return strings.HasSuffix(lower, end) }) {
		return e.WithHint("The name of a file stands in single quotes: '%s'.", clean(name))
	}
	if rest, ok := strings.CutPrefix(lower, "main."); ok {
		return e.WithHint("The schema is public: public.%s.", clean(rest))
	}
	view, viewErr := s.session.View()
	if viewErr != nil {
		return err
	}
	defer view.Release()
	if near := nearestRelation(view, lower); near != "" {
		return e.WithHint("Perhaps you meant the table \"%s\".", near)
	}
	return err
}

// nearestRelation is the relation whose name is nearest to what was written, "" for none that is near.
func nearestRelation(view *colstore.View, name string) string {
	best, least := "", 3
	for _, t := range view.Catalog().Relations() {
		if d := edits.Names(name, t.Name); d < least && d < len(name) {
			best, least = t.Name, d
		}
	}
	return best
}

// functionMeant hints at a function where there is none of that name; else its arguments are wrong.
func functionMeant(err error, e *dberr.Error, at string) error {
	name := strings.ToLower(dottedName(at))
	if name == "" || !strings.HasPrefix(e.Message, "function "+name+"(") {
		return err
	}
	best, least := "", 3
	for _, f := range sqlvec.Functions() {
		if f.Name == name {
			return err
		}
		if d := edits.Names(name, f.Name); d < least && d < len(name)-1 {
			best, least = f.Name, d
		}
	}
	for _, f := range sqlvec.FileFunctions() {
		if d := edits.Names(name, f); d < least {
			best, least = f, d
		}
	}
	if best == "" {
		return err
	}
	return e.WithHint("Perhaps you meant the function \"%s\".", best)
}
