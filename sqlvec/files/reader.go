package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// reader is one open file of some format.
type reader interface {
	// columns are the file's columns. Those with the zero type cannot be read.
	columns() []Column
	// units are the parts that can be read independently; rows is -1 when not known.
	units() int
	rows(unit int) int64
	// excludes reports whether no row of a unit can match the filters, whose columns are numbers of
	// the file's.
	excludes(unit int, filters []colstore.Filter) bool
	// read starts to read a unit: the columns of the given numbers, as the given types where
	// the file has no types of its own.
	read(ctx context.Context, unit int, cols []int, as []types.Type) (batches, error)
	close()
}

// batches are the rows of a unit. A batch is valid until the next.
type batches interface {
	next() (*vec.Batch, error) // io.EOF after the last
	close()
}

// openReader opens a file.
func openReader(ctx context.Context, path string, opts *Options) (r reader, err error) {
	format, err := opts.format(path)
	if err != nil {
		return nil, err
	}
	f, size, err := openFile(ctx, path, opts.streams)
	if err != nil {
		return nil, err
	}
	if r, err = readerOf(ctx, f, size, format, opts); err != nil {
		f.Close()
		return nil, inFile(err, path)
	}
	return r, nil
}

// readerOf reads an open file.
func readerOf(ctx context.Context, f vfs.File, size int64, format Format, opts *Options) (reader, error) {
	switch format {
	case Parquet:
		return openParquet(f, size)
	case Arrow:
		return openArrow(f, size)
	}
	return openText(ctx, f, size, format, opts)
}

// openFile opens a file for reading. pipes keeps what streams give, for a file that is opened again; nil forgets it.
func openFile(ctx context.Context, path string, pipes *streams) (vfs.File, int64, error) {
	info, err := vfs.OS.Stat(path)
	if err == nil && info.IsDir {
		return nil, 0, dberr.Newf(dberr.WrongObjectType, "could not open file \"%s\" for reading: it is a directory", path)
	}
	var f vfs.File
	switch {
	case err != nil:
	case info.Special:
		f, err = pipes.open(ctx, path)
	default:
		f, err = vfs.OS.Open(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, dberr.Newf(dberr.UndefinedFile, "could not open file \"%s\" for reading: No such file or directory", path)
	case errors.Is(err, fs.ErrPermission):
		return nil, 0, dberr.Newf(dberr.InsufficientPrivilege, "could not open file \"%s\" for reading: Permission denied", path)
	case err != nil:
		return nil, 0, vfs.Wrap("open "+path, err)
	}
	size, err := f.Size()
	if err != nil {
		f.Close()
		return nil, 0, vfs.Wrap("open "+path, err)
	}
	return f, size, nil
}

// inFile is an error that says which file, and which line and column of it, it is about.
func inFile(err error, path string) error {
	var e *dberr.Error
	if !errors.As(err, &e) || e.File != "" {
		return err
	}
	c := *e
	where := path
	if e.Line > 0 {
		where += fmt.Sprintf(", line %d", e.Line)
		if e.Column != "" {
			where += ", column " + e.Column
		}
	}
	c.Message = where + ": " + e.Message
	return &c
}
