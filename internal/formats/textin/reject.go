package textin

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/vec"
)

// Reject is a record that was left out; see Options.Skip.
type Reject struct {
	Line   int    // of the file, on which the record begins
	Column string // "" when the record as a whole is wrong
	Err    error
	Text   string // the record as it stands in the file, without its line break
}

// reject notes that the record at [from, to) is left out.
func (b *block) reject(from, to int, err error) {
	b.rejects = append(b.rejects, newReject(b.lineAt(from), b.data()[from:min(to, len(b.data()))], err))
}

// newReject returns a reject of a record with its line break.
func newReject(line int, data []byte, err error) Reject {
	r := Reject{Line: line, Err: err, Text: string(bytes.TrimSuffix(bytes.TrimSuffix(data, []byte{'\n'}), []byte{'\r'}))}
	var e *dberr.Error
	if errors.As(err, &e) {
		r.Column = e.Column
	}
	return r
}

// leaveOut selects the rows of the batch that were read, and gives it the rejects of the block.
func (b *Batch) leaveOut(from *block, g *grid, skipped map[int]error) {
	b.Rejects = from.rejects
	if len(skipped) == 0 {
		return
	}
	b.Sel = make([]uint64, vec.Words(g.rows))
	for r := range g.rows {
		if skipped[r] == nil {
			b.Sel[r>>6] |= 1 << (uint(r) & 63)
			continue
		}
		start, end := g.record(from.data(), r)
		b.Rejects = append(b.Rejects, newReject(b.Line(r), from.data()[start:end], skipped[r]))
	}
	slices.SortFunc(b.Rejects, func(x, y Reject) int { return cmp.Compare(x.Line, y.Line) })
}

// record returns where the record of a row begins and ends in data: at borders of lines.
func (g *grid) record(data []byte, row int) (start, end int) {
	start = bytes.LastIndexByte(data[:g.rowStart(row)], '\n') + 1
	end = start
	for c := range g.cols {
		s := g.at(row, c)
		end = max(end, int(s.end&^flagMask))
	}
	return start, lineEnd(data, min(end, len(data)))
}
