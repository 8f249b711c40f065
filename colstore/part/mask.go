package part

import "math/bits"

// pageWords is the words of one page.
const pageWords = pageRows / 64

// maskPage holds the bits of pageRows rows.
type maskPage [pageWords]uint64

// Mask is the set of rows dead at one seq: immutable, a set bit is a dead row. Masks of
// different seqs share the pages in which nothing died in between.
type Mask struct {
	count int
	pages []*maskPage // nil: none dead
}

// newMask returns the mask of no deaths among n rows.
func newMask(n int) *Mask { return &Mask{pages: make([]*maskPage, (n+pageRows-1)/pageRows)} }

// Count returns the number of dead rows.
func (m *Mask) Count() int { return m.count }

// Words returns the bits of rows [row, row+n) as words, nil if none of them is dead. row is a
// multiple of 64 and the rows lie in one row group (of any legal size).
func (m *Mask) Words(row, n int) []uint64 {
	if m.count == 0 || row/pageRows >= len(m.pages) || m.pages[row/pageRows] == nil {
		return nil
	}
	lo := row % pageRows / 64
	words := m.pages[row/pageRows][lo : lo+(n+63)/64]
	for _, w := range words {
		if w != 0 {
			return words
		}
	}
	return nil
}

// Dead reports whether a row is dead.
func (m *Mask) Dead(row uint32) bool {
	page := int(row / pageRows)
	return page < len(m.pages) && m.pages[page] != nil && bit(m.pages[page][:], int(row%pageRows))
}

// CountBetween returns how many of the rows [row, row+n) are dead; row is a multiple of 64.
func (m *Mask) CountBetween(row, n int) int {
	count := 0
	for n > 0 {
		k := min(n, pageRows-row%pageRows)
		if words := m.Words(row, k); words != nil {
			count += countOnes(words, k)
		}
		row, n = row+k, n-k
	}
	return count
}

// extender makes a new mask from an old one; it copies a page before it changes it.
type extender struct {
	mask *Mask
	own  []bool // pages that are copies
}

func extend(m *Mask) *extender {
	return &extender{
		mask: &Mask{count: m.count, pages: append([]*maskPage(nil), m.pages...)},
		own:  make([]bool, len(m.pages)),
	}
}

// add marks a row dead.
func (e *extender) add(row uint32) {
	p := row / pageRows
	if !e.own[p] {
		page := new(maskPage)
		if old := e.mask.pages[p]; old != nil {
			*page = *old
		}
		e.mask.pages[p], e.own[p] = page, true
	}
	word, b := &e.mask.pages[p][row%pageRows/64], uint64(1)<<(row&63)
	e.mask.count += bits.OnesCount64(b &^ *word)
	*word |= b
}
