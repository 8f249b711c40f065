package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// The variables that say what an error does, as in psql: ON_ERROR_STOP, which is on unless it is set to off, and
// ON_ERROR_ROLLBACK, which is off unless it is set to on or interactive.

// truths are the values of variables that are on or off.
var truths = map[string]bool{"on": true, "true": true, "1": true, "yes": true, "": true, "off": false, "false": false, "0": false, "no": false}

// checkVariable refuses a value that a variable of the shell cannot have.
func checkVariable(name, value string) error {
	_, ok := truths[strings.ToLower(value)]
	switch {
	case name == "ON_ERROR_STOP" && !ok:
		return fmt.Errorf("invalid value %q of ON_ERROR_STOP: on or off is expected", value)
	case name == "ON_ERROR_ROLLBACK" && !ok && !strings.EqualFold(value, "interactive"):
		return fmt.Errorf("invalid value %q of ON_ERROR_ROLLBACK: on, off or interactive is expected", value)
	}
	return nil
}

// stops reports whether an error ends a script.
func (s *script) stops() bool {
	value, set := s.vars["ON_ERROR_STOP"]
	return !set || truths[strings.ToLower(value)]
}

// goesOn shows an error that does not end the script; it returns the others.
func (s *script) goesOn(err error) error {
	if err == nil || s.stops() || dberr.CodeOf(err) == dberr.QueryCanceled || dberr.IsCorruption(err) {
		return err
	}
	s.out.w.Flush()
	reportColored(s.std.err, err, s.color)
	return nil
}

// savepoint is the name of the savepoint before a statement.
const savepoint = "driftdb_shell_savepoint"

// guard sets a savepoint before a statement of a transaction where ON_ERROR_ROLLBACK says so, and reports whether
// it did.
func (s *script) guard(ctx context.Context) bool {
	value, set := s.vars["ON_ERROR_ROLLBACK"]
	on := set && truths[strings.ToLower(value)] || s.interactive && strings.EqualFold(value, "interactive")
	open, failed := s.session.InTransaction()
	return on && open && !failed && s.quietly(ctx, "SAVEPOINT "+savepoint) == nil
}

// unguard rolls back to the savepoint if the statement failed, and otherwise removes it, unless the statement
// was one about transactions.
func (s *script) unguard(ctx context.Context, err error) {
	open, failed := s.session.InTransaction()
	switch {
	case !open:
	case failed || err != nil:
		s.quietly(context.WithoutCancel(ctx), "ROLLBACK TO "+savepoint+"; RELEASE "+savepoint)
	case s.tag != "SAVEPOINT" && s.tag != "RELEASE" && s.tag != "ROLLBACK" && s.tag != "COMMIT" && s.tag != "BEGIN":
		s.quietly(ctx, "RELEASE "+savepoint)
	}
}

func (s *script) quietly(ctx context.Context, sql string) error {
	return s.session.Run(ctx, sql, func(*sqlvec.Result) error { return nil })
}

// noteOutcome sets the variables that say what became of a statement.
func (s *script) noteOutcome(err error) {
	if err == nil {
		count := "0"
		if last := s.tag[strings.LastIndexByte(s.tag, ' ')+1:]; last != "" {
			if _, err := strconv.Atoi(last); err == nil {
				count = last
			}
		}
		s.vars["ERROR"], s.vars["SQLSTATE"], s.vars["ROW_COUNT"] = "false", "00000", count
		return
	}
	code, message := dberr.CodeOf(err), err.Error()
	var e *dberr.Error
	if errors.As(err, &e) {
		message = e.Message
	}
	s.vars["ERROR"], s.vars["SQLSTATE"], s.vars["ROW_COUNT"] = "true", code, "0"
	s.vars["LAST_ERROR_SQLSTATE"], s.vars["LAST_ERROR_MESSAGE"] = code, message
}
