package sqlvec

import (
	"errors"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/sqlvec/files"
)

// rejectTables are DuckDB's tables of what read_csv with store_rejects left out, of the session. They are there when
// something was read so. Of DuckDB's columns those are there that say something here.
var rejectTables = map[string]*systemTable{
	"reject_scans":  {columnsOf("scan_id bigint, file_id bigint, file_path, delimiter, quote, has_header boolean, columns"), fillRejectScans},
	"reject_errors": {columnsOf("scan_id bigint, file_id bigint, line bigint, column_idx bigint, column_name, error_type, sqlstate, csv_line, error_message"), fillRejectErrors},
}

func fillRejectScans(c *systemContext) {
	for _, s := range c.session.rejects.Scans() {
		c.add(s.Scan, s.File, s.Path, character(s.Delim), character(s.Quote), s.Header, columnsText(s.Columns))
	}
}

// character is a character, or NULL.
func character(c byte) any {
	if c == 0 {
		return nil
	}
	return string(rune(c))
}

// columnsText is the names and types of columns as DuckDB writes them.
func columnsText(cols []files.Column) string {
	text := "{"
	for i, c := range cols {
		if i > 0 {
			text += ", "
		}
		text += "'" + c.Name + "': '" + c.Type.String() + "'"
	}
	return text + "}"
}

func fillRejectErrors(c *systemContext) {
	for _, r := range c.session.rejects.Errors() {
		var place, name any
		if r.Column != "" {
			place, name = r.Place, r.Column
		}
		kind, message := explainReject(r.Err)
		c.add(r.Scan, r.File, r.Line, place, name, kind, dberr.CodeOf(r.Err), strings.ToValidUTF8(r.Text, "\ufffd"), message)
	}
}

// explainReject is DuckDB's name of what is wrong with a record, and the error's message without its place.
func explainReject(err error) (kind, message string) {
	var e *dberr.Error
	if !errors.As(err, &e) {
		return "CAST", err.Error()
	}
	message = e.Message
	if e.Detail != "" {
		message += ": " + e.Detail
	}
	switch {
	case e.Code == dberr.ProgramLimitExceeded:
		return "LINE SIZE OVER MAXIMUM", message
	case e.Code == dberr.CharacterNotInRepertoire:
		return "INVALID ENCODING", message
	case e.Code != dberr.BadCopyFileFormat:
		return "CAST", message
	case e.Detail == "": // about quotes
		return "UNQUOTED VALUE", message
	case e.Column == "":
		return "TOO MANY COLUMNS", message
	}
	return "MISSING COLUMNS", message
}
