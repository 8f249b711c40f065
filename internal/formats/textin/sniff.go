package textin

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// sniffLines is how many lines are looked at for what separates fields.
const sniffLines = 20

// sniff returns what separates the fields of CSV: a comma where the first line has one, else what every one of
// the first lines has as often, else a comma. Where numbers have commas, none separates fields unless nothing else does.
func sniff(data []byte, quote byte, decimalComma bool) byte {
	var counts [sniffLines]map[byte]int
	lines := 0
	for lines < sniffLines && len(data) > 0 {
		found, n := countSeparators(data, quote)
		if len(bytes.Trim(data[:n], "\r\n")) > 0 && commentEnd(data) == 0 {
			counts[lines] = found
			lines++
		}
		data = data[n:]
	}
	if lines == 0 || counts[0][','] > 0 && !decimalComma {
		return ','
	}
	best, most := byte(','), 0
	for _, c := range []byte{';', '\t', '|'} {
		n := counts[0][c]
		for _, line := range counts[1:lines] {
			if line[c] != counts[0][c] {
				n = 0
			}
		}
		if n > most {
			best, most = c, n
		}
	}
	return best
}

// separators are what may separate fields where nothing says so.
const separators = ",;\t|"

// countSeparators counts what may separate fields in the first record of data, outside quotes, and returns the
// record's length.
func countSeparators(data []byte, quote byte) (map[byte]int, int) {
	counts := map[byte]int{}
	inside := false
	for i, c := range data {
		switch {
		case c == quote && (inside || i == 0 || data[i-1] == quote || strings.IndexByte(separators, data[i-1]) >= 0):
			inside = !inside
		case inside:
		case c == '\n':
			return counts, i + 1
		case strings.IndexByte(separators, c) >= 0:
			counts[c]++
		}
	}
	return counts, len(data)
}

// lineFeeds returns src, whose lines may end as those of old Macs do, with a carriage return alone.
func lineFeeds(src io.Reader) io.Reader {
	in := bufio.NewReaderSize(src, 64<<10)
	head, _ := in.Peek(in.Size())
	if at := bytes.IndexByte(head, '\r'); at < 0 || at == len(head)-1 || bytes.IndexByte(head, '\n') >= 0 {
		return in
	}
	return returns{in}
}

// returns reads carriage returns as line feeds.
type returns struct{ in io.Reader }

// Read implements io.Reader.
func (r returns) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	for i, c := range p[:n] {
		if c == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// withoutLines returns src behind its first n lines.
func withoutLines(src io.Reader, n int) (io.Reader, error) {
	in := bufio.NewReaderSize(src, 64<<10)
	for n > 0 {
		text, err := in.ReadSlice('\n')
		switch {
		case err == nil:
			n--
		case err == io.EOF:
			return bytes.NewReader(nil), nil
		case err != bufio.ErrBufferFull || len(text) == 0:
			return nil, err
		}
	}
	return in, nil
}
