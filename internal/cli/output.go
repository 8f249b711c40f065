package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/formats/arrowio"
	"driftdb/internal/formats/parquetio"
	"driftdb/internal/formats/rowtext"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
	"driftdb/sqlvec/files"
)

// outputFormats are the values of --format.
var outputFormats = append(rowtext.Names(), "arrow", "arrows", "parquet")

// checkFormat returns a usage error for a format that is not among names.
func checkFormat(name string, names []string) error {
	if slices.Contains(names, name) {
		return nil
	}
	return usageError{fmt.Errorf("unknown format %q: the formats are %s", name, strings.Join(names, ", "))}
}

// output is where results are written: a form of text or Arrow on a file or stream.
type output struct {
	form  string
	w     *bufio.Writer
	base  io.Writer // what w writes to, unless \o or \g say otherwise
	opts  rowtext.Options
	sets  int       // results written
	flush bool      // after every result
	bar   *progress // told of every batch; nil for none
	first func()    // called before a result's first rows are written; nil for nothing

	compression string // of Parquet, "" for the default
	threads     int    // of what encodes, 0 for one per processor
}

const outputBuffer = 256 << 10

func newOutput(form string, w io.Writer) *output {
	return &output{form: form, base: w, w: bufio.NewWriterSize(w, outputBuffer), flush: isTerminal(w)}
}

// write writes the rows of a result.
func (o *output) write(r *sqlvec.Result) error {
	o.sets++
	if !slices.Contains(rowtext.Names(), o.form) {
		return o.writeBinary(r)
	}
	cols := make([]rowtext.Column, len(r.Columns))
	for i, c := range r.Columns {
		cols[i] = rowtext.Column{Name: c.Name, Type: c.Type}
	}
	return o.writeText(cols, o.counted(r))
}

// writeText writes the batches that each yields as one result.
func (o *output) writeText(cols []rowtext.Column, each func(func(*vec.Batch) error) error) error {
	opts := o.opts
	if opts.Workers = o.threads; opts.Workers == 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	text, err := rowtext.NewWith(o.form, o.w, opts)
	if err != nil {
		return err
	}
	begun := false
	begin := func() error { // of a statement that fails before it has rows nothing is written
		if begun {
			return nil
		}
		begun = true
		return text.Begin(cols)
	}
	err = each(func(b *vec.Batch) error {
		if err := begin(); err != nil {
			return err
		}
		return text.Write(b)
	})
	switch cut, ok := text.(rowtext.Cutter); {
	case err == nil:
		err = begin()
	case begun && ok:
		cut.Cut()
	}
	if err != nil {
		return err
	}
	return o.finish(text.End())
}

// counted is r.Each, with progress.
func (o *output) counted(r *sqlvec.Result) func(func(*vec.Batch) error) error {
	return func(write func(*vec.Batch) error) error {
		err := r.Each(func(b *vec.Batch) error {
			if o.bar != nil {
				o.bar.add(int64(b.Count()), 0)
			}
			o.begin()
			return write(b)
		})
		o.begin()
		return err
	}
}

// begin calls first, once.
func (o *output) begin() {
	if o.first != nil {
		o.first()
		o.first = nil
	}
}

func (o *output) finish(err error) error {
	if err == nil && o.flush {
		err = o.w.Flush()
	}
	return err
}

// writeBinary writes a result as a file or stream that can hold only one.
func (o *output) writeBinary(r *sqlvec.Result) error {
	if o.sets > 1 {
		return dberr.Newf(dberr.FeatureNotSupported, "an output in %s holds one result", o.form).
			WithHint("Write each query to a file of its own.")
	}
	out, err := o.binaryWriter(r.Columns)
	if err != nil {
		return err
	}
	if err := o.counted(r)(out.Write); err != nil {
		return err
	}
	return o.finish(out.Close())
}

// binaryWriter is a writer of Arrow or Parquet.
type binaryWriter interface {
	Write(b *vec.Batch) error
	Close() error
}

func (o *output) binaryWriter(cols []sqlvec.Column) (binaryWriter, error) {
	if o.form == "parquet" {
		list := make([]parquetio.Column, len(cols))
		for i, c := range cols {
			list[i] = parquetio.Column{Name: c.Name, Type: c.Type}
		}
		return parquetio.NewWriter(o.w, list, parquetio.Options{Compression: o.compression, Threads: o.threads})
	}
	list := make([]arrowio.Column, len(cols))
	for i, c := range cols {
		list[i] = arrowio.Column{Name: c.Name, Type: c.Type}
	}
	if o.form == "arrow" {
		return arrowio.NewFile(o.w, list)
	}
	return arrowio.NewStream(o.w, list), nil
}

// target is the file behind -o. A regular file is written beside its place and put there by commit,
// so that an error leaves what was there. A name that ends in .gz or .zst is compressed.
type target struct {
	io.Writer
	file *os.File       // nil for standard output
	late *writeBehind   // to file; nil where it is written at once
	name string         // where commit puts the file, "" when it is written in place
	pack io.Closer      // compresses what late gets, where the name says so
	cmd  *exec.Cmd      // gets what is written; nil for none
	pipe io.WriteCloser // to cmd
}

// openTarget opens what -o names: "" and "-" are standard output.
func openTarget(name string, stdout io.Writer) (*target, error) {
	if name == "" || name == "-" {
		return &target{Writer: stdout}, nil
	}
	if command, ok := strings.CutPrefix(name, "|"); ok {
		return openPipe(command, stdout)
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &target{Writer: f, file: f}, err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return nil, underName(err, name)
	}
	if err := f.Chmod(0o644); err != nil {
		return nil, underName(err, name)
	}
	late := newWriteBehind(named{f, name})
	pack, err := files.ByName.Writer(late, name)
	if err != nil {
		return nil, err
	}
	return &target{Writer: pack, pack: pack, late: late, file: f, name: name}, nil
}

// named writes to a file whose errors shall speak of another name.
type named struct {
	*os.File
	name string
}

// Write writes p to the file.
func (n named) Write(p []byte) (int, error) {
	written, err := n.File.Write(p)
	return written, underName(err, n.name)
}

// underName gives an error about a temporary file the name that the person knows.
func underName(err error, name string) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return &os.PathError{Op: path.Op, Path: name, Err: path.Err}
	}
	return err
}

// openPipe starts a command that reads what is written.
func openPipe(command string, stdout io.Writer) (*target, error) {
	cmd := exec.Command("sh", "-c", command)
	cmd.Stdout, cmd.Stderr = stdout, os.Stderr
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return &target{Writer: pipe, cmd: cmd, pipe: pipe}, cmd.Start()
}

// commit puts the file in its place.
func (t *target) commit() error {
	if t.cmd != nil {
		t.pipe.Close()
		cmd := t.cmd
		t.cmd = nil
		return cmd.Wait()
	}
	if t.file == nil {
		return nil
	}
	if t.late != nil {
		if err := t.pack.Close(); err != nil {
			return err
		}
		if err := t.late.Flush(); err != nil {
			return err
		}
	}
	temp := t.file.Name()
	if err := t.file.Close(); err != nil {
		return underName(err, t.name)
	}
	t.file = nil
	if t.name == "" {
		return nil
	}
	return os.Rename(temp, t.name)
}

// discard removes an unfinished file. After commit it does nothing.
func (t *target) discard() {
	if t.cmd != nil {
		t.pipe.Close()
		t.cmd.Wait()
		t.cmd = nil
	}
	if t.file == nil {
		return
	}
	if t.late != nil {
		_ = t.late.wait() // the file is removed
	}
	t.file.Close()
	if t.name != "" {
		os.Remove(t.file.Name())
	}
}
