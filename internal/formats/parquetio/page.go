package parquetio

import (
	"io"

	"github.com/parquet-go/parquet-go/format"
)

const (
	// maxPageHeader is the most bytes of a page's header.
	maxPageHeader = 1 << 20
	// firstHeader is how much is read to find a header; most are far smaller.
	firstHeader = 512
	// maxExpansion is how many bytes one compressed byte may stand for: more than any
	// compression in use reaches on pages that people write.
	maxExpansion = 1 << 14
	// maxPage is the size that a page may have whatever its compressed size is.
	maxPage = 16 << 20
	// maxPageValues is the most values of a page.
	maxPageValues = 1 << 27
)

// pageHeader is what a page says of itself.
type pageHeader struct {
	plain, packed int64 // bytes uncompressed and compressed
	values        int64
	size          int   // of the header
	levels        int64 // bytes of levels before the values, which are not compressed: version 2
	uncompressed  bool  // version 2 says that its values are not compressed
}

// readHeader reads the page header at the beginning of b; ok is false when b has no whole one.
func readHeader(b []byte) (h pageHeader, ok bool) {
	t := &thriftReader{b: b}
	t.note = func(path [2]int, v int64) {
		if t.level > 1 { // of statistics
			return
		}
		switch path {
		case [2]int{0, 2}:
			h.plain = v
		case [2]int{0, 3}:
			h.packed = v
		case [2]int{8, 5}, [2]int{8, 6}:
			h.levels += v
		case [2]int{8, 7}:
			h.uncompressed = v == 0
		case [2]int{5, 1}, [2]int{7, 1}, [2]int{8, 1}: // data page, dictionary page, data page of version 2
			h.values = v
		}
	}
	t.structure(0, [2]int{})
	h.size = t.at
	return h, !t.bad
}

// checkPages proves the sizes that the pages of a column chunk declare: the chunk is size bytes
// from off of r and has the given number of values.
func checkPages(r io.ReaderAt, off, size, values int64, codec format.CompressionCodec) error {
	var buf []byte
	for at, left := off, size; left > 0; {
		h, err := headerAt(r, at, left, &buf)
		if err != nil {
			return err
		}
		rest := left - int64(h.size)
		switch {
		case h.packed < 0 || h.packed > rest:
			return damaged("a page at byte %d declares %d bytes where %d are left", at, h.packed, rest)
		case h.plain < 0 || h.plain > maxPage && h.plain/maxExpansion > h.packed:
			return damaged("a page at byte %d declares that %d bytes become %d", at, h.packed, h.plain)
		case h.values < 0 || h.values > maxPageValues || h.values > values+h.plain:
			return damaged("a page at byte %d declares %d values", at, h.values)
		}
		if codec == format.Lz4Raw && !h.uncompressed {
			if err := checkLZ4(r, at+int64(h.size), h); err != nil {
				return err
			}
		}
		at += int64(h.size) + h.packed
		left = rest - h.packed
	}
	return nil
}

// checkLZ4 proves that the values of a page can be decompressed to the size that it declares: the
// library takes every failure for a lack of room, and asks for ever more.
func checkLZ4(r io.ReaderAt, at int64, h pageHeader) error {
	if h.levels < 0 || h.levels > h.packed || h.levels > h.plain {
		return damaged("a page at byte %d declares %d bytes of levels", at, h.levels)
	}
	packed := make([]byte, h.packed-h.levels)
	if len(packed) == 0 {
		return nil
	}
	if n, err := r.ReadAt(packed, at+h.levels); n < len(packed) {
		return damaged("a page at byte %d lies outside the file: %v", at, err)
	}
	if n, ok := plainLZ4(packed, int(h.plain-h.levels)); !ok || n != int(h.plain-h.levels) {
		return damaged("a page at byte %d does not become the %d bytes that it declares", at, h.plain)
	}
	return nil
}

// headerAt reads the page header at byte at of r, which has at most left bytes.
func headerAt(r io.ReaderAt, at, left int64, buf *[]byte) (pageHeader, error) {
	for want := int64(firstHeader); ; want *= 8 {
		n := min(want, left, maxPageHeader)
		if int64(cap(*buf)) < n {
			*buf = make([]byte, n)
		}
		b := (*buf)[:n]
		if got, err := r.ReadAt(b, at); got < len(b) {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return pageHeader{}, damaged("a page at byte %d lies outside the file: %v", at, err)
		}
		if h, ok := readHeader(b); ok {
			return h, nil
		}
		if n < want {
			return pageHeader{}, damaged("the header of a page at byte %d does not hold together", at)
		}
	}
}
