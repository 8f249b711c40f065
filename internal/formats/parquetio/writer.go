package parquetio

import (
	"encoding/binary"
	"io"
	"runtime"

	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"driftdb/internal/dberr"
	"driftdb/internal/vec"
)

const (
	// groupRows is the number of rows of a row group; the last one is shorter.
	groupRows = 128 << 10
	// groupBytes is the bytes of texts and lists that end a row group early.
	groupBytes = 128 << 20
	// magic begins and ends a file.
	magic = "PAR1"
	// createdBy names us in the footer.
	createdBy = "DriftDB version 1.0 (build go)"
)

// Options say how a file is written.
type Options struct {
	// Compression is a name that CheckCompression knows, "" for DefaultCompression.
	Compression string
	// Threads is how many goroutines encode the columns of a row group, 0 for one per processor.
	Threads int
}

// Writer writes one result as a Parquet file. While one row group is encoded, the rows of the next
// are gathered.
type Writer struct {
	out     io.Writer
	off     int64
	codec   compress.Codec
	threads int
	footer  format.FileMetaData
	open    *rowGroup // gathers rows
	busy    *rowGroup // is encoded, nil for none
	spare   *rowGroup // was written, nil for none
}

// NewWriter returns a writer of a file to w. Nothing else may be written to w before Close.
func NewWriter(w io.Writer, cols []Column, opts Options) (*Writer, error) {
	if err := CheckCompression(opts.Compression); err != nil {
		return nil, err
	}
	if opts.Compression == "" {
		opts.Compression = DefaultCompression
	}
	if opts.Threads <= 0 {
		opts.Threads = runtime.GOMAXPROCS(0)
	}
	footer, err := footerOf(cols)
	if err != nil {
		return nil, err
	}
	out := &Writer{out: w, codec: codecs[opts.Compression], threads: opts.Threads, footer: footer, open: newRowGroup(cols)}
	return out, out.write([]byte(magic))
}

// Write adds the selected rows of a batch. It copies them: the batch may be reused.
func (w *Writer) Write(b *vec.Batch) error {
	n := b.Count()
	if n == 0 {
		return nil
	}
	if err := w.open.add(b, n); err != nil {
		return err
	}
	if w.open.rows < groupRows && w.open.bytes < groupBytes {
		return nil
	}
	return w.flush()
}

// flush ends the open row group. It is encoded beside the caller, unless there is only one thread.
func (w *Writer) flush() error {
	if err := w.settle(); err != nil {
		return err
	}
	w.busy, w.open, w.spare = w.open, w.spare, nil
	if w.open == nil {
		w.open = w.busy.empty()
	}
	if w.threads == 1 {
		w.busy.encode(w.codec, 1)
		return w.settle()
	}
	go w.busy.encode(w.codec, w.threads)
	return nil
}

// settle waits for the row group that is encoded, and writes it.
func (w *Writer) settle() error {
	g := w.busy
	if g == nil {
		return nil
	}
	<-g.done
	w.busy = nil
	if g.err != nil {
		return g.err
	}
	meta := format.RowGroup{NumRows: int64(g.rows), FileOffset: w.off, Ordinal: int16(len(w.footer.RowGroups))}
	for i := range g.leaves {
		c := &g.leaves[i].chunk
		m := &c.meta
		if m.DictionaryPageOffset += w.off; c.dictionary == 0 {
			m.DictionaryPageOffset = 0
		}
		m.DataPageOffset = w.off + int64(c.dictionary)
		meta.TotalByteSize += m.TotalUncompressedSize
		meta.TotalCompressedSize += m.TotalCompressedSize
		meta.Columns = append(meta.Columns, format.ColumnChunk{FileOffset: w.off, MetaData: *m})
		if err := w.write(c.bytes); err != nil {
			return err
		}
	}
	w.footer.RowGroups = append(w.footer.RowGroups, meta)
	w.footer.NumRows += int64(g.rows)
	g.reset()
	w.spare = g
	return nil
}

// Close writes what is left and the footer. It does not close the writer below.
func (w *Writer) Close() error {
	if w.open.rows > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if err := w.settle(); err != nil {
		return err
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &w.footer)
	if err != nil {
		return dberr.IO("finish the Parquet file", err)
	}
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	return w.write(append(footer, magic...))
}

func (w *Writer) write(b []byte) error {
	if _, err := w.out.Write(b); err != nil {
		return dberr.IO("write the Parquet file", err)
	}
	w.off += int64(len(b))
	return nil
}
