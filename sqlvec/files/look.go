package files

import (
	"context"
	"io"

	"driftdb/internal/dberr"
	"driftdb/internal/formats/parquetio"
	"driftdb/internal/formats/textin"
	"driftdb/internal/vfs"
)

// Match lists the files that paths and patterns name; a pattern that none matches names none.
func Match(paths []string) ([]string, error) {
	var all []string
	for _, p := range paths {
		found, err := expand(p)
		if dberr.CodeOf(err) == dberr.UndefinedFile {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// Exists reports whether there is a file or a directory of a name.
func Exists(path string) bool {
	_, err := vfs.OS.Stat(path)
	return err == nil
}

// maxContent is the most bytes of a file that is one value.
const maxContent = 1 << 30

// Content is a whole file.
type Content struct {
	Path     string
	Bytes    []byte
	Modified int64 // µs since 1970 UTC
}

// Read reads a whole file.
func Read(ctx context.Context, path string) (c Content, err error) {
	f, size, err := openFile(ctx, path, nil)
	if err != nil {
		return c, err
	}
	defer f.Close()
	if size > maxContent {
		return c, dberr.Newf(dberr.ProgramLimitExceeded, "file \"%s\" has %d bytes; one value takes at most %d", path, size, maxContent)
	}
	c = Content{Path: path, Bytes: make([]byte, size)}
	if _, err := f.ReadAt(c.Bytes, 0); err != nil && err != io.EOF {
		return c, vfs.Wrap("read "+path, err)
	}
	info, err := vfs.OS.Stat(path)
	c.Modified = info.Modified
	return c, vfs.Wrap("read "+path, err)
}

// ParquetFile is an open Parquet file.
type ParquetFile = parquetio.File

// LookAtParquet calls fn with an open Parquet file and its size in bytes.
func LookAtParquet(ctx context.Context, path string, fn func(f *ParquetFile, size int64) error) error {
	f, size, err := openFile(ctx, path, nil)
	if err != nil {
		return err
	}
	defer f.Close()
	file, err := parquetio.Open(f, size)
	if err != nil {
		return inFile(err, path)
	}
	return fn(file, size)
}

// Sniffed is how a CSV file would be read.
type Sniffed struct {
	Header       bool // the first line has the names of the columns
	Delim, Quote byte
	Columns      []Column
}

// Sniff finds out how a CSV file would be read.
func Sniff(ctx context.Context, path string, opts Options) (s Sniffed, err error) {
	opts.Format = CSV
	r, err := openReader(ctx, path, &opts)
	if err != nil {
		return s, err
	}
	defer r.close()
	t := r.(*textReader)
	in, err := t.source()
	if err != nil {
		return s, inFile(err, path)
	}
	file, err := textin.Open(in, t.opts)
	if err != nil {
		return s, inFile(leaveOut(err), path)
	}
	defer file.Close()
	s = Sniffed{Header: file.HasHeader(), Delim: file.Delim(), Quote: t.opts.Quote, Columns: t.cols}
	if s.Quote == 0 {
		s.Quote = '"'
	}
	return s, nil
}
