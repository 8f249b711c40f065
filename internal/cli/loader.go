package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/formats/textin"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

// loader loads one file into one table.
type loader struct {
	flags *importFlags
	opts  textin.Options
	db    *sqlvec.DB
	std   streams
	table *colstore.Table // nil when it is to be made

	rejects *rejects // with --on-error skip
}

// layout is what a file's columns are taken for.
type layout struct {
	cols  []textin.Column // of the file, in its order, with the types they are read as
	names []string        // the table's names of cols
	add   []textin.Column // those that the table lacks
}

// load loads the file and returns the number of its rows. It guesses the columns from the file's
// beginning; when a later line does not fit the guess, it looks at the whole file and starts again.
func (l *loader) load(ctx context.Context) (int64, error) {
	if err := l.lookUp(); err != nil {
		return 0, err
	}
	if l.opts.Skip && l.opts.Format == textin.NDJSON && l.flags.file != "-" {
		return l.loadKnown(ctx) // a member that comes late is a column, not an error
	}
	rows, again, err := l.attempt(ctx, nil)
	if err == nil || !l.surprised(err) {
		return rows, err
	}
	if !again {
		return 0, withHint(err, "The columns were guessed from the beginning of the input. Load from a file, or make the table first.")
	}
	return l.loadKnown(ctx)
}

// loadKnown loads the file with columns that are found by reading all of it first.
func (l *loader) loadKnown(ctx context.Context) (int64, error) {
	cols, err := l.infer(ctx)
	if err != nil {
		return 0, err
	}
	if l.rejects != nil {
		if err := l.rejects.restart(); err != nil {
			return 0, err
		}
	}
	rows, _, err := l.attempt(ctx, cols)
	return rows, err
}

// withHint adds a hint to a user error that has none.
func withHint(err error, hint string) error {
	var e *dberr.Error
	if errors.As(err, &e) && e.Hint == "" {
		return e.WithHint("%s", hint)
	}
	return err
}

// lookUp finds the table, unless it is to be made.
func (l *loader) lookUp() error {
	if l.flags.create {
		return nil
	}
	view := l.db.Store().View()
	defer view.Release()
	var err error
	l.table, err = view.Table(tableName(l.flags.table))
	if dberr.CodeOf(err) == dberr.UndefinedTable {
		return withHint(err, "With --create the table is made.")
	}
	return err
}

// surprised reports whether an error about a line may come from a wrong guess.
func (l *loader) surprised(err error) bool {
	var e *dberr.Error
	if !errors.As(err, &e) || e.Line == 0 || e.Column == "" {
		return false
	}
	switch e.Code {
	case dberr.UndefinedColumn:
		return l.opts.Format == textin.NDJSON
	case dberr.InvalidTextRepresentation, dberr.NumericValueOutOfRange, dberr.InvalidDatetimeFormat, dberr.DatetimeFieldOverflow:
		return l.table == nil || !slices.Contains(columnNames(l.table, l.table.ColumnIDs()), e.Column)
	}
	return false
}

// infer finds the columns from the whole file.
func (l *loader) infer(ctx context.Context) ([]textin.Column, error) {
	in, _, _, err := l.flags.openInput(l.std)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	f, err := textin.Open(in, l.opts)
	if err != nil {
		return nil, err
	}
	return f.Infer(ctx)
}

// attempt loads the file with the given columns, or guessed ones, in one transaction. again says
// whether it could be done once more.
func (l *loader) attempt(ctx context.Context, cols []textin.Column) (rows int64, again bool, err error) {
	in, size, again, err := l.flags.openInput(l.std)
	if err != nil {
		return 0, again, err
	}
	defer in.Close()
	f, err := textin.Open(in, l.opts)
	if err != nil {
		return 0, again, err
	}
	defer f.Close()
	if cols == nil {
		cols = f.GuessSome(l.unknown)
	}
	plan, err := l.plan(cols)
	if err != nil {
		return 0, again, err
	}
	rows, err = l.transaction(ctx, f, plan, newProgress(l.std.err, "import", size))
	if err != nil && again {
		err = l.locate(ctx, err, plan)
	}
	return rows, again, err
}

// plan matches the file's columns with the table's.
func (l *loader) plan(cols []textin.Column) (layout, error) {
	if l.table != nil && l.opts.NoHeader && l.opts.Format != textin.NDJSON {
		return l.planByPlace(cols)
	}
	p := layout{cols: slices.Clone(cols)}
	for i, c := range cols {
		name, have := l.column(c.Name)
		if slices.Contains(p.names, name) {
			return p, dberr.Newf(dberr.DuplicateColumn, "column \"%s\" specified more than once", name)
		}
		p.names = append(p.names, name)
		switch {
		case have != nil:
			p.cols[i].Type = have.Type
		case l.table != nil && l.opts.Format != textin.NDJSON:
			return p, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", c.Name, l.table.Name).
				WithHint("The names come from the file's first line; --no-header says that it has values.")
		default:
			p.add = append(p.add, textin.Column{Name: name, Type: c.Type})
		}
	}
	return p, nil
}

// unknown reports whether the table does not say what type a column of the file has.
func (l *loader) unknown(name string) bool {
	if l.table != nil && l.opts.NoHeader && l.opts.Format != textin.NDJSON {
		return false
	}
	_, have := l.column(name)
	return have == nil
}

// column returns the table's name for a column of the file, and the column if the table has it.
// Names in headers fold to lower case as in SQL, unless the table has them as they are; members
// of JSON objects never fold.
func (l *loader) column(name string) (string, *colstore.Column) {
	spellings := []string{name, strings.ToLower(name)}
	if l.opts.Format == textin.NDJSON {
		spellings = spellings[:1]
	}
	if l.table != nil {
		for _, s := range spellings {
			if c, ok := l.table.ColumnByName(s); ok {
				return s, c
			}
		}
	}
	return spellings[len(spellings)-1], nil
}

// planByPlace gives a file without header the table's columns in order.
func (l *loader) planByPlace(cols []textin.Column) (layout, error) {
	own := l.table.Shown()
	if len(cols) > len(own) {
		return layout{}, dberr.Newf(dberr.BadCopyFileFormat, "the file has %d columns, table \"%s\" has %d", len(cols), l.table.Name, len(own))
	}
	p := layout{cols: slices.Clone(cols)}
	for i, c := range own[:len(cols)] {
		p.cols[i].Type = c.Type
		p.names = append(p.names, c.Name)
	}
	return p, nil
}

// transaction makes or widens the table and loads the rows. On an error nothing has changed.
func (l *loader) transaction(ctx context.Context, f *textin.File, p layout, bar *progress) (int64, error) {
	defer bar.done()
	statements, err := l.definitions(p)
	if err != nil {
		return 0, err
	}
	session := l.db.Session()
	defer session.Close() // rolls back what is not committed
	for _, sql := range append(l.flags.begin(), statements...) {
		if err := session.Run(ctx, sql, ignoreResult); err != nil {
			return 0, err
		}
	}
	if err := f.Read(ctx, p.cols); err != nil {
		return 0, err
	}
	var last *textin.Batch
	rows, err := session.Load(ctx, tableName(l.flags.table), p.names, func() (*vec.Batch, error) {
		if last != nil {
			bar.add(int64(last.N), int64(last.Bytes))
			last.Release()
		}
		if last, err = f.Next(); err != nil {
			return nil, err
		}
		if l.rejects != nil {
			err = l.rejects.add(last.Rejects)
		}
		return &last.Batch, err
	})
	if err != nil {
		return 0, err
	}
	return rows, session.Run(ctx, "COMMIT", ignoreResult)
}

func ignoreResult(*sqlvec.Result) error { return nil }

// definitions are the statements that make the table, or the columns that it lacks.
func (l *loader) definitions(p layout) ([]string, error) {
	if l.table == nil {
		sql, err := l.flags.createTable(p.add)
		return []string{sql}, err
	}
	var all []string
	for _, c := range p.add {
		all = append(all, "ALTER TABLE "+quoteTable(l.flags.table)+" ADD COLUMN "+quoteName(c.Name)+" "+c.Type.Definition())
	}
	return all, nil
}
