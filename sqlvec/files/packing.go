package files

import (
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"driftdb/internal/dberr"
)

// Packing is how the bytes of a text file are compressed.
type Packing string

// The forms of Packing.
const (
	ByName Packing = ""     // as the ending of the file's name says
	Plain  Packing = "none" // not at all
	Gzip   Packing = "gzip"
	Zstd   Packing = "zstd"
)

var packings = map[string]Packing{
	"auto": ByName, "none": Plain, "uncompressed": Plain, "gzip": Gzip, "zstd": Zstd,
}

// PackingOf returns the packing of a name as statements have it.
func PackingOf(name string) (Packing, error) {
	p, ok := packings[strings.ToLower(name)]
	if !ok {
		return ByName, dberr.Newf(dberr.InvalidParameterValue, "compression \"%s\" is not known for text files", name).
			WithHint("The compressions are auto, none, gzip and zstd.")
	}
	return p, nil
}

// of decides the packing of a file.
func (p Packing) of(path string) Packing {
	if p != ByName {
		return p
	}
	switch name := strings.ToLower(path); {
	case strings.HasSuffix(name, ".gz"):
		return Gzip
	case strings.HasSuffix(name, ".zst"):
		return Zstd
	}
	return Plain
}

// Packed reports whether a file of the name is compressed.
func (p Packing) Packed(path string) bool { return p.of(path) != Plain }

// Reader returns the plain bytes of a file's bytes.
func (p Packing) Reader(in io.Reader, path string) (io.Reader, error) {
	var out io.Reader
	var err error
	packing := p.of(path)
	switch packing {
	case Plain:
		return in, nil
	case Gzip:
		out, err = gzip.NewReader(in)
	case Zstd:
		out, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
	}
	if err != nil {
		return nil, dberr.Newf(dberr.BadCopyFileFormat, "not a valid %s file: %v", packing, err)
	}
	return packedReader{out}, nil
}

// Writer returns a writer that compresses what it writes to w; Close ends the compressed data, and not w.
func (p Packing) Writer(w io.Writer, path string) (io.WriteCloser, error) {
	switch p.of(path) {
	case Gzip:
		return gzip.NewWriter(w), nil
	case Zstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	}
	return plainWriter{w}, nil
}

// plainWriter writes bytes as they are.
type plainWriter struct{ io.Writer }

// Close implements io.Closer.
func (plainWriter) Close() error { return nil }

// packedReader says of damage in a compressed file what it is.
type packedReader struct{ in io.Reader }

// Read implements io.Reader.
func (r packedReader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if err != nil && err != io.EOF {
		err = dberr.Newf(dberr.BadCopyFileFormat, "the compressed data are damaged: %v", err)
	}
	return n, err
}
