package parse

import (
	"strings"

	"driftdb/internal/dberr"
)

// pragmaTexts are DuckDB's PRAGMAs that ask for something, as the statements that they mean; $1 is the name of a table.
var pragmaTexts = map[string]string{
	"table_info": `SELECT row_number() OVER () - 1 AS cid, column_name AS name, column_type AS type, "null" = 'NO' AS notnull, "default" AS dflt_value, coalesce(key = 'PRI', false) AS pk FROM (DESCRIBE $1)`,
	"show":       `DESCRIBE $1`, "show_tables": `SHOW TABLES`, "version": `SELECT version() AS library_version`,
	"database_list": `SELECT 0 AS seq, current_database() AS name, NULL::text AS file`, "show_databases": `SELECT current_database() AS database_name`,
	"functions": `SELECT proname AS name, count(*) AS overloads FROM pg_proc GROUP BY 1 ORDER BY 1`,
}

// atPragma reports whether a PRAGMA begins here.
func (p *parser) atPragma() bool {
	return p.tok.kind == tokIdent && p.tok.text == "pragma" && p.peek(1).isName()
}

// pragma reads PRAGMA name, PRAGMA name('table') and PRAGMA name = value, which is SET.
func (p *parser) pragma(pos Pos) Stmt {
	p.next()
	at, name := p.pos(), strings.ToLower(p.ident().Name)
	if p.accept("=") {
		return p.assigned(&Set{Pos: pos, NamePos: at, Name: name})
	}
	text, ok := pragmaTexts[name]
	table := ""
	if p.accept("(") {
		if p.tok.kind == tokString {
			table = p.tok.text
			p.next()
		} else {
			table = strings.Join(p.name().Parts, ".")
		}
		p.expect(")")
	}
	if !ok || strings.Contains(text, "$1") != (table != "") {
		if p.err == nil {
			p.fail(dberr.Newf(dberr.FeatureNotSupported, "PRAGMA %s is not supported", name).
				WithHint("SHOW TABLES lists the tables, DESCRIBE the columns of one, SHOW ALL the settings; SET changes one.").At(int(at)))
		}
		return nil
	}
	return statementAt(strings.ReplaceAll(text, "$1", tableName(table)), at, p)
}

// tableName writes a name in which points separate schema and table.
func tableName(s string) string {
	var parts []string
	for part := range strings.SplitSeq(s, ".") {
		parts = append(parts, QuoteIdent(part))
	}
	return strings.Join(parts, ".")
}

// statementAt reads the one statement of a text as one that stands at pos.
func statementAt(text string, pos Pos, p *parser) Stmt {
	list, err := Parse(text)
	if err != nil || len(list) != 1 {
		p.syntaxError()
		return nil
	}
	return Placed(list[0].Stmt, pos)
}
