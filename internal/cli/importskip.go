package cli

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"strconv"

	"driftdb/internal/dberr"
	"driftdb/internal/formats/textin"
)

// rejects counts the records that an import leaves out, and writes them to a file.
type rejects struct {
	file *os.File // nil for none
	w    *csv.Writer
	max  int // -1: any number
	n    int
}

// newRejects makes the file, if one is wanted.
func (f *importFlags) newRejects() (*rejects, error) {
	r := &rejects{max: f.maxErrors}
	if f.rejectFile == "" {
		return r, nil
	}
	var err error
	if r.file, err = os.Create(f.rejectFile); err != nil {
		return nil, err
	}
	r.w = csv.NewWriter(r.file)
	return r, r.w.Write([]string{"line", "column", "sqlstate", "reason", "text"})
}

// restart forgets what an attempt that begins again has written.
func (r *rejects) restart() error {
	r.n = 0
	if r.file == nil {
		return nil
	}
	r.w.Flush()
	if err := r.file.Truncate(0); err != nil {
		return err
	}
	if _, err := r.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return r.w.Write([]string{"line", "column", "sqlstate", "reason", "text"})
}

// close completes the file.
func (r *rejects) close() error {
	if r.file == nil {
		return nil
	}
	r.w.Flush()
	return errors.Join(r.w.Error(), r.file.Close())
}

// add takes the rejects of a batch, which are in the order of their lines. More than are allowed are an error.
func (r *rejects) add(list []textin.Reject) error {
	for _, x := range list {
		if r.w != nil {
			if err := r.w.Write([]string{strconv.Itoa(x.Line), x.Column, dberr.CodeOf(x.Err), reasonOf(x.Err), x.Text}); err != nil {
				return err
			}
		}
		if r.n++; r.max >= 0 && r.n > r.max {
			e := dberr.Newf(dberr.CodeOf(x.Err), "more than %d records cannot be loaded, the last because: %s", r.max, reasonOf(x.Err)).
				WithHint("Nothing was loaded. --max-errors allows more.")
			e.Line, e.Column = x.Line, x.Column
			return e
		}
	}
	return nil
}

// reasonOf is the message of an error without its place.
func reasonOf(err error) string {
	var e *dberr.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	if e.Detail != "" {
		return e.Message + ": " + e.Detail
	}
	return e.Message
}
