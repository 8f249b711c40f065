package part

import (
	"math"
	"sort"
	"sync"
	"sync/atomic"

	"driftdb/internal/dberr"
	"driftdb/internal/vec"
)

// Deaths is the ends of a part's row versions: those of an image, and those appended since.
// One goroutine may append while any number read; a death is visible to a reader that asks
// for its seq or later. mu guards the making of masks and is a leaf.
type Deaths struct {
	rows    int
	base    storedDeaths
	tail    deathList
	index   deathIndex
	lastSeq uint64 // of the last death; the appender's
	mu      struct {
		sync.Mutex
		masks []*Mask // the last used first
	}
}

// keptMasks is how many masks a Deaths keeps.
const keptMasks = 6

// NewDeaths returns the deaths of a part of the given rows in which nothing died yet.
func NewDeaths(rows int) *Deaths { return &Deaths{rows: rows} }

// Rows returns the rows of the part.
func (d *Deaths) Rows() int { return d.rows }

// Check is the fingerprint of the image: it covers every byte of it. 0 when there is none.
func (d *Deaths) Check() uint64 { return d.base.check }

// Append adds a death. seq must not be less than that of the death before; row must be
// alive. Readers that ask for an earlier seq are not disturbed.
func (d *Deaths) Append(row uint32, seq uint64) error {
	if int(row) >= d.rows || seq < d.lastSeq {
		return dberr.Bug("part: the death of row %d of %d at seq %d, after one at %d", row, d.rows, seq, d.lastSeq)
	}
	d.lastSeq = seq
	d.tail.append(Death{Row: row, Seq: seq})
	return nil
}

// Len returns the number of deaths, appended ones included.
func (d *Deaths) Len() int { return d.base.count + d.tail.len() }

// Stored returns the number of deaths in the image.
func (d *Deaths) Stored() int { return d.base.count }

// at returns death i, which exists.
func (d *Deaths) at(i int) (Death, error) {
	if i >= d.base.count {
		return d.tail.at(i - d.base.count), nil
	}
	seq, err := d.base.seq(i)
	if err != nil {
		return Death{}, err
	}
	row, err := d.base.rowAt(i)
	return Death{Row: row, Seq: seq}, err
}

// CountBy returns how many rows died at or before seq.
func (d *Deaths) CountBy(seq uint64) (int, error) {
	n := d.tail.len()
	if n > 0 && d.tail.at(0).Seq <= seq {
		return d.base.count + sort.Search(n, func(i int) bool { return d.tail.at(i).Seq > seq }), nil
	}
	var failed error
	n = sort.Search(d.base.count, func(i int) bool {
		s, err := d.base.seq(i)
		if err != nil {
			failed = err
		}
		return err != nil || s > seq
	})
	return n, failed
}

// Between calls fn with the deaths in (after, by], ascending by seq, until fn returns false.
func (d *Deaths) Between(after, by uint64, fn func(Death) bool) error {
	lo, err := d.CountBy(after)
	if err != nil {
		return err
	}
	hi, err := d.CountBy(by)
	if err != nil {
		return err
	}
	for i := lo; i < hi; i++ {
		death, err := d.at(i)
		if err != nil {
			return err
		}
		if !fn(death) {
			return nil
		}
	}
	return nil
}

// List returns the deaths at or before seq, ascending by seq: what a checkpoint encodes.
func (d *Deaths) List(seq uint64) ([]Death, error) {
	n, err := d.CountBy(seq)
	if err != nil {
		return nil, err
	}
	list := make([]Death, n)
	for i := range list {
		if list[i], err = d.at(i); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// DeathOf returns the seq that ended a row, if any did so far.
func (d *Deaths) DeathOf(row uint32) (seq uint64, ok bool, err error) {
	if err := d.index.reach(d, d.Len()); err != nil {
		return 0, false, err
	}
	i, ok := d.index.find(row)
	if !ok {
		return 0, false, nil
	}
	death, err := d.at(i)
	return death.Seq, err == nil, err
}

// FillEnds sets dst[i] to the seq that ended row+i at or before by, and to MaxInt64 where
// none did. row is a multiple of 64 and the rows lie in one row group.
func (d *Deaths) FillEnds(dst []uint64, row int, by uint64) error {
	for i := range dst {
		dst[i] = math.MaxInt64
	}
	m, err := d.MaskAt(by)
	if err != nil {
		return err
	}
	words := m.Words(row, len(dst))
	if words == nil {
		return nil
	}
	if err := d.index.reach(d, m.count); err != nil {
		return err
	}
	for _, i := range selected(nil, words, len(dst)) {
		at, ok := d.index.find(uint32(row) + uint32(i))
		if !ok {
			return dberr.Bug("part: no death of the dead row %d", row+int(i))
		}
		death, err := d.at(at)
		if err != nil {
			return err
		}
		dst[i] = death.Seq
	}
	return nil
}

// MaskAt returns the rows dead at seq. The last masks are kept; a new one is made from the
// nearest before it, kept or keyframe, and shares all pages in which nothing died since.
func (d *Deaths) MaskAt(seq uint64) (*Mask, error) {
	n, err := d.CountBy(seq)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	best := d.nearestLocked(n)
	if best != nil && best.count == n {
		return best, nil
	}
	if k := min(n, d.base.count) / keyframeDeaths * keyframeDeaths; best == nil || best.count < k {
		if best, err = d.keyframe(k); err != nil {
			return nil, err
		}
	}
	e := extend(best)
	for i := best.count; i < n; i++ {
		row, err := d.rowAt(i)
		if err != nil {
			return nil, err
		}
		e.add(row)
	}
	if e.mask.count != n {
		return nil, d.base.corrupt(0, "%d deaths, but %d dead rows", n, e.mask.count)
	}
	d.keepLocked(e.mask)
	return e.mask, nil
}

func (d *Deaths) rowAt(i int) (uint32, error) {
	if i >= d.base.count {
		return d.tail.at(i - d.base.count).Row, nil
	}
	return d.base.rowAt(i)
}

// nearestLocked returns the kept mask with the most deaths, but at most n, and notes its use.
func (d *Deaths) nearestLocked(n int) *Mask {
	best := -1
	for i, m := range d.mu.masks {
		if m.count <= n && (best < 0 || m.count > d.mu.masks[best].count) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	m := d.mu.masks[best]
	copy(d.mu.masks[1:best+1], d.mu.masks[:best])
	d.mu.masks[0] = m
	return m
}

func (d *Deaths) keepLocked(m *Mask) {
	if len(d.mu.masks) < keptMasks {
		d.mu.masks = append(d.mu.masks, nil)
	}
	copy(d.mu.masks[1:], d.mu.masks)
	d.mu.masks[0] = m
}

// keyframe returns the mask after the first n deaths of the image, n a multiple of keyframeDeaths.
func (d *Deaths) keyframe(n int) (*Mask, error) {
	m := newMask(d.rows)
	if n == 0 {
		return m, nil
	}
	bitmap, err := d.base.frame(n/keyframeDeaths - 1)
	if err != nil {
		return nil, err
	}
	words := make([]uint64, len(m.pages)*pageWords)
	bitmap.WriteDenseTo(words)
	for i := range m.pages {
		m.pages[i] = (*maskPage)(words[i*pageWords:])
	}
	if m.count = vec.CountBits(words); m.count != n || !zeroBits(words, d.rows) {
		return nil, d.base.corrupt(d.base.framesOff(), "the keyframe after %d deaths has %d dead rows", n, m.count)
	}
	return m, nil
}

// zeroBits reports whether the bits from n on are zero.
func zeroBits(words []uint64, n int) bool {
	return countOnes(words, n) == vec.CountBits(words)
}

// deathList is an append-only list that one goroutine extends while others read.
type deathList struct {
	n      atomic.Int64
	chunks atomic.Pointer[[]*deathChunk]
}

type deathChunk [4096]Death

func (l *deathList) len() int { return int(l.n.Load()) }

// at returns item i; the caller has seen len() > i.
func (l *deathList) at(i int) Death {
	return (*l.chunks.Load())[i/len(deathChunk{})][i%len(deathChunk{})]
}

func (l *deathList) append(d Death) {
	n := l.len()
	if n%len(deathChunk{}) == 0 {
		var chunks []*deathChunk
		if old := l.chunks.Load(); old != nil {
			chunks = *old
		}
		chunks = append(chunks[:len(chunks):len(chunks)], new(deathChunk))
		l.chunks.Store(&chunks)
	}
	(*l.chunks.Load())[n/len(deathChunk{})][n%len(deathChunk{})] = d
	l.n.Store(int64(n + 1))
}
