package rowtext

import (
	"bufio"
	"strings"

	"driftdb/internal/dberr"
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
	// Null is what table and vertical show for NULL.
	Null string
	// Width is how many terminal columns a line of a table may take; longer text is cut, and
	// a table that cannot fit is written as vertical. 0 means no limit.
	Width int
	// Tall writes a table wider than Width as vertical instead of cutting its text.
	Tall bool
	// Bare leaves out the header and the number of rows of a table.
	Bare bool
	// NoFooter leaves out the number of rows.
	NoFooter bool
	// Lines draws a table with box characters instead of ASCII.
	Lines bool
	// Bold writes the names of columns in bold, for a terminal.
	Bold bool
}

// forms makes the writer of each form.
var forms = map[string]func(w *bufio.Writer, o Options) Writer{
	"table":    func(w *bufio.Writer, o Options) Writer { return newTable(w, o) },
	"vertical": func(w *bufio.Writer, o Options) Writer { return newVertical(w, o) },
	"json":     func(w *bufio.Writer, o Options) Writer { return &jsonRows{w: w, ctx: o.Types, array: true} },
	"ndjson":   func(w *bufio.Writer, o Options) Writer { return &jsonRows{w: w, ctx: o.Types} },
	"csv":      func(w *bufio.Writer, o Options) Writer { return &separated{w: w, ctx: o.Types, style: csvStyle} },
	"tsv":      func(w *bufio.Writer, o Options) Writer { return &separated{w: w, ctx: o.Types, style: tsvStyle} },
	"markdown": func(w *bufio.Writer, o Options) Writer {
		return &separated{w: w, ctx: o.Types, style: markdownStyle}
	},
	"chart": func(w *bufio.Writer, o Options) Writer { return &chart{w: w, opts: o} },
}

// Names lists the forms, for help and messages.
func Names() []string {
	return []string{"table", "json", "ndjson", "csv", "tsv", "markdown", "vertical", "chart"}
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
