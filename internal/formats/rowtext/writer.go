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

// forms makes the writer of each form.
var forms = map[string]func(w *bufio.Writer, ctx types.Context) Writer{
	"table":    func(w *bufio.Writer, ctx types.Context) Writer { return &table{w: w, pending: cells{ctx: ctx}} },
	"vertical": func(w *bufio.Writer, ctx types.Context) Writer { return &vertical{w: w, cells: cells{ctx: ctx}} },
	"json":     func(w *bufio.Writer, ctx types.Context) Writer { return &jsonRows{w: w, ctx: ctx, array: true} },
	"ndjson":   func(w *bufio.Writer, ctx types.Context) Writer { return &jsonRows{w: w, ctx: ctx} },
	"csv":      func(w *bufio.Writer, ctx types.Context) Writer { return &separated{w: w, ctx: ctx, style: csvStyle} },
	"tsv":      func(w *bufio.Writer, ctx types.Context) Writer { return &separated{w: w, ctx: ctx, style: tsvStyle} },
	"markdown": func(w *bufio.Writer, ctx types.Context) Writer {
		return &separated{w: w, ctx: ctx, style: markdownStyle}
	},
}

// Names lists the forms, for help and messages.
func Names() []string {
	return []string{"table", "json", "ndjson", "csv", "tsv", "markdown", "vertical"}
}

// New returns a writer of the named form on w, or an error with SQLSTATE 22023. ctx has the time zone
// that TIMESTAMP WITH TIME ZONE is written in.
func New(form string, w *bufio.Writer, ctx types.Context) (Writer, error) {
	if f, ok := forms[form]; ok {
		return f(w, ctx), nil
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
