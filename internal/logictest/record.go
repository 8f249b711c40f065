package logictest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// kind says what a record does.
type kind uint8

const (
	kindStatement kind = iota
	kindQuery
	kindLet
	kindConnection
	kindCheckpoint
	kindVacuum
	kindReopen
	kindRequire
	kindThreshold
	kindLoop
	kindEndLoop
	kindHalt
)

// record is one parsed record.
type record struct {
	kind kind
	file string
	line int // 1-based, of the record's first line
	sql  string
	arg  string // of connection, require, let, loop and threshold

	skipIf, onlyIf []string

	// of a statement
	fails bool
	code  string         // SQLSTATE
	pos   int            // position of the error, 0 if not checked
	match *regexp.Regexp // on its message, or nil
	count int            // rows, -1 if not checked

	// of a query
	types    string
	sort     string // "nosort", "rowsort" or "valuesort"
	label    string
	expected []string // lines below ----
	answered bool     // there was a ----

	// of a loop
	from, to int
	body     []*record
}

func (r *record) where() string { return fmt.Sprintf("%s:%d", r.file, r.line) }

// reader parses the lines of one file.
type reader struct {
	file  string
	lines []string
	i     int // the next line
}

// readFile parses a file with its includes.
func readFile(path string) ([]*record, error) { return readNested(path, 0) }

func readNested(path string, depth int) ([]*record, error) {
	if depth > 10 {
		return nil, fmt.Errorf("%s: includes nest too deep", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &reader{file: path, lines: strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")}
	list, err := r.records(depth)
	if err != nil {
		return nil, err
	}
	return nest(list)
}

// nest puts the records of each loop into it.
func nest(list []*record) ([]*record, error) {
	var out []*record
	var open []*record
	for _, r := range list {
		if r.kind == kindEndLoop {
			if len(open) == 0 {
				return nil, fmt.Errorf("%s: endloop without loop", r.where())
			}
			r, open = open[len(open)-1], open[:len(open)-1]
		} else if r.kind == kindLoop {
			open = append(open, r)
			continue
		}
		if len(open) > 0 {
			outer := open[len(open)-1]
			outer.body = append(outer.body, r)
		} else {
			out = append(out, r)
		}
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("%s: loop without endloop", open[0].where())
	}
	return out, nil
}

// records parses every record. skipif and onlyif belong to the one after them.
func (r *reader) records(depth int) ([]*record, error) {
	var list []*record
	var skipIf, onlyIf []string
	for r.i < len(r.lines) {
		line := strings.TrimSpace(r.lines[r.i])
		if line == "" || strings.HasPrefix(line, "#") {
			r.i++
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		switch word {
		case "skipif":
			skipIf = append(skipIf, rest)
			r.i++
			continue
		case "onlyif":
			onlyIf = append(onlyIf, rest)
			r.i++
			continue
		case "include":
			inner, err := readNested(filepath.Join(filepath.Dir(r.file), rest), depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, inner...)
			r.i++
			continue
		}
		rec, err := r.record(word, rest)
		if err != nil {
			return nil, err
		}
		rec.skipIf, rec.onlyIf, skipIf, onlyIf = skipIf, onlyIf, nil, nil
		list = append(list, rec)
	}
	return list, nil
}

// record parses the record whose first line has been cut into word and rest.
func (r *reader) record(word, rest string) (*record, error) {
	rec := &record{file: r.file, line: r.i + 1, arg: rest, count: -1}
	r.i++
	var err error
	switch word {
	case "statement":
		err = rec.parseStatement(rest)
		rec.sql = r.sql()
	case "query":
		rec.parseQuery(rest)
		rec.sql = r.sql()
		rec.expected, rec.answered = r.answer()
	case "let":
		name, sql, _ := strings.Cut(rest, "=")
		rec.kind, rec.arg, rec.sql = kindLet, strings.Trim(name, " $"), strings.TrimSpace(sql)
		rec.sql = strings.TrimSpace(rec.sql + "\n" + r.sql())
	case "loop":
		rec.kind = kindLoop
		_, err = fmt.Sscanf(rest, "%s %d %d", &rec.arg, &rec.from, &rec.to)
	case "connection", "checkpoint", "vacuum", "reopen", "require", "hash-threshold", "endloop", "halt":
		rec.kind = map[string]kind{"connection": kindConnection, "checkpoint": kindCheckpoint, "vacuum": kindVacuum,
			"reopen": kindReopen, "require": kindRequire, "hash-threshold": kindThreshold, "endloop": kindEndLoop, "halt": kindHalt}[word]
	default:
		err = fmt.Errorf("unknown record %q", word)
	}
	if err == nil && rec.sql == "" && (rec.kind == kindStatement || rec.kind == kindQuery || rec.kind == kindLet) {
		err = fmt.Errorf("a record without SQL")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rec.where(), err)
	}
	return rec, nil
}

// sql reads lines up to an empty one or ----.
func (r *reader) sql() string {
	first := r.i
	for r.i < len(r.lines) && strings.TrimSpace(r.lines[r.i]) != "" && r.lines[r.i] != "----" {
		r.i++
	}
	return strings.Join(r.lines[first:r.i], "\n")
}

// answer reads the lines below ---- up to an empty one.
func (r *reader) answer() (lines []string, found bool) {
	if r.i >= len(r.lines) || r.lines[r.i] != "----" {
		return nil, false
	}
	r.i++
	first := r.i
	for r.i < len(r.lines) && r.lines[r.i] != "" {
		r.i++
	}
	return r.lines[first:r.i], true
}

// parseStatement reads ok, count N, or error SQLSTATE [@position] [regex].
func (r *record) parseStatement(rest string) error {
	words := strings.Fields(rest)
	switch {
	case rest == "ok":
		return nil
	case len(words) == 2 && words[0] == "count":
		var err error
		r.count, err = strconv.Atoi(words[1])
		return err
	case len(words) > 1 && words[0] == "error":
		return r.parseError(words[1:])
	}
	return fmt.Errorf("statement %q", rest)
}

func (r *record) parseError(words []string) error {
	r.fails = true
	r.code = words[0]
	if len(r.code) != 5 {
		return fmt.Errorf("%q is no SQLSTATE", r.code)
	}
	words = words[1:]
	if len(words) > 0 && strings.HasPrefix(words[0], "@") {
		pos, err := strconv.Atoi(words[0][1:])
		if err != nil {
			return err
		}
		r.pos, words = pos, words[1:]
	}
	if len(words) == 0 {
		return nil
	}
	var err error
	r.match, err = regexp.Compile(strings.Join(words, " "))
	return err
}

// parseQuery reads [types] [sort mode] [label].
func (r *record) parseQuery(rest string) {
	r.kind, r.sort = kindQuery, "nosort"
	for i, word := range strings.Fields(rest) {
		switch {
		case word == "nosort", word == "rowsort", word == "valuesort":
			r.sort = word
		case i == 0:
			r.types = word
		default:
			r.label = word
		}
	}
}
