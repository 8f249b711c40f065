package parse

import (
	"strings"

	"driftdb/internal/dberr"
)

// statement reads one statement; the first word decides which.
func (p *parser) statement() Stmt {
	pos := p.pos()
	if p.tok.word() {
		if s, ok := p.dataDefinition(pos); ok {
			return s
		}
		if s, ok := p.sessionControl(pos); ok {
			return s
		}
		if s, ok := p.maintenance(pos); ok {
			return s
		}
	}
	if p.atPragma() {
		return p.pragma(pos)
	}
	if p.startsQuery() || p.isAny("insert", "update", "delete", "merge", "(") {
		return p.withInto(p.dataStmt())
	}
	p.refuseStatement()
	return nil
}

// laterStatements are PostgreSQL's statements that this dialect does not have.
const laterStatements = " alter call cluster create do drop grant import listen " +
	"load lock notify reassign reindex revoke security unlisten "

// refuseStatement says that a statement of PostgreSQL's is missing, or that this
// is none.
func (p *parser) refuseStatement() {
	if p.tok.kind == tokKeyword && strings.Contains(laterStatements, " "+p.tok.text+" ") {
		what := strings.ToUpper(p.tok.text)
		if next := p.peek(1); next.kind == tokKeyword && isAnyOf(p.tok.text, "create", "alter", "drop") {
			what += " " + strings.ToUpper(next.text)
		}
		p.unsupported(p.pos(), what)
		return
	}
	if hint, ok := duckStatements[p.tok.text]; ok && p.tok.kind != tokQuoted && p.peek(1).kind != tokEOF {
		p.fail(dberr.Newf(dberr.FeatureNotSupported, "%s is not supported", strings.ToUpper(p.tok.text)).WithHint("%s", hint).At(int(p.pos())))
		return
	}
	p.syntaxError()
}

// duckStatements are statements of DuckDB's that this dialect does not have, and what there is instead.
var duckStatements = map[string]string{
	"attach":  "A session has one database. A file of another is a table: SELECT * FROM 'file.parquet'.",
	"detach":  "A session has one database.",
	"use":     "A session has one database. SET search_path = s makes s the schema of names without one.",
	"install": "There are no extensions; everything is part of the program.",
	"export":  "COPY t TO 'file.parquet' writes a table; a copy of the directory is a backup.",
}

func isAnyOf(s string, list ...string) bool {
	for _, t := range list {
		if s == t {
			return true
		}
	}
	return false
}

// dataDefinition reads CREATE, ALTER, DROP, TRUNCATE and REFRESH.
func (p *parser) dataDefinition(pos Pos) (Stmt, bool) {
	switch p.tok.text {
	case "create":
		return p.create(pos), true
	case "alter":
		return p.alter(pos), true
	case "drop":
		return p.drop(pos), true
	case "truncate":
		return p.truncate(pos), true
	case "comment":
		return p.comment(pos), true
	case "refresh":
		p.expect("refresh", "materialized", "view")
		r := &RefreshView{Pos: pos, Concurrently: p.accept("concurrently"), Name: p.name()}
		r.NoData = p.withData()
		return r, true
	}
	return nil, false
}

// sessionControl reads transactions, settings and prepared statements.
func (p *parser) sessionControl(pos Pos) (Stmt, bool) {
	switch p.tok.text {
	case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release":
		return p.transaction(pos), true
	case "set":
		return p.set(pos), true
	case "reset":
		return p.reset(pos), true
	case "show":
		return p.show(pos), true
	case "discard":
		p.next()
		d := &Discard{Pos: pos, What: p.acceptAny("all", "plans", "sequences", "temp", "temporary")}
		if d.What == "" {
			p.syntaxError()
		}
		d.What = strings.TrimSuffix(d.What, "orary")
		return d, true
	case "prepare":
		return p.prepare(pos), true
	case "execute":
		return p.execute(pos), true
	case "deallocate":
		return p.deallocate(pos), true
	case "declare":
		return p.declareCursor(pos), true
	case "fetch", "move":
		return p.fetchStatement(pos), true
	case "close":
		return p.closeCursor(pos), true
	}
	return nil, false
}

// maintenance reads EXPLAIN, ANALYZE, VACUUM, CHECKPOINT, COPY and DESCRIBE.
func (p *parser) maintenance(pos Pos) (Stmt, bool) {
	switch p.tok.text {
	case "explain":
		return p.explain(pos), true
	case "analyze", "analyse":
		return p.analyze(pos), true
	case "vacuum":
		return p.vacuum(pos), true
	case "checkpoint":
		p.next()
		c := &Checkpoint{Pos: pos}
		if p.accept("table") {
			c.Tables = p.names()
		}
		return c, true
	case "copy":
		return p.copy(pos), true
	case "describe", "desc", "summarize":
		return p.describeStatement(pos), true
	}
	return nil, false
}
