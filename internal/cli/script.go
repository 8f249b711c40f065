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
	timing  bool
	tags    bool // command tags go to standard error
}

// runSource runs all statements of a source and stops at the first error.
func (s *script) runSource(ctx context.Context, src source) error {
	switch src.file {
	case "":
		return s.runReader(ctx, strings.NewReader(src.text), "")
	case "-":
		s.out.flush = s.out.flush || isConversation(s.std.in)
		return s.runReader(ctx, s.std.in, "")
	}
	f, err := os.Open(src.file)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return &os.PathError{Op: "read", Path: src.file, Err: errors.New("is a directory")}
	}
	return s.runReader(ctx, f, src.file)
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

func (s *script) runReader(ctx context.Context, r io.Reader, file string) error {
	split := parse.NewSplitter(withoutMark(r))
	for {
		piece, err := split.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = s.runPiece(ctx, piece)
		}
		if err != nil {
			return &statementError{err: err, text: piece.Text, line: max(piece.Line, 1), file: file}
		}
		if ctx.Err() != nil {
			return dberr.New(dberr.QueryCanceled, "canceling statement due to user request")
		}
	}
}

// withoutMark skips the byte order mark that some editors put at the beginning of UTF-8 files.
func withoutMark(r io.Reader) io.Reader {
	const mark = "\xef\xbb\xbf"
	buffered := bufio.NewReader(r)
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
	err := s.session.Run(ctx, piece.Text, s.result)
	if s.timing {
		fmt.Fprintf(s.std.err, "Time: %.3f ms\n", float64(time.Since(begin).Microseconds())/1000)
	}
	return err
}

func (s *script) result(r *sqlvec.Result) error {
	for _, n := range r.Notices {
		fmt.Fprintf(s.std.err, "%s:  %s\n", n.Severity, n.Message)
		if n.Detail != "" {
			fmt.Fprintf(s.std.err, "DETAIL:  %s\n", n.Detail)
		}
	}
	if r.HasRows() {
		s.out.types = s.session.Zone()
		return s.out.write(r)
	}
	if s.tags && r.Tag() != "" {
		fmt.Fprintln(s.std.err, r.Tag())
	}
	return nil
}
