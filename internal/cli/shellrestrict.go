package cli

import "driftdb/internal/dberr"

// restrictCommands are those around what pg_dump writes: in between, data can run no command.
var restrictCommands = []shellCommand{
	{"restrict", "KEY", "refuse all commands but \\unrestrict KEY", (*shell).restrict},
	{"unrestrict", "KEY", "allow commands again", (*shell).unrestrict},
}

func (sh *shell) restrict(c call) error {
	if c.arg(0) == "" {
		return dberr.New(dberr.SyntaxError, "\\restrict needs a key")
	}
	sh.key = c.arg(0)
	return nil
}

func (sh *shell) unrestrict(c call) error {
	switch {
	case sh.key == "":
		return dberr.New(dberr.SyntaxError, "\\unrestrict: not in restricted mode")
	case c.arg(0) != sh.key:
		return dberr.New(dberr.SyntaxError, "\\unrestrict: wrong key")
	}
	sh.key = ""
	return nil
}

// mayRun refuses commands in restricted mode.
func (sh *shell) mayRun(name string) error {
	if sh.key == "" || name == "unrestrict" {
		return nil
	}
	return dberr.Newf(dberr.InsufficientPrivilege, "\\%s is not run between \\restrict and \\unrestrict", clean(name))
}
