package term

import (
	"bufio"
	"errors"
	"os"
	"strings"
)

// keptEntries is how many entries of a history file are read and kept.
const keptEntries = 5000

// History is the entries typed, oldest first, kept in a file of one line an entry: line breaks inside
// an entry are written as \n and backslashes as \\. It belongs to one goroutine.
type History struct {
	file    string // "" keeps it in memory only
	entries []string
}

var escapeEntry = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", ``)

// OpenHistory reads the history in a file, which need not exist. A file that cannot be read or
// written is as good as none: what is typed is then kept in memory.
func OpenHistory(file string) *History {
	h := &History{file: file}
	f, err := os.Open(file)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			h.file = ""
		}
		return h
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	total := 0
	for lines.Scan() {
		total++
		h.entries = append(h.entries, unescapeEntry(lines.Text()))
		if len(h.entries) > 2*keptEntries {
			h.entries = append(h.entries[:0], h.entries[keptEntries:]...)
		}
	}
	h.entries = h.entries[max(0, len(h.entries)-keptEntries):]
	if total > 2*keptEntries {
		h.rewrite()
	}
	return h
}

func unescapeEntry(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if s[i] == 'n' {
				b.WriteByte('\n')
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// rewrite shortens the file to what is kept.
func (h *History) rewrite() {
	var all strings.Builder
	for _, e := range h.entries {
		all.WriteString(escapeEntry.Replace(e) + "\n")
	}
	temp := h.file + ".new"
	if os.WriteFile(temp, []byte(all.String()), 0o600) != nil || os.Rename(temp, h.file) != nil {
		os.Remove(temp)
	}
}

// Write adds an entry, unless it is empty, repeats the last one or begins with a blank.
func (h *History) Write(entry string) (int, error) {
	text := strings.TrimRight(entry, " \t\r\n")
	if text == "" || text[0] == ' ' || len(h.entries) > 0 && h.entries[len(h.entries)-1] == text {
		return len(h.entries), nil
	}
	h.entries = append(h.entries, text)
	if h.file == "" {
		return len(h.entries), nil
	}
	f, err := os.OpenFile(h.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		h.file = "" // said by nobody: history is a convenience
		return len(h.entries), nil
	}
	defer f.Close()
	_, err = f.WriteString(escapeEntry.Replace(text) + "\n")
	return len(h.entries), err
}

// GetLine returns entry pos, counted from 0.
func (h *History) GetLine(pos int) (string, error) {
	if pos < 0 || pos >= len(h.entries) {
		return "", errors.New("no such entry")
	}
	return h.entries[pos], nil
}

// Len returns the number of entries.
func (h *History) Len() int { return len(h.entries) }

// Dump returns the entries.
func (h *History) Dump() any { return h.entries }

// Entries returns the entries, oldest first.
func (h *History) Entries() []string { return h.entries }
