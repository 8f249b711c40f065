package cli

import (
	"fmt"
	"strings"

	"driftdb/internal/dberr"
)

// ifBlock is one \if that has no \endif yet.
type ifBlock struct {
	active bool // its branch at hand is run
	taken  bool // a branch of it has been or is run, or none may be
	last   bool // \else has been read
}

// ifCommands run parts of a script only. They are looked at where nothing else is.
var ifCommands = []shellCommand{
	{"if", "VALUE", "run what follows, up to \\elif, \\else or \\endif, when the value is true", (*shell).beginIf},
	{"elif", "VALUE", "run what follows when no part before was run and the value is true", (*shell).elseIf},
	{"else", "", "run what follows when no part before was run", (*shell).otherwise},
	{"endif", "", "the end of \\if", (*shell).endIf},
}

// isIfCommand reports whether a command counts in a part that is not run.
func isIfCommand(name string) bool {
	return name == "if" || name == "elif" || name == "else" || name == "endif"
}

// skipping reports whether statements and commands are not run, because of an \if.
func (s *script) skipping() bool { return len(s.blocks) > 0 && !s.blocks[len(s.blocks)-1].active }

// condition reads the value of \if and \elif as psql does; other text is an error, and false.
func (sh *shell) condition(c call) (bool, error) {
	word := strings.ToLower(strings.Join(c.args, " "))
	for _, w := range []struct {
		full  string
		least int // how many letters of it are enough
		value bool
	}{{"true", 1, true}, {"yes", 1, true}, {"on", 2, true}, {"1", 1, true}, {"false", 1, false}, {"no", 1, false}, {"off", 2, false}, {"0", 1, false}} {
		if len(word) >= w.least && strings.HasPrefix(w.full, word) {
			return w.value, nil
		}
	}
	return false, dberr.Newf(dberr.InvalidParameterValue, "unrecognized value %q of \\if: true or false is expected", clean(word)).
		WithHint("A query gives such a value by \\gset: SELECT count(*) > 0 AS found FROM t \\gset, then \\if :found.")
}

func (sh *shell) beginIf(c call) error {
	if sh.skipping() {
		sh.blocks = append(sh.blocks, ifBlock{taken: true})
		return nil
	}
	on, err := sh.condition(c)
	sh.blocks = append(sh.blocks, ifBlock{active: on, taken: on})
	return err
}

// block is the innermost \if, or an error that a command needs one.
func (sh *shell) block(command string) (*ifBlock, error) {
	if len(sh.blocks) == 0 {
		return nil, dberr.Newf(dberr.SyntaxError, "\\%s: there is no \\if before it", command)
	}
	b := &sh.blocks[len(sh.blocks)-1]
	if b.last && command != "endif" {
		return nil, dberr.Newf(dberr.SyntaxError, "\\%s: cannot stand behind \\else", command)
	}
	return b, nil
}

func (sh *shell) elseIf(c call) error {
	b, err := sh.block("elif")
	if err != nil {
		return err
	}
	b.active = false
	if b.taken {
		return nil
	}
	on, err := sh.condition(c)
	b.active, b.taken = on, on
	return err
}

func (sh *shell) otherwise(call) error {
	b, err := sh.block("else")
	if err == nil {
		b.active, b.taken, b.last = !b.taken, true, true
	}
	return err
}

func (sh *shell) endIf(call) error {
	if _, err := sh.block("endif"); err != nil {
		return err
	}
	sh.blocks = sh.blocks[:len(sh.blocks)-1]
	return nil
}

// noteSkipped tells a person that what was typed is not run.
func (sh *shell) noteSkipped(what string) {
	if sh.keys != nil {
		fmt.Fprintf(sh.std.err, "%s is ignored: \\endif ends this part of \\if, Ctrl-C all of it.\n", what)
	}
}

// unfinished is the error of a script that ends inside an \if.
func (s *script) unfinished(depth int) error {
	if len(s.blocks) <= depth {
		return nil
	}
	s.blocks = s.blocks[:depth]
	return dberr.New(dberr.SyntaxError, "the script ends before the \\endif of an \\if")
}
