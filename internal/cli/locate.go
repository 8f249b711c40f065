package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/formats/textin"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// locate finds the line that a violated constraint is about, by reading the file once more: the
// table knows rows, not lines. An error that has a line, or is about something else, stays as it is.
func (l *loader) locate(ctx context.Context, err error, p layout) error {
	var e *dberr.Error
	if !errors.As(err, &e) || e.Line > 0 {
		return err
	}
	var guilty func(b *vec.Batch, row int) bool
	nth := 1
	switch e.Code {
	case dberr.NotNullViolation:
		guilty = nullIn(slices.Index(p.names, e.Column))
	case dberr.UniqueViolation:
		guilty, nth = keyIn(p.names, e.Detail), 2
	}
	if guilty == nil {
		return err
	}
	found := *e
	if found.Line = l.find(ctx, p, guilty, nth); found.Line == 0 {
		return err
	}
	return &found
}

// nullIn matches rows with a NULL in a column, -1 for one that the file does not have.
func nullIn(col int) func(b *vec.Batch, row int) bool {
	if col < 0 {
		return nil
	}
	return func(b *vec.Batch, row int) bool { return b.Cols[col].IsNull(row) }
}

// keyIn matches rows with the key that a detail names: Key (a, b)=(1, x) already exists.
func keyIn(names []string, detail string) func(b *vec.Batch, row int) bool {
	columns, rest, ok1 := strings.Cut(strings.TrimPrefix(detail, "Key ("), ")=(")
	end := strings.LastIndex(rest, ")")
	if !ok1 || end < 0 {
		return nil
	}
	var cols []int
	for _, name := range strings.Split(columns, ", ") {
		at := slices.Index(names, name)
		if at < 0 {
			return nil
		}
		cols = append(cols, at)
	}
	key := rest[:end]
	return func(b *vec.Batch, row int) bool {
		parts := make([]string, len(cols))
		for i, c := range cols {
			parts[i] = types.Format(b.Cols[c].Value(row))
		}
		return strings.Join(parts, ", ") == key
	}
}

// find returns the line of the nth row that is guilty, or of the last before that: of a key that
// is twice in the file the second row is wrong, of one that the table had the only row. 0 means none.
func (l *loader) find(ctx context.Context, p layout, guilty func(b *vec.Batch, row int) bool, nth int) (line int) {
	in, _, _, err := l.flags.openInput(l.std)
	if err != nil {
		return 0
	}
	defer in.Close()
	f, err := textin.Open(in, l.opts)
	if err != nil || f.Read(ctx, p.cols) != nil {
		return 0
	}
	defer f.Close()
	for {
		b, err := f.Next()
		if err != nil {
			return line
		}
		for row := range b.N {
			if !guilty(&b.Batch, row) {
				continue
			}
			line = b.Line(row)
			if nth--; nth == 0 {
				return line
			}
		}
		b.Release()
	}
}
