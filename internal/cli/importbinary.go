package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/formats/textin"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
	"driftdb/sqlvec/files"
)

// binaryFormats are the formats of import that have columns with types of their own.
var binaryFormats = []string{"parquet", "arrow"}

// loadBinary loads a Parquet or Arrow file in one transaction. Columns that have the types of the table's go
// there as they are; others are inserted by a statement, which converts them.
func (l *loader) loadBinary(ctx context.Context) (rows int64, err error) {
	if err := l.lookUp(); err != nil {
		return 0, err
	}
	file, remove, err := l.flags.onDisk(l.std)
	if err != nil {
		return 0, err
	}
	defer remove()
	source, err := files.Open(ctx, []string{literalPath(file)}, files.Options{Format: files.Format(l.flags.format), Hive: files.Never})
	if err != nil {
		return 0, err
	}
	plan, err := l.planBinary(source)
	if err != nil {
		return 0, err
	}
	statements, err := l.definitions(plan)
	if err != nil {
		return 0, err
	}
	session := l.db.Session()
	defer session.Close() // rolls back what is not committed
	for _, sql := range append(l.flags.begin(), statements...) {
		if err := session.Run(ctx, sql, ignoreResult); err != nil {
			return 0, withoutPlace(err)
		}
	}
	if l.sameTypes(plan) {
		rows, err = l.loadAsIs(ctx, session, source, plan)
	} else {
		rows, err = l.insert(ctx, session, file, plan)
	}
	if err != nil {
		return 0, err
	}
	return rows, session.Run(ctx, "COMMIT", ignoreResult)
}

// sameTypes reports whether the values of all columns are stored as they come. A text of any length is one.
func (l *loader) sameTypes(p layout) bool {
	anyText := func(t types.Type) bool { return t.ID == types.Text || t.ID == types.Varchar && t.Len == 0 }
	for i, c := range p.cols {
		if l.table == nil {
			continue // it was made of them
		}
		have, ok := l.table.ColumnByName(p.names[i])
		if !ok || have.Generated != "" || have.Type != c.Type && !(anyText(have.Type) && anyText(c.Type)) {
			return false
		}
	}
	return true
}

// loadAsIs hands the rows of the file to the table.
func (l *loader) loadAsIs(ctx context.Context, session *sqlvec.Session, source *files.Table, p layout) (int64, error) {
	in, err := source.Ordered(ctx)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	bar := newProgress(l.std.err, "import", 0)
	defer bar.done()
	return session.Load(ctx, tableName(l.flags.table), p.names, func() (*vec.Batch, error) {
		b, err := in.Next()
		if err == nil {
			bar.add(int64(b.N), 0)
		}
		return b, err
	})
}

// insert loads the file by a statement.
func (l *loader) insert(ctx context.Context, session *sqlvec.Session, file string, p layout) (rows int64, err error) {
	err = session.Run(ctx, l.insertFrom(file, p), func(r *sqlvec.Result) error {
		rows = r.RowsAffected()
		return nil
	})
	return rows, withoutPlace(err)
}

// withoutPlace is an error without its place in a statement that nobody wrote.
func withoutPlace(err error) error {
	if e, ok := err.(*dberr.Error); ok {
		c := *e
		c.Pos = 0
		return &c
	}
	return err
}

// planBinary matches the file's columns with the table's, by their names.
func (l *loader) planBinary(source *files.Table) (layout, error) {
	var p layout
	for i, c := range source.Columns() {
		if err := source.Nested(i); err != nil {
			return p, err
		}
		name, have := l.columnOf(c.Name)
		if slices.Contains(p.names, name) {
			return p, dberr.Newf(dberr.DuplicateColumn, "column \"%s\" specified more than once", name)
		}
		col := textin.Column{Name: c.Name, Type: c.Type}
		p.cols, p.names = append(p.cols, col), append(p.names, name)
		switch {
		case have != nil:
		case l.table != nil:
			return p, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", c.Name, l.table.Name)
		default:
			p.add = append(p.add, textin.Column{Name: name, Type: c.Type})
		}
	}
	return p, nil
}

// columnOf is the table's name for a column of the file: as it is, or folded to lower case where
// only that is in the table.
func (l *loader) columnOf(name string) (string, *colstore.Column) {
	if l.table == nil {
		return strings.ToLower(name), nil
	}
	return l.column(name)
}

// insertFrom is the statement that loads the file.
func (l *loader) insertFrom(file string, p layout) string {
	into, from := make([]string, len(p.cols)), make([]string, len(p.cols))
	for i, c := range p.cols {
		into[i], from[i] = quoteName(p.names[i]), quoteName(c.Name)
	}
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM read_%s(%s)", quoteTable(l.flags.table), strings.Join(into, ", "),
		strings.Join(from, ", "), l.flags.format, quoteText(literalPath(file)))
}

// literalPath is a path as a pattern that only it matches.
func literalPath(path string) string {
	return strings.NewReplacer("*", `[*]`, "?", `[?]`, "[", `[[]`).Replace(path)
}

// onDisk returns the file to load; standard input, of which the end must be read first, is kept in
// a temporary file until remove is called.
func (f *importFlags) onDisk(std streams) (name string, remove func(), err error) {
	in, _, again, err := f.openInput(std)
	if err != nil {
		return "", nil, err
	}
	defer in.Close()
	if again {
		return f.file, func() {}, nil
	}
	temp, err := os.CreateTemp("", "driftdb-import-*")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.Remove(temp.Name()) }
	if _, err = io.Copy(temp, in); err == nil {
		err = temp.Close()
	} else {
		temp.Close()
	}
	if err != nil {
		remove()
		return "", nil, err
	}
	return temp.Name(), remove, nil
}
