package rowtext

import (
	"bufio"
	"math/bits"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/fork"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Column is a column of a result.
type Column struct {
	Name string
	Type types.Type
}

// Writer writes results in one form. See the package comment.
type Writer interface {
	// Begin starts a result with the given columns.
	Begin(cols []Column) error
	// Write adds the selected rows of a batch, whose columns are those of Begin.
	Write(b *vec.Batch) error
	// End finishes the result.
	End() error
}

// Options say how results are written. The zero value writes as psql does.
type Options struct {
	// Types has the time zone that TIMESTAMP WITH TIME ZONE is written in.
	Types types.Context
	// Null is what table, vertical, unaligned, html, latex and asciidoc show for NULL.
	Null string
	// Width is how many terminal columns a line of table or wrapped may take; longer text is cut, or goes on
	// below, and a table that cannot fit is written as vertical. 0 means no limit.
	Width int
	// Tall writes a table wider than Width as vertical instead of cutting its text.
	Tall bool
	// Bare leaves out the header, the title and the number of rows of all forms but json, ndjson, markdown and chart.
	Bare bool
	// NoFooter leaves out the number of rows.
	NoFooter bool
	// Lines draws a table with box characters instead of ASCII; Double says which of its lines are doubled.
	Lines  bool
	Double Double
	// Border is where a table has lines.
	Border Border
	// Title stands above table, vertical, unaligned, html, latex and asciidoc.
	Title string
	// TableAttr are attributes of the table of html.
	TableAttr string
	// Group puts commas between the thousands of numbers, but for JSON, tsv and markdown.
	Group bool
	// Expanded writes a line a column: table as vertical; unaligned, html, latex, asciidoc and csv in their own way.
	Expanded bool
	// Field and Record stand between fields and records of unaligned; "" are a bar and a line break.
	Field, Record string
	// Comma stands between the fields of csv; 0 is a comma.
	Comma byte
	// Workers is how many goroutines write the lines of forms that need not know all rows; 0 means the caller's alone.
	Workers int
	// Bold writes the names of columns in bold, for a terminal.
	Bold bool
}

// Border is where a table has lines, as psql counts it, less one.
type Border int

// The borders of table and vertical. A greater one is meant for html, and for latex, which has lines between rows.
const (
	NoBorder Border = iota - 1
	Between         // columns
	Around          // the table, too
)

// forms makes the writer of each form.
var forms = map[string]func(w *bufio.Writer, o Options) Writer{
	"table": func(w *bufio.Writer, o Options) Writer {
		if o.Expanded {
			return newVertical(w, o)
		}
		return newTable(w, o)
	},
	"wrapped": func(w *bufio.Writer, o Options) Writer {
		if o.Expanded {
			return newVertical(w, o)
		}
		return newWrapped(w, o)
	},
	"vertical": func(w *bufio.Writer, o Options) Writer { return newVertical(w, o) },
	"json":     func(w *bufio.Writer, o Options) Writer { return &jsonRows{lines: newLines(w, o), array: true} },
	"ndjson":   func(w *bufio.Writer, o Options) Writer { return &jsonRows{lines: newLines(w, o)} },
	"csv": func(w *bufio.Writer, o Options) Writer {
		l := newLines(w, o)
		l.group = o.Group
		return &separated{lines: l, style: csvOf(o.Comma), bare: o.Bare, expanded: o.Expanded}
	},
	"tsv": func(w *bufio.Writer, o Options) Writer {
		return &separated{lines: newLines(w, o), style: tsvStyle, bare: o.Bare}
	},
	"markdown": func(w *bufio.Writer, o Options) Writer {
		return &separated{lines: newLines(w, o), style: markdownStyle}
	},
	"unaligned": func(w *bufio.Writer, o Options) Writer { return newUnaligned(w, o) },
	"html":      func(w *bufio.Writer, o Options) Writer { return &html{marked: newMarked(w, o)} },
	"latex":     func(w *bufio.Writer, o Options) Writer { return &latex{marked: newMarked(w, o)} },
	"asciidoc":  func(w *bufio.Writer, o Options) Writer { return &asciidoc{marked: newMarked(w, o)} },
	"chart":     func(w *bufio.Writer, o Options) Writer { return &chart{w: w, opts: o} },
}

// Names lists the forms, for help and messages.
func Names() []string {
	return []string{"table", "json", "ndjson", "csv", "tsv", "markdown", "vertical", "unaligned", "wrapped", "html", "latex", "asciidoc", "chart"}
}

// New returns a writer of the named form on w, or an error with SQLSTATE 22023. ctx has the time zone
// that TIMESTAMP WITH TIME ZONE is written in.
func New(form string, w *bufio.Writer, ctx types.Context) (Writer, error) {
	return NewWith(form, w, Options{Types: ctx})
}

// NewWith is New with options.
func NewWith(form string, w *bufio.Writer, o Options) (Writer, error) {
	if f, ok := forms[form]; ok {
		return f(w, o), nil
	}
	return nil, dberr.Newf(dberr.InvalidParameterValue, "unknown output format %q", form).
		WithHint("The formats are %s.", strings.Join(Names(), ", "))
}

// pieceRows is how many rows of a batch a goroutine writes at a time.
const pieceRows = 512

// lines writes forms of which every row is text of its own.
type lines struct {
	w       *bufio.Writer
	ctx     types.Context
	workers int
	group   bool     // commas between thousands
	pieces  [][]byte // reused
}

func newLines(w *bufio.Writer, o Options) lines { return lines{w: w, ctx: o.Types, workers: o.Workers} }

// each writes the text that row appends for every selected row of b. Pieces of a batch are made at the
// same time, and written in order.
func (l *lines) each(b *vec.Batch, row func(dst []byte, row int) []byte) error {
	n := (b.N + pieceRows - 1) / pieceRows
	for len(l.pieces) < n {
		l.pieces = append(l.pieces, nil)
	}
	err := fork.Each(l.workers, n, func(k int) error {
		dst := l.pieces[k][:0]
		for i := k * pieceRows; i < min(b.N, (k+1)*pieceRows); i++ {
			if b.Sel == nil || b.Sel[i>>6]>>(uint(i)&63)&1 != 0 {
				dst = row(dst, i)
			}
		}
		l.pieces[k] = dst
		return nil
	})
	for k := 0; err == nil && k < n; k++ {
		_, err = l.w.Write(l.pieces[k])
	}
	return err
}

// firstRow is the first selected row of b, -1 when there is none.
func firstRow(b *vec.Batch) int {
	if b.Sel == nil {
		return min(b.N, 1) - 1
	}
	for w, word := range b.Sel {
		if word != 0 {
			return w*64 + bits.TrailingZeros64(word)
		}
	}
	return -1
}

// eachRow calls fn for every selected row of b, in order, until fn fails.
func eachRow(b *vec.Batch, fn func(row int) error) error {
	for i := range b.N {
		if b.Sel != nil && b.Sel[i>>6]>>(uint(i)&63)&1 == 0 {
			continue
		}
		if err := fn(i); err != nil {
			return err
		}
	}
	return nil
}
