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
	kind          int64 // dataPage and its kin
	plain, packed int64 // bytes uncompressed and compressed
	values        int64 // with NULLs
	encoding      format.Encoding
	size          int    // of the header
	checksum      uint32 // of the packed bytes, 0 for none

	defEncoding, repEncoding format.Encoding // of levels: version 1
	defLevels, repLevels     int64           // bytes of levels, which are not compressed: version 2
	uncompressed             bool            // version 2 says that its values are not compressed
}

// The kinds of pages.
const (
	dataPage       = 0
	dictionaryPage = 2
	dataPage2      = 3
)

// levels is how many bytes of levels stand before the values uncompressed.
func (h *pageHeader) levels() int64 { return h.defLevels + h.repLevels }

// readHeader reads the page header at the beginning of b; ok is false when b has no whole one.
func readHeader(b []byte) (h pageHeader, ok bool) {
	t := &thriftReader{b: b}
	t.note = func(path [2]int, v int64) {
		if t.level <= 1 { // else of statistics
			h.note(path, v)
		}
	}
	t.structure(0, [2]int{})
	h.size = t.at
	return h, !t.bad
}

// note keeps a field.
func (h *pageHeader) note(path [2]int, v int64) {
	switch path {
	case [2]int{0, 1}:
		h.kind = v
	case [2]int{0, 2}:
		h.plain = v
	case [2]int{0, 3}:
		h.packed = v
	case [2]int{0, 4}:
		h.checksum = uint32(v)
	case [2]int{5, 1}, [2]int{7, 1}, [2]int{8, 1}: // data page, dictionary page, data page of version 2
		h.values = v
	case [2]int{5, 2}, [2]int{7, 2}, [2]int{8, 4}:
		h.encoding = format.Encoding(v)
	case [2]int{5, 3}:
		h.defEncoding = format.Encoding(v)
	case [2]int{5, 4}:
		h.repEncoding = format.Encoding(v)
	case [2]int{8, 5}:
		h.defLevels = v
	case [2]int{8, 6}:
		h.repLevels = v
	case [2]int{8, 7}:
		h.uncompressed = v == 0
	}
}

// check proves the sizes and counts that the header of a page at byte at declares: rest bytes of the chunk are left
// behind it, and the chunk has the given number of values.
func (h *pageHeader) check(at, rest, values int64) error {
	switch {
	case h.packed < 0 || h.packed > rest:
		return damaged("a page at byte %d declares %d bytes where %d are left", at, h.packed, rest)
	case h.plain < 0 || h.plain > maxPage && h.plain/maxExpansion > h.packed:
		return damaged("a page at byte %d declares that %d bytes become %d", at, h.packed, h.plain)
	case h.values < 0 || h.values > maxPageValues || h.values > values+h.plain:
		return damaged("a page at byte %d declares %d values", at, h.values)
	case h.repLevels < 0 || h.defLevels < 0 || h.levels() > h.packed || h.levels() > h.plain:
		return damaged("a page at byte %d declares %d bytes of levels", at, h.levels())
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
