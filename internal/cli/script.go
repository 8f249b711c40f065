package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"driftdb/internal/dberr"
	"driftdb/sqlvec"
	"driftdb/sqlvec/parse"
)

// source is a place statements come from.
type source struct {
	text string // the statements, when file is ""
	file string // "-" is standard input
}

// sourceFlag collects -e and -f in the order they are given.
type sourceFlag struct {
	all  *[]source
	file bool
}

// String is empty: there is no default.
func (s sourceFlag) String() string { return "" }

// Type names the kind of value in help.
func (s sourceFlag) Type() string {
	if s.file {
		return "file"
	}
	return "sql"
}

// Set adds a source.
func (s sourceFlag) Set(value string) error {
	if s.file {
		*s.all = append(*s.all, source{file: value})
	} else {
		*s.all = append(*s.all, source{text: value})
	}
	return nil
}

// script runs statements in one session, one after another.
type script struct {
	std     streams
	session *sqlvec.Session
	out     *output
	dir     string // of the database
	timing  bool
	tags    bool // command tags go to standard error
	color   bool // errors may have colours
	vars    variables
	bar     *statementBar
	// command runs a line that begins with a backslash; left reports whether one said to leave.
	command func(ctx context.Context, part typedPart) error
	left    func() bool
	lastErr error // for \errverbose
	// interactive says that a person types, and tag is what the last statement that went well did.
	interactive bool
	tag         string
	blocks      []ifBlock // of \if, the innermost last
	file        string    // that is being read, for \ir
	// behind are the lines behind a command of a script, for \copy; nil where there are none.
	behind func() (string, error)
}

// runSource runs all statements of a source and stops at the first error.
func (s *script) runSource(ctx context.Context, src source) error {
	switch src.file {
	case "":
		return s.runReader(ctx, strings.NewReader(src.text), "", false)
	case "-":
		s.out.flush = s.out.flush || isConversation(s.std.in)
		return s.runReader(ctx, s.std.in, "", true)
	}
	f, err := os.Open(src.file)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return &os.PathError{Op: "read", Path: src.file, Err: errors.New("is a directory")}
	}
	return s.runReader(ctx, f, src.file, true)
}

// isConversation reports whether statements come from a pipe or a person, who may wait for an answer
// before the next one.
func isConversation(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && !info.Mode().IsRegular()
}

// copyInput is what COPY … FROM STDIN reads: the lines that follow the statement where it stands in
// a script, standard input where it was given with -e.
func (s *script) copyInput(split *parse.Splitter, inline bool) io.Reader {
	if inline {
		return &copyData{next: linesBehind(split)}
	}
	return s.std.in
}

// runReader runs the statements of r. inline says that the data of a COPY follow its statement.
func (s *script) runReader(ctx context.Context, r io.Reader, file string, inline bool) error {
	lines := &commandLines{r: withoutMark(r), skipping: s.skipping}
	split := parse.NewSplitter(lines)
	lines.isCommand = func() bool { return !split.Pending() }
	depth := len(s.blocks)
	lines.run = func(line string) error {
		err := s.command(ctx, typedPart{command: line})
		if err != nil {
			err = placed(err, lines.line, file)
		}
		return s.goesOn(err)
	}
	defer func(file string, behind func() (string, error)) { s.file, s.behind = file, behind }(s.file, s.behind)
	s.file, s.behind = file, nil
	if inline {
		s.behind = lines.next
	}
	for {
		lines.data = false
		s.session.SetCopy(s.copyInput(split, inline), s.out.w)
		piece, err := split.Next()
		if lines.failed != nil {
			return lines.failed
		}
		if s.left() {
			return nil
		}
		if err == io.EOF {
			return s.unfinished(depth)
		}
		if err == nil {
			lines.data = true
			err = s.runPart(ctx, piece, lines.behind())
		}
		if err != nil {
			if err = s.goesOn(s.failed(err, s.vars.expand(piece.Text), max(piece.Line, 1), file)); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return dberr.New(dberr.QueryCanceled, "canceling statement due to user request")
		}
	}
}

// runPart runs a statement, or the command that stands behind it.
func (s *script) runPart(ctx context.Context, piece parse.Piece, command string) error {
	switch {
	case s.skipping():
		return nil
	case command != "":
		return s.command(ctx, typedPart{sql: piece.Text, command: command})
	}
	return s.runPiece(ctx, piece)
}

// placed is an error of a command with the line of the script that it stands on.
func placed(err error, line int, file string) error {
	var in *statementError
	if errors.As(err, &in) {
		return &statementError{err: in.err, text: in.text, line: line, file: file}
	}
	return &statementError{err: err, line: line, file: file}
}

// withoutMark skips the byte order mark that some editors put at the beginning of UTF-8 files.
func withoutMark(r io.Reader) *bufio.Reader {
	const mark = "\xef\xbb\xbf"
	buffered := bufio.NewReaderSize(r, 64<<10)
	if first, _ := buffered.Peek(1); len(first) == 1 && first[0] == mark[0] {
		if all, _ := buffered.Peek(len(mark)); string(all) == mark {
			buffered.Discard(len(mark))
		}
	}
	return buffered
}

// runPiece runs one statement and writes its result.
func (s *script) runPiece(ctx context.Context, piece parse.Piece) error {
	begin := time.Now()
	s.bar = newStatementBar(s.std.err)
	guarded := s.guard(ctx)
	s.tag = ""
	err := s.session.Run(sqlvec.WithProgress(ctx, s.bar.counts), s.vars.expand(piece.Text), s.result)
	s.bar.done()
	if guarded {
		s.unguard(ctx, err)
	}
	s.noteOutcome(err)
	if s.timing {
		fmt.Fprintln(s.std.err, timed(time.Since(begin)))
	}
	return err
}

func (s *script) result(r *sqlvec.Result) error {
	for _, n := range r.Notices {
		s.bar.hide()
		fmt.Fprintf(s.std.err, "%s:  %s\n", n.Severity, n.Message)
		if n.Detail != "" {
			fmt.Fprintf(s.std.err, "DETAIL:  %s\n", n.Detail)
		}
	}
	if r.HasRows() {
		s.out.opts.Types = s.session.Zone()
		s.out.first = s.bar.hide
		err := s.out.write(r)
		s.tag = r.Tag()
		return err
	}
	s.tag = r.Tag()
	s.bar.hide()
	if s.tags && r.Tag() != "" {
		fmt.Fprintln(s.std.err, r.Tag())
	}
	return nil
}
