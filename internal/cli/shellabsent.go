package cli

import (
	"strings"

	"driftdb/internal/dberr"
)

// absentCommands are psql's commands that there is nothing for, and what to do instead.
var absentCommands = map[string]string{
	"c":         "A shell has one database. Leave it and run: driftdb sql DIR",
	"connect":   "A shell has one database. Leave it and run: driftdb sql DIR",
	"password":  "There are no passwords in a directory; driftdb-server has tokens.",
	"du":        "There are no roles: who can read and write the directory can use the database.",
	"dg":        "There are no roles: who can read and write the directory can use the database.",
	"dp":        "There are no privileges: who can read and write the directory can use the database.",
	"z":         "There are no privileges: who can read and write the directory can use the database.",
	"ddp":       "There are no privileges: who can read and write the directory can use the database.",
	"drds":      "There are no roles with settings; SHOW ALL lists those of the session.",
	"db":        "There are no tablespaces; the log may live elsewhere, by --wal-path.",
	"dx":        "There are no extensions; everything is part of the program.",
	"dL":        "There are no procedural languages.",
	"dF":        "There is no text search.",
	"dE":        "There are no foreign tables; a file is a table: SELECT * FROM 'file.parquet'.",
	"det":       "There are no foreign tables; a file is a table: SELECT * FROM 'file.parquet'.",
	"des":       "There are no foreign servers; a file is a table: SELECT * FROM 'file.parquet'.",
	"dew":       "There are no foreign servers; a file is a table: SELECT * FROM 'file.parquet'.",
	"dy":        "There are no event triggers; driftdb log --follow shows every change.",
	"dRp":       "There is no replication by publications.",
	"dRs":       "There is no replication by subscriptions.",
	"dD":        "There are no domains; a CHECK constraint of a column does the same.",
	"dP":        "There are no partitioned tables; parts are chosen by what is in them.",
	"dA":        "There are no access methods to choose.",
	"dc":        "There are no conversions; text is UTF-8.",
	"dO":        "Text is compared byte by byte, by the collation \"C\".",
	"dconfig":   "SHOW ALL lists the settings.",
	"sf":        "Functions cannot be created, so there is no source of them; \\df lists them.",
	"ef":        "Functions cannot be created or changed; \\df lists them.",
	"ev":        "\\sv shows the definition of a view; change it by CREATE OR REPLACE VIEW.",
	"bind":      "PREPARE and EXECUTE run a statement with parameters; \\set and :'name' put values in.",
	"lo_import": "There are no large objects; BYTEA holds up to 1 GB.", "lo_export": "There are no large objects; BYTEA holds up to 1 GB.",
	"lo_list": "There are no large objects; BYTEA holds up to 1 GB.", "lo_unlink": "There are no large objects; BYTEA holds up to 1 GB.",
	"copyright": "DriftDB is under the MIT licence.",
}

// dotCommands are the commands of duckdb's and sqlite's shells, and what they are here.
var dotCommands = map[string]string{
	"tables": "dt", "schema": "d", "indexes": "di", "indices": "di", "databases": "l", "mode": "format", "timer": "timing", "read": "i", "output": "o",
	"quit": "q", "exit": "q", "help": "?", "nullvalue": "pset null", "shell": "!", "system": "!", "cd": "cd", "print": "echo", "edit": "e", "show": "pset",
}

// absentDots are those that there is nothing for, and what to do instead.
var absentDots = map[string]string{
	"open": "A shell has one database. Leave it and run: driftdb sql DIR", "headers": "It is followed by on or off.", "header": "It is followed by on or off.",
	"import": "It is followed by a file and a table. driftdb import --create --table t file.csv makes the table, too.", "dump": "driftdb export --table t writes a table; a copy of the directory is a backup.",
	"maxrows": "A long result goes to the pager; \\pset pager off shows all of it.", "maxwidth": "\\pset columns N sets the width of results.", "width": "\\pset columns N sets the width of results.",
	"separator": "\\format csv or \\format tsv.", "once": "\\g FILE writes the result of one statement.", "constant": "", "bail": "It is followed by on or off.", "echo": "\\echo writes text.",
	"explain": "EXPLAIN and EXPLAIN ANALYZE show plans.", "log": "\\o FILE writes results to a file.", "prompt": "", "columns": "\\x shows one line a column.", "rows": "\\x shows one line a column.",
	"changes": "", "large_number_rendering": "", "highlight": "NO_COLOR turns colours off.", "keyword": "", "thousand_sep": "", "decimal_sep": "",
}

// dotWords are the commands whose arguments are others here, "" where there is no such command.
func dotWords(name string, args []string) string {
	arg := ""
	if len(args) > 0 {
		arg = strings.ToLower(args[len(args)-1])
	}
	switch {
	case (name == "headers" || name == "header") && arg == "on":
		return "t off"
	case (name == "headers" || name == "header") && arg == "off":
		return "t on"
	case name == "bail" && (arg == "on" || arg == "off"):
		return "set ON_ERROR_STOP " + arg
	case name == "import" && len(args) >= 2:
		return "copy " + args[len(args)-1] + " FROM " + args[len(args)-2]
	}
	return ""
}

// isDotLine reports whether a line where no statement is open is a command that begins with a dot.
func isDotLine(line string) bool {
	return len(line) > 1 && line[0] == '.' && (line[1] >= 'a' && line[1] <= 'z' || line[1] >= 'A' && line[1] <= 'Z')
}

// undotted is the command that a line with a dot means, in the words of a backslash command.
func undotted(line string) (string, error) {
	name, rest, _ := strings.Cut(strings.TrimRight(strings.TrimPrefix(line, "."), "; \t\r\n"), " ")
	if to, ok := dotCommands[strings.ToLower(name)]; ok {
		return strings.TrimSpace(to + " " + rest), nil
	}
	if to := dotWords(strings.ToLower(name), strings.Fields(rest)); to != "" {
		return to, nil
	}
	e := dberr.Newf(dberr.SyntaxError, "invalid command .%s", clean(name))
	if hint, ok := absentDots[strings.ToLower(name)]; ok && hint != "" {
		return "", e.WithHint("%s", hint)
	}
	return "", e.WithHint("Commands begin with a backslash; try \\? for help.")
}
