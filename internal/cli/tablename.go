package cli

import (
	"strings"

	"driftdb/colstore"
)

// tableName reads the name of a table that a flag gives: table, of the schema public, or schema.table.
// A part with a dot in it stands in double quotes.
func tableName(text string) colstore.Name {
	first, rest := namePart(text)
	if rest == "" {
		return colstore.InPublic(first)
	}
	table, _ := namePart(rest[1:])
	return colstore.Name{Schema: first, Name: table}
}

// namePart cuts the first part off a name; what is left begins with the dot.
func namePart(text string) (part, rest string) {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		if end := strings.IndexByte(quoted, '"'); end >= 0 && (end+1 == len(quoted) || quoted[end+1] == '.') {
			return quoted[:end], quoted[end+1:]
		}
	}
	if i := strings.IndexByte(text, '.'); i > 0 && i+1 < len(text) {
		return text[:i], text[i:]
	}
	return text, ""
}

// quoteTable is the name of a table that a flag gives as a statement has it.
func quoteTable(text string) string {
	n := tableName(text)
	if n.Schema == "" {
		n.Schema = colstore.PublicName
	}
	return quoteName(n.Schema) + "." + quoteName(n.Name)
}
