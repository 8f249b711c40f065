package part

import (
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

var errSoon = dberr.New(dberr.FeatureNotSupported, "part: not there yet")

// Writer writes one part. It buffers the part's columns, already encoded, until Finish. It is
// not synchronised. After an error only Close may be called.
type Writer struct{}

// NewWriter returns a writer of one part to w.
func NewWriter(w io.Writer, opt WriteOptions) (*Writer, error) { return nil, errSoon }

// Append adds the rows of cols, in the order of WriteOptions.Columns, that sel selects (nil:
// all). Every vector has the same N and its column's class, in any form; nothing is kept of
// them. runs numbers the selected rows: Run.Row counts from the first of them, and the first
// run has Row 0. rids and seqs must ascend over the whole part. With nil runs the numbers go
// on from the row before (from 0 for the first row).
func (w *Writer) Append(cols []vec.Vec, sel []uint64, runs []Run) error { return errSoon }

// Rows returns the number of rows appended.
func (w *Writer) Rows() int { return 0 }

// Full reports whether the part has MaxRows rows or so many bytes that it should be finished.
func (w *Writer) Full() bool { return false }

// Room returns how many more rows fit: MaxRows - Rows.
func (w *Writer) Room() int { return 0 }

// Finish encodes the part, writes it to w in order and ends the writer.
func (w *Writer) Finish() (Info, error) { return Info{}, errSoon }

// Close gives the memory back; it may be called at any time, and after Finish.
func (w *Writer) Close() {}

// Cache keeps decompressed chunks of compressed parts, least recently used out first.
type Cache struct{}

// NewCache returns a cache of at most the given bytes.
func NewCache(bytes int64) *Cache { return &Cache{} }

// Part is an open part: immutable, safe for concurrent use. All vectors alias the mapping.
type Part struct{}

// Open reads the footers of the part at loc in src; it touches no data. cache is for
// compressed parts; nil means that their chunks are decompressed on every access.
func Open(src Source, loc Location, cache *Cache) (*Part, error) { return nil, errSoon }

// Check is the fingerprint of the image, as in Info: it tells a swapped or stale part.
func (p *Part) Check() uint64 { return 0 }

// Rows returns the number of rows.
func (p *Part) Rows() int { return 0 }

// Groups returns the number of row groups.
func (p *Part) Groups() int { return 0 }

// GroupSize returns the rows of every group but the last: a power of two, >= 64.
func (p *Part) GroupSize() int { return 0 }

// GroupRows returns the rows of group g.
func (p *Part) GroupRows(g int) int { return 0 }

// Columns returns the columns. The slice must not be changed.
func (p *Part) Columns() []ColumnSpec { return nil }

// Column returns the position of a column id in Columns.
func (p *Part) Column(id uint32) (pos int, ok bool) { return 0, false }

// Chunk returns column pos of group g in its stored form (Flat, Narrow or Dict; Const where
// all rows of the group are equal). The first touch checks its CRC.
func (p *Part) Chunk(g, pos int) (vec.Vec, error) { return vec.Vec{}, errSoon }

// Stats returns the statistics of column pos in group g.
func (p *Part) Stats(g, pos int) Stats { return Stats{} }

// ColumnStats returns the statistics of column pos over the part.
func (p *Part) ColumnStats(pos int) Stats { return Stats{} }

// Sketch returns the HyperLogLog registers of column pos; MergeSketch and SketchDistinct take them.
func (p *Part) Sketch(pos int) []byte { return nil }

// FirstRID and LastRID are the rids of the first and the last row; FirstSeq and LastSeq their births.
func (p *Part) FirstRID() uint64 { return 0 }

// LastRID is the rid of the last row.
func (p *Part) LastRID() uint64 { return 0 }

// FirstSeq is the birth of the first row.
func (p *Part) FirstSeq() uint64 { return 0 }

// LastSeq is the birth of the last row.
func (p *Part) LastSeq() uint64 { return 0 }

// RowsBornBy returns how many rows were born at or before seq; they are a prefix.
func (p *Part) RowsBornBy(seq uint64) int { return 0 }

// SeqOf returns the birth of a row.
func (p *Part) SeqOf(row uint32) uint64 { return 0 }

// RIDOf returns the rid of a row.
func (p *Part) RIDOf(row uint32) uint64 { return 0 }

// RowOfRID returns the row with a rid.
func (p *Part) RowOfRID(rid uint64) (row uint32, ok bool) { return 0, false }

// FillRIDs sets dst to the rids of the rows from row on.
func (p *Part) FillRIDs(dst []uint64, row int) {}

// FillSeqs sets dst to the births of the rows from row on.
func (p *Part) FillSeqs(dst []uint64, row int) {}

// Index returns an index by IndexSpec.ID.
func (p *Part) Index(id uint32) (*Index, bool) { return nil, false }

// Indexes returns the specs of all indexes.
func (p *Part) Indexes() []IndexSpec { return nil }

// Record returns group g as an Arrow record over the mapping, in stored types.
func (p *Part) Record(g int) (arrow.Record, error) { return nil, errSoon }

// Verify reads every byte and checks everything that can be: checksums, encodings,
// statistics, order and completeness of the indexes. All that is wrong is joined.
func (p *Part) Verify() error { return errSoon }

// Dump writes an annotated account of the image.
func (p *Part) Dump(w io.Writer) error { return errSoon }

// Index is one index of a part: row numbers in (key, row) order, with a prefix directory
// and a Bloom filter. Safe for concurrent use. Keys sort in SQL order, NULLs last.
type Index struct{}

// Spec returns what the index is over.
func (x *Index) Spec() IndexSpec { return IndexSpec{} }

// HashKey hashes a whole key for MayContainHash; keys that compare equal hash alike. Every
// value has the class of its column. Keys with a NULL hash to something, but are in no filter.
func HashKey(key []types.Value) uint64 { return 0 }

// MayContain reports false only if no row has the key. Damage reads as true.
func (x *Index) MayContain(key []types.Value) bool { return true }

// MayContainHash is MayContain with HashKey(key) done once for many parts. It does not
// compare with the least and the greatest key.
func (x *Index) MayContainHash(h uint64) bool { return true }

// Lookup calls fn with every row whose whole key equals key, ascending, until fn returns
// false. A key with a NULL equals nothing.
func (x *Index) Lookup(key []types.Value, fn func(row uint32) bool) error { return errSoon }

// LookupBatch calls fn with (i, row) for every row that equals the i-th key, for the i that sel
// selects (nil: all). keys has a vector per index column. A key with a NULL equals nothing. fn
// returns false to stop.
func (x *Index) LookupBatch(keys []vec.Vec, sel []uint64, fn func(i int, row uint32) bool) error {
	return errSoon
}

// Range calls fn with the rows between lo and hi (nil: open) in (key, row) order, until fn
// returns false. Here a NULL is a value greater than all others: IS NULL is the range from
// NULL to NULL, and a range that is open above includes NULLs.
func (x *Index) Range(lo, hi *Bound, fn func(row uint32) bool) error { return errSoon }

// CountRange returns how many rows Range would give, without visiting them.
func (x *Index) CountRange(lo, hi *Bound) (int, error) { return 0, errSoon }

// MergeSketch merges src into dst and returns dst; a nil dst is made.
func MergeSketch(dst, src []byte) []byte { return dst }

// SketchDistinct estimates the distinct values a sketch has seen.
func SketchDistinct(sketch []byte) int { return 0 }

// EncodeDeaths returns the image of the deaths of a part of the given rows. It sorts deaths
// by (Seq, Row) in place. A row dies once.
func EncodeDeaths(rows int, deaths []Death) ([]byte, error) { return nil, errSoon }

// Deaths is the ends of a part's row versions: those of an image and those appended since.
// One goroutine may append while any number read.
type Deaths struct{}

// NewDeaths returns the deaths of a part of the given rows in which nothing died yet.
func NewDeaths(rows int) *Deaths { return &Deaths{} }

// OpenDeaths opens the image at loc (bases are not used) of a part of the given rows.
func OpenDeaths(src Source, loc Location, rows int) (*Deaths, error) { return nil, errSoon }

// Append adds a death. seq must not be less than that of the death before; row must be
// alive. Readers that ask for an earlier seq are not disturbed.
func (d *Deaths) Append(row uint32, seq uint64) error { return errSoon }

// Len returns the number of deaths, appended ones included.
func (d *Deaths) Len() int { return 0 }

// CountBy returns how many rows died at or before seq.
func (d *Deaths) CountBy(seq uint64) int { return 0 }

// DeathOf returns the seq that ended a row, if any did so far.
func (d *Deaths) DeathOf(row uint32) (seq uint64, ok bool, err error) { return 0, false, errSoon }

// FillEnds sets dst[i] to the seq that ended row+i at or before by, and to MaxInt64 where none did.
func (d *Deaths) FillEnds(dst []uint64, row int, by uint64) error { return errSoon }

// Between calls fn with the deaths in (after, by], ascending by seq, until fn returns false.
func (d *Deaths) Between(after, by uint64, fn func(Death) bool) error { return errSoon }

// List returns the deaths at or before seq, ascending by seq: what a checkpoint encodes.
func (d *Deaths) List(seq uint64) ([]Death, error) { return nil, errSoon }

// MaskAt returns the rows dead at seq. Masks are cached; the next one is made from the
// nearest before it, and shares all pages in which nothing died in between.
func (d *Deaths) MaskAt(seq uint64) (*Mask, error) { return nil, errSoon }

// Verify reads every byte of the image and checks order, keyframes and checksums.
func (d *Deaths) Verify() error { return errSoon }

// Dump writes an annotated account of the image.
func (d *Deaths) Dump(w io.Writer) error { return errSoon }

// Mask is the set of rows dead at one seq: immutable. A set bit is a dead row.
type Mask struct{}

// Count returns the number of dead rows.
func (m *Mask) Count() int { return 0 }

// Words returns the bits of rows [row, row+n) as words, nil if none of them is dead. row is a
// multiple of 64 and the rows lie in one row group (of any legal size).
func (m *Mask) Words(row, n int) []uint64 { return nil }

// Dead reports whether a row is dead.
func (m *Mask) Dead(row uint32) bool { return false }
