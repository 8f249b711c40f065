package sqlvec

import (
	"slices"
	"strings"

	"driftdb/internal/dberr"
)

// clientSettings are those that pg_dump's scripts and drivers begin with. But for client_min_messages they have the one
// value that describes this system: others are refused.
func clientSettings() map[string]setting {
	return map[string]setting{
		"client_min_messages":                 {"least severity of messages that are shown", func(s *Session) string { return s.set.minMessages }, setMinMessages},
		"idle_in_transaction_session_timeout": {"longest idleness in a transaction, 0 for any", constant("0"), setOnly("idle_in_transaction_session_timeout", "0")},
		"check_function_bodies":               {"bodies of new functions are checked; there are none", constant("off"), setOnly("check_function_bodies", "off", "false", "0")},
		"xmloption":                           {"what XML values are", constant("content"), setOnly("xmloption", "content")},
		"row_security":                        {"policies of rows hold; there are none", constant("off"), setOnly("row_security", "off", "false", "0")},
		"default_tablespace":                  {"where new tables are stored", constant(""), setOnly("default_tablespace", "")},
		"default_table_access_method":         {"how new tables are stored", constant("heap"), setOnly("default_table_access_method", "heap")},
		"bytea_output":                        {"form of BYTEA", constant("hex"), setOnly("bytea_output", "hex")},
		"extra_float_digits":                  {"digits of floats: from 1 on as many as tell them apart", constant("1"), setOnly("extra_float_digits", "1", "2", "3")},
	}
}

// messageLevels are the severities of messages, the least first; names of debug levels count as one.
var messageLevels = []string{"debug", "log", "notice", "warning", "error"}

func setMinMessages(s *Session, value string, def bool) error {
	level := strings.ToLower(strings.TrimRight(value, "12345"))
	switch {
	case def:
		s.set.minMessages = "notice"
	case slices.Contains(messageLevels, level):
		s.set.minMessages = strings.ToLower(value)
	default:
		return dberr.Newf(dberr.InvalidParameterValue, "invalid value for parameter \"client_min_messages\": \"%s\"", value).
			WithHint("Available values: debug5, debug4, debug3, debug2, debug1, log, notice, warning, error.")
	}
	return nil
}

// shows reports whether a message of a severity is shown.
func (s *Session) shows(severity string) bool {
	at := slices.Index(messageLevels, strings.ToLower(severity))
	least := slices.Index(messageLevels, strings.TrimRight(s.set.minMessages, "12345"))
	return at < 0 || at >= least
}
