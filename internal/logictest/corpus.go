package logictest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"driftdb/internal/dberr"
)

// Corpus is SQLite's public collection of SQL files, millions of queries whose answers
// several databases agreed on. Its records differ from ours: errors have no SQLSTATE,
// the letters of a query say how to print its values, and skipif and onlyif name the
// databases of its time. An engine runs what is meant for PostgreSQL.
type Corpus struct {
	Dir     string // the folder with the *.test files, at any depth
	Queries int    // how many queries to ask, spread evenly over all files; 0 for all
	Setup   string // SQL that each session begins with, or ""
}

// Misses counts what a corpus asked and what was not answered as expected.
type Misses struct {
	Files, Statements, Queries int
	Wrong                      []Miss
}

// Miss is one record that went wrong.
type Miss struct {
	Query      bool   // a query, not a statement
	Where, SQL string // file and line; the statement
	Reason     string // an error with its SQLSTATE, or what differs
}

// Run runs the corpus, each file on an engine of its own.
func (c Corpus) Run(ctx context.Context, open func() (Engine, error)) (Misses, error) {
	var m Misses
	files, err := c.files()
	if err != nil {
		return m, err
	}
	for _, f := range files {
		e, err := open()
		if err != nil {
			return m, err
		}
		err = m.file(ctx, c, f, e)
		if err := errors.Join(err, e.Close()); err != nil {
			return m, fmt.Errorf("%s: %w", f.path, err)
		}
	}
	return m, nil
}

// corpusFile is a file and which of its queries to ask.
type corpusFile struct {
	path    string
	queries int
	every   int // ask every so manieth
}

// files finds the files, counts their queries and shares out what to ask.
func (c Corpus) files() ([]corpusFile, error) {
	var list []corpusFile
	err := filepath.WalkDir(c.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".test" {
			return err
		}
		n := 0
		err = corpusRecords(path, func(r *corpusRecord) error {
			if r.query {
				n++
			}
			return nil
		})
		list = append(list, corpusFile{path: path, queries: n, every: 1})
		return err
	})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no *.test files in %s", c.Dir)
	}
	if c.Queries == 0 {
		return list, err
	}
	// Small files first: what they leave of their share goes to the larger ones.
	slices.SortFunc(list, func(a, b corpusFile) int { return a.queries - b.queries })
	left := c.Queries
	for i := range list {
		share := max(left/(len(list)-i), 1)
		list[i].every = max((list[i].queries+share-1)/share, 1)
		left -= list[i].queries / list[i].every
	}
	return list, err
}

// corpusRecord is a statement or a query.
type corpusRecord struct {
	line     int
	query    bool
	fails    bool
	letters  string
	sort     string
	sql      string
	expected []string
	halt     bool
}

// corpusRecords hands the records of a file that are for PostgreSQL to visit.
func corpusRecords(path string, visit func(*corpusRecord) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 16<<20)
	line := 0
	var block []string
	flush := func() error {
		defer func() { block = block[:0] }()
		r := parseCorpus(block)
		if r == nil {
			return nil
		}
		r.line = line - len(block)
		if r.halt {
			return io.EOF
		}
		return visit(r)
	}
	for in.Scan() {
		line++
		if text := strings.TrimSuffix(in.Text(), "\r"); text != "" {
			block = append(block, text)
			continue
		}
		if err := flush(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
	if err := flush(); err != nil && err != io.EOF {
		return err
	}
	return in.Err()
}

// parseCorpus parses the lines between two empty ones. It returns nil for what is not
// for PostgreSQL and for what is no record.
func parseCorpus(block []string) *corpusRecord {
	skip := false
	for i, text := range block {
		words := strings.Fields(text)
		if len(words) == 0 || strings.HasPrefix(text, "#") {
			continue
		}
		switch {
		case words[0] == "skipif" && len(words) > 1:
			skip = skip || words[1] == "postgresql"
		case words[0] == "onlyif" && len(words) > 1:
			skip = skip || words[1] != "postgresql"
		case skip:
			return nil
		case words[0] == "halt":
			return &corpusRecord{halt: true}
		case words[0] == "statement":
			return &corpusRecord{fails: len(words) > 1 && words[1] == "error", sql: strings.Join(block[i+1:], "\n")}
		case words[0] == "query" && len(words) > 1:
			return parseCorpusQuery(words, block[i+1:])
		default:
			return nil
		}
	}
	return nil
}

func parseCorpusQuery(words, rest []string) *corpusRecord {
	r := &corpusRecord{query: true, letters: words[1], sort: "nosort"}
	if len(words) > 2 {
		r.sort = words[2]
	}
	n := slices.Index(rest, "----")
	if n < 0 {
		n = len(rest)
	} else {
		r.expected = rest[n+1:]
	}
	r.sql = strings.Join(rest[:n], "\n")
	return r
}

// file runs one file.
func (m *Misses) file(ctx context.Context, c Corpus, f corpusFile, e Engine) error {
	conn, err := e.Connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if c.Setup != "" {
		if _, err := conn.Exec(ctx, c.Setup); err != nil {
			return err
		}
	}
	m.Files++
	n := 0
	return corpusRecords(f.path, func(r *corpusRecord) error {
		if r.query {
			if n++; n%f.every != 0 {
				return ctx.Err()
			}
			m.Queries++
		} else {
			m.Statements++
		}
		res, err := conn.Exec(ctx, r.sql)
		if reason := r.judge(res, err); reason != "" {
			name, _ := filepath.Rel(c.Dir, f.path)
			m.Wrong = append(m.Wrong, Miss{r.query, fmt.Sprintf("%s:%d", name, r.line), r.sql, reason})
		}
		return ctx.Err()
	})
}

// judge says what is wrong with an answer, or nothing.
func (r *corpusRecord) judge(res []Result, err error) string {
	switch {
	case err != nil && !r.fails:
		return dberr.CodeOf(err) + " " + err.Error()
	case err == nil && r.fails:
		return "succeeded, an error is expected"
	case err != nil || !r.query:
		return ""
	case len(res) == 0 || len(res[0].Columns) != len(r.letters):
		return "answered another number of columns"
	}
	rows := render(r.printed(&res[0]), r.sort)
	if err := compare(r.expected, rows, r.sort); err != nil {
		return err.Error()
	}
	return ""
}

// printed prints the values of a result as the letters say: I as an integer, cut off
// towards zero, R with three decimals, and in T what is not printable as @.
func (r *corpusRecord) printed(res *Result) *Result {
	out := &Result{Columns: res.Columns, Nulls: res.Nulls, Rows: make([][]string, len(res.Rows))}
	for i, row := range res.Rows {
		out.Rows[i] = make([]string, len(row))
		for c, v := range row {
			if !res.null(i, c) {
				out.Rows[i][c] = printed(v, r.letters[c])
			}
		}
	}
	return out
}

func printed(v string, letter byte) string {
	if v == "t" || v == "f" {
		if letter != 'T' {
			return map[string]string{"t": "1", "f": "0"}[v]
		}
		return v
	}
	switch letter {
	case 'I':
		if _, err := strconv.ParseInt(v, 10, 64); err == nil {
			return v
		}
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return "0"
		}
		return strconv.FormatInt(int64(f), 10)
	case 'R':
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return v
		}
		return strconv.FormatFloat(f, 'f', 3, 64)
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '@'
		}
		return c
	}, v)
}
