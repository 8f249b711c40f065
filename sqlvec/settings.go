package sqlvec

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
)

// settings are the session's values of what SET changes.
type settings struct {
	zone             *time.Location
	zoneName         string
	minMessages      string // of client_min_messages
	systemTime       *bind.Point
	systemTimeText   string
	syncCommit       bool
	allowUndeclared  bool
	compressParts    bool
	threads          int
	memoryLimit      int64  // bytes
	ownMemory        bool   // memoryLimit is that of each query of the session
	tempDirectory    string // of temporary files, empty for the database's own
	tempLimit        int64  // bytes, 0: none
	applicationName  string
	isolation        colstore.Isolation
	readOnly         bool
	statementTimeout time.Duration // 0: none
	lockTimeout      time.Duration // 0: none
	searchPath       string
	custom           *map[string]string // the settings whose names have a dot; a map is never changed
}

func defaultSettings(db *DB) settings {
	return settings{
		zone: time.UTC, zoneName: "UTC", minMessages: "notice", syncCommit: true, allowUndeclared: true,
		threads: db.opts.Threads, memoryLimit: db.opts.MemoryLimit,
		isolation: colstore.ReadCommitted, searchPath: defaultSearchPath,
	}
}

// setting is one name that SET, SHOW and RESET know.
type setting struct {
	what string
	show func(s *Session) string
	// set is nil for what cannot be changed. def asks for the default.
	set func(s *Session, value string, def bool) error
}

// allSettings are the settings by name. It is read-only after init.
var allSettings map[string]setting

func init() {
	allSettings = map[string]setting{
		"timezone":                      {"time zone of timestamps", func(s *Session) string { return s.set.zoneName }, setZone},
		"system_time":                   {"point in the past that all tables are read at", showSystemTime, setSystemTime},
		"synchronous_commit":            {"COMMIT waits until the transaction is durable", showBool(func(s *Session) *bool { return &s.set.syncCommit }), setBool(func(s *Session) *bool { return &s.set.syncCommit }, "synchronous_commit", true)},
		"compress_parts":                {"rows that a statement writes in bulk are stored compressed", showBool(func(s *Session) *bool { return &s.set.compressParts }), setBool(func(s *Session) *bool { return &s.set.compressParts }, "compress_parts", false)},
		"allow_undeclared_columns":      {"INSERT and UPDATE may name new columns", showBool(func(s *Session) *bool { return &s.set.allowUndeclared }), setBool(func(s *Session) *bool { return &s.set.allowUndeclared }, "allow_undeclared_columns", true)},
		"default_transaction_read_only": {"new transactions are read-only", showBool(func(s *Session) *bool { return &s.set.readOnly }), setBool(func(s *Session) *bool { return &s.set.readOnly }, "default_transaction_read_only", false)},
		"threads":                       {"workers of a query", func(s *Session) string { return strconv.Itoa(s.set.threads) }, setThreads},
		"memory_limit":                  {"memory that the operators of queries may hold", func(s *Session) string { return formatSize(s.set.memoryLimit) }, setMemoryLimit},
		"temp_directory":                {"directory of temporary files, empty for the database's own", func(s *Session) string { return s.set.tempDirectory }, setTempDirectory},
		"temp_file_limit":               {"size of the temporary files that one query may have, -1 for any", showTempLimit, setTempLimit},
		"statement_timeout":             {"longest time of a statement, 0 for none", func(s *Session) string { return formatMillis(s.set.statementTimeout) }, setTimeout("statement_timeout", func(s *Session) *time.Duration { return &s.set.statementTimeout })},
		"lock_timeout":                  {"longest wait for another transaction, 0 for any", func(s *Session) string { return formatMillis(s.set.lockTimeout) }, setTimeout("lock_timeout", func(s *Session) *time.Duration { return &s.set.lockTimeout })},
		"application_name":              {"name kept with every commit", func(s *Session) string { return s.set.applicationName }, setApplication},
		"datestyle":                     {"format of dates", constant("ISO, MDY"), setDateStyle},
		"client_encoding":               {"encoding of text", constant("UTF8"), setOnly("client_encoding", "utf8", "utf-8", "unicode")},
		"standard_conforming_strings":   {"backslashes in strings are plain characters", constant("on"), setOnly("standard_conforming_strings", "on", "true", "1")},
		"server_version":                {"PostgreSQL version whose SQL is spoken", constant("17.0"), nil},
		"search_path":                   {"schemas in which names are looked up", func(s *Session) string { return s.set.searchPath }, setSearchPath},
		"server_version_num":            {"PostgreSQL version whose SQL is spoken, as a number", constant("170000"), nil},
		"server_encoding":               {"encoding of stored text", constant("UTF8"), nil},
		"integer_datetimes":             {"dates are stored as integers", constant("on"), nil},
		"intervalstyle":                 {"format of intervals", constant("postgres"), setOnly("intervalstyle", "postgres")},
		"lc_collate":                    {"order of text", constant("C"), nil},
		"lc_ctype":                      {"classes of characters", constant("C.UTF-8"), nil},
		"max_identifier_length":         {"longest name in bytes", constant("255"), nil},
		"transaction_isolation":         {"isolation of the current transaction", showIsolation, nil},
		"default_transaction_isolation": {"isolation of new transactions", func(s *Session) string { return isolationNames[s.set.isolation] }, setIsolation},
	}
	maps.Copy(allSettings, clientSettings())
}

var isolationNames = map[colstore.Isolation]string{
	colstore.ReadCommitted: "read committed", colstore.RepeatableRead: "repeatable read", colstore.Serializable: "serializable",
}

func constant(v string) func(*Session) string { return func(*Session) string { return v } }

func showIsolation(s *Session) string {
	if s.tx.open != nil {
		return isolationNames[s.tx.isolation]
	}
	return isolationNames[s.set.isolation]
}

func showBool(field func(*Session) *bool) func(*Session) string {
	return func(s *Session) string {
		if *field(s) {
			return "on"
		}
		return "off"
	}
}

func setBool(field func(*Session) *bool, name string, def bool) func(*Session, string, bool) error {
	return func(s *Session, value string, useDefault bool) error {
		if useDefault {
			*field(s) = def
			return nil
		}
		switch strings.ToLower(value) {
		case "on", "true", "yes", "1", "t", "y", "local", "remote_write", "remote_apply":
			*field(s) = true
		case "off", "false", "no", "0", "f", "n":
			*field(s) = false
		default:
			return dberr.Newf(dberr.InvalidParameterValue, "parameter \"%s\" requires a Boolean value", name)
		}
		return nil
	}
}

// setOnly accepts the one value that there is, in its spellings.
func setOnly(name string, spellings ...string) func(*Session, string, bool) error {
	return func(_ *Session, value string, def bool) error {
		if def {
			return nil
		}
		for _, s := range spellings {
			if strings.EqualFold(strings.TrimSpace(value), s) {
				return nil
			}
		}
		return dberr.Newf(dberr.InvalidParameterValue, "invalid value for parameter \"%s\": \"%s\"", name, value).
			WithHint("The only value supported is \"%s\".", spellings[0])
	}
}

func setZone(s *Session, value string, def bool) error {
	if def || strings.EqualFold(value, "utc") || strings.EqualFold(value, "local") || strings.EqualFold(value, "default") {
		s.set.zone, s.set.zoneName = time.UTC, "UTC"
		return nil
	}
	if hours, err := strconv.ParseFloat(value, 64); err == nil && math.Abs(hours) < 168 {
		s.set.zone, s.set.zoneName = hoursEast(hours)
		return nil
	}
	if loc := types.NamedZone(value); loc != nil {
		s.set.zone, s.set.zoneName = loc, loc.String()
		return nil
	}
	loc, err := types.LoadZone(value, false)
	if err != nil {
		return dberr.Newf(dberr.InvalidParameterValue, "invalid value for parameter \"TimeZone\": \"%s\"", value)
	}
	s.set.zone, s.set.zoneName = loc, value
	return nil
}

// hoursEast is the zone of a number of hours east of UTC, with the name that PostgreSQL gives it.
func hoursEast(hours float64) (*time.Location, string) {
	seconds := int(math.Round(hours * 3600))
	clock := func(seconds int) string {
		sign := '+'
		if seconds < 0 {
			sign, seconds = '-', -seconds
		}
		out := fmt.Sprintf("%c%02d", sign, seconds/3600)
		if seconds%3600 != 0 {
			out += fmt.Sprintf(":%02d", seconds/60%60)
		}
		if seconds%60 != 0 {
			out += fmt.Sprintf(":%02d", seconds%60)
		}
		return out
	}
	return time.FixedZone(clock(seconds), seconds), "<" + clock(seconds) + ">" + clock(-seconds)
}

func showSystemTime(s *Session) string {
	if s.set.systemTime == nil {
		return "default"
	}
	return s.set.systemTimeText
}

func setSystemTime(s *Session, value string, def bool) error {
	if def || strings.EqualFold(value, "default") {
		s.set.systemTime, s.set.systemTimeText = nil, ""
		return nil
	}
	p, err := bind.ParsePoint(value, types.Context{Zone: s.set.zone})
	if err != nil {
		return err
	}
	v, err := s.viewAt(p)
	if err != nil {
		return err
	}
	v.Release()
	s.set.systemTime, s.set.systemTimeText = &p, value
	return nil
}

func setThreads(s *Session, value string, def bool) error {
	if def {
		s.set.threads = s.db.opts.Threads
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 1024 {
		return dberr.Newf(dberr.InvalidParameterValue, "%s is outside the valid range for parameter \"threads\" (1 .. 1024)", value)
	}
	s.set.threads = n
	return nil
}

func setMemoryLimit(s *Session, value string, def bool) error {
	if def {
		s.set.memoryLimit, s.set.ownMemory = s.db.opts.MemoryLimit, false
		return nil
	}
	n, err := ParseSize(value)
	if err != nil {
		return err
	}
	s.set.memoryLimit, s.set.ownMemory = n, true
	return nil
}

func setTimeout(name string, field func(*Session) *time.Duration) func(*Session, string, bool) error {
	return func(s *Session, value string, def bool) error {
		if def {
			*field(s) = 0
			return nil
		}
		if n, err := strconv.ParseInt(value, 10, 32); err == nil && n >= 0 {
			*field(s) = time.Duration(n) * time.Millisecond
			return nil
		}
		d, err := time.ParseDuration(strings.ReplaceAll(strings.ReplaceAll(value, " ", ""), "min", "m"))
		if err != nil || d < 0 {
			return dberr.Newf(dberr.InvalidParameterValue, "invalid value for parameter \"%s\": \"%s\"", name, value)
		}
		*field(s) = d
		return nil
	}
}

func setApplication(s *Session, value string, def bool) error {
	if def {
		value = ""
	}
	s.set.applicationName = value
	return nil
}

func setIsolation(s *Session, value string, def bool) error {
	if def {
		s.set.isolation = colstore.ReadCommitted
		return nil
	}
	name := strings.ToLower(value)
	if name == "read uncommitted" {
		name = "read committed"
	}
	for level, n := range isolationNames {
		if n == name {
			s.set.isolation = level
			return nil
		}
	}
	return dberr.Newf(dberr.InvalidParameterValue, "invalid value for parameter \"default_transaction_isolation\": \"%s\"", value)
}

// lookupSetting finds a setting by its name, in any case. One whose name has a dot is there when it has been
// set; anew says that it may be set for the first time.
func (s *Session) lookupSetting(name string, anew bool) (setting, error) {
	folded := strings.ToLower(name)
	st, ok := allSettings[folded]
	if !ok && customName.MatchString(folded) && (anew || s.customNames[folded]) {
		return customSetting(folded), nil
	}
	if !ok {
		return st, dberr.Newf(dberr.UndefinedObject, "unrecognized configuration parameter \"%s\"", name)
	}
	return st, nil
}

// customName is what a setting may be called that applications define.
var customName = regexp.MustCompile(`^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)+$`)

// customSetting is a setting that has a meaning to applications alone. Once it has been set, it is there as
// long as the session, empty where it has no value.
func customSetting(name string) setting {
	show := func(s *Session) string {
		if s.set.custom == nil {
			return ""
		}
		return (*s.set.custom)[name]
	}
	set := func(s *Session, value string, def bool) error {
		if s.customNames == nil {
			s.customNames = map[string]bool{}
		}
		s.customNames[name] = true
		custom := map[string]string{}
		if s.set.custom != nil {
			maps.Copy(custom, *s.set.custom)
		}
		if delete(custom, name); !def {
			custom[name] = value
		}
		s.set.custom = &custom
		return nil
	}
	return setting{"", show, set}
}

// settingNames returns the names of all settings, sorted.
func settingNames() []string {
	names := make([]string, 0, len(allSettings))
	for n := range allSettings {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}}

// ParseSize reads a size in bytes as PostgreSQL writes it: 64MB, 1GB, 512kB.
func ParseSize(text string) (int64, error) {
	s := strings.ToUpper(strings.TrimSpace(text))
	s = strings.NewReplacer("KIB", "KB", "MIB", "MB", "GIB", "GB", "TIB", "TB").Replace(s)
	unit := int64(1)
	for _, u := range sizeUnits {
		if strings.HasSuffix(s, u.suffix) {
			s, unit = strings.TrimSpace(strings.TrimSuffix(s, u.suffix)), u.bytes
			break
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f > 0) || f*float64(unit) > 1<<50 {
		return 0, dberr.Newf(dberr.InvalidParameterValue, "invalid size: \"%s\"", text).
			WithHint("Valid units are \"B\", \"kB\", \"MB\", \"GB\" and \"TB\".")
	}
	return int64(f * float64(unit)), nil
}

func formatSize(n int64) string {
	for _, u := range sizeUnits {
		if n >= u.bytes && n%u.bytes == 0 {
			suffix := u.suffix
			if suffix == "KB" {
				suffix = "kB"
			}
			return strconv.FormatInt(n/u.bytes, 10) + suffix
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}

func formatMillis(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	return formatDuration(d.Milliseconds())
}
