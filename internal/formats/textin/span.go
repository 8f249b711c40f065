package textin

// span is where a field's text stands in its block: [start, end without its flags).
type span struct{ start, end uint32 }

// The flags of span.end. Blocks are shorter than 2^28 bytes.
const (
	flagQuoted  = 1 << 31 // stood between quotes: never NULL; for JSON, a string
	flagEscaped = 1 << 30 // has escapes that text has to resolve
	flagNull    = 1 << 29
	flagNested  = 1 << 28 // JSON: an object or array
	flagMask    = flagQuoted | flagEscaped | flagNull | flagNested
)

func (s span) null() bool    { return s.end&flagNull != 0 }
func (s span) escaped() bool { return s.end&flagEscaped != 0 }
func (s span) quoted() bool  { return s.end&flagQuoted != 0 }
func (s span) nested() bool  { return s.end&flagNested != 0 }

// in returns the field's text.
func (s span) in(data []byte) []byte { return data[s.start : s.end&^flagMask] }

// grid is the fields of a block: cols spans a row, row after row.
type grid struct {
	spans []span
	cols  int
	rows  int
}

func (g *grid) at(row, col int) span { return g.spans[row*g.cols+col] }

// rowStart is the offset of a row's first field that has a place in the block.
func (g *grid) rowStart(row int) int {
	for c := range g.cols {
		if s := g.at(row, c); s.start != 0 {
			return int(s.start)
		}
	}
	return 0
}

// scanner finds the fields of a block.
type scanner interface {
	// scan fills g with the fields of b. An error has the line of its record.
	scan(b *block, g *grid) error
	// unescape appends the text of a field with escapes.
	unescape(dst, text []byte) []byte
}
