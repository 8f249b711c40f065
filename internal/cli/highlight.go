package cli

import (
	"os"
	"slices"
	"strings"
)

// wantColor reports whether what is written to w may have colours: on a terminal, unless the person
// has said no, as https://no-color.org describes.
func wantColor(w any) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// colors of tokens, as parameters of the SGR sequence.
var colors = map[tokenKind]string{
	tokNumber: "36", tokString: "32", tokComment: "90", tokVariable: "35", tokCommand: "35",
}

// colored returns a statement with colours.
func colored(text string) string {
	var out strings.Builder
	l := lexer{text: text}
	for t, ok := l.next(); ok; t, ok = l.next() {
		piece := text[t.from:t.to]
		color := colors[t.kind]
		if t.kind == tokWord && isKeyword(piece) {
			color = "34;1"
		}
		if color == "" {
			out.WriteString(piece)
			continue
		}
		// Each line has its colour of its own: the editor may redraw one alone.
		for i, line := range strings.Split(piece, "\n") {
			if i > 0 {
				out.WriteByte('\n')
			}
			if line != "" {
				out.WriteString("\x1b[" + color + "m" + line + "\x1b[0m")
			}
		}
	}
	return out.String()
}

// keywords are the words that are coloured and completed: those that make statements, not the many
// that may be names just as well.
var keywords = strings.Fields(`add all alter analyze and any as asc begin between bigint boolean by case cast check
	checkpoint coalesce column commit conflict constraint copy create cross cube current_date current_timestamp
	cycle date deallocate default delete desc describe distinct do double drop else end except exclude execute exists explain
	false filter first following for foreign from full grant group grouping having identity if ilike in index inner
	insert integer intersect interval into is isnull join json jsonb key last lateral left like limit matched materialized merge
	natural not notnull null nulls numeric of offset on or order outer over partition pivot preceding precision prepare
	primary qualify real recursive references refresh rename replace reset returning right rollback rollup rows
	savepoint select sequence serializable set sets show similar smallint summarize system_time table text then time
	timestamp timestamptz to transaction true truncate unbounded union unique unpivot update using vacuum values varchar view
	when where window with`)

func isKeyword(word string) bool {
	_, found := slices.BinarySearch(keywords, strings.ToLower(word))
	return found
}
