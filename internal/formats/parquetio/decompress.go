package parquetio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// errSize is the error of data that become more or less than they should.
var errSize = errors.New("their size is another")

// decompress makes exactly len(dst) bytes of src. The memory behind dst may be written to.
func decompress(codec format.CompressionCodec, dst, src []byte) error {
	switch codec {
	case format.Snappy:
		if n, err := s2.DecodedLen(src); err != nil || n != len(dst) {
			return errSize
		}
		_, err := s2.Decode(dst, src)
		return err
	case format.Lz4Raw:
		if len(src) == 0 && len(dst) == 0 {
			return nil
		}
		if n, err := lz4.UncompressBlock(src, dst); err != nil || n != len(dst) {
			return errSize
		}
		return nil
	case format.Zstd:
		return decompressZstd(dst, src)
	case format.Gzip:
		return gzips.decompress(dst, src)
	case format.Brotli:
		return brotlis.decompress(dst, src)
	}
	return fmt.Errorf("the compression %s is not supported", codec)
}

// zstds are decoders that never make more than there is room for.
var zstds = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return err
	}
	return d
}}

func decompressZstd(dst, src []byte) error {
	d, ok := zstds.Get().(*zstd.Decoder)
	if !ok {
		return errors.New("there is no decoder")
	}
	defer zstds.Put(d)
	out, err := d.DecodeAll(src, dst[:0:len(dst)])
	if err == nil && len(out) != len(dst) {
		return errSize
	}
	return err
}

// streams are decompressors of a stream, which can be used again.
type streams struct{ pool sync.Pool }

// stream is one of them.
type stream struct {
	in    bytes.Reader
	out   io.Reader
	reset func(io.Reader) error
}

var (
	gzips = streams{sync.Pool{New: func() any {
		r := new(gzip.Reader)
		return &stream{out: r, reset: r.Reset}
	}}}
	brotlis = streams{sync.Pool{New: func() any {
		r := new(brotli.Reader)
		return &stream{out: r, reset: r.Reset}
	}}}
)

func (s *streams) decompress(dst, src []byte) error {
	r := s.pool.Get().(*stream)
	defer s.pool.Put(r)
	r.in.Reset(src)
	if len(src) == 0 && len(dst) == 0 {
		return nil
	}
	if err := r.reset(&r.in); err != nil {
		return err
	}
	if _, err := io.ReadFull(r.out, dst); err != nil {
		return err
	}
	var more [1]byte
	if n, err := r.out.Read(more[:]); n > 0 || err != nil && err != io.EOF {
		return errSize
	}
	return nil
}
