package types

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones must not depend on the machine

	"driftdb/internal/dberr"
)

// zoneAbbrevs holds PostgreSQL's common abbreviations of zones, as seconds east of
// Greenwich.
var zoneAbbrevs = map[string]int{
	"utc": 0, "ut": 0, "gmt": 0, "z": 0, "zulu": 0, "wet": 0,
	"est": -5 * 3600, "edt": -4 * 3600, "cst": -6 * 3600, "cdt": -5 * 3600,
	"mst": -7 * 3600, "mdt": -6 * 3600, "pst": -8 * 3600, "pdt": -7 * 3600,
	"akst": -9 * 3600, "akdt": -8 * 3600, "hst": -10 * 3600, "ast": -4 * 3600, "adt": -3 * 3600,
	"bst": 3600, "west": 3600, "cet": 3600, "cest": 7200, "met": 3600, "mest": 7200,
	"eet": 7200, "eest": 10800, "msk": 3 * 3600, "jst": 9 * 3600, "kst": 9 * 3600,
	"aest": 10 * 3600, "aedt": 11 * 3600, "awst": 8 * 3600, "nzst": 12 * 3600, "nzdt": 13 * 3600,
	"hkt": 8 * 3600, "sgt": 8 * 3600, "pkt": 5 * 3600, "brt": -3 * 3600, "art": -3 * 3600,
}

// zoneNames maps the lower-case names of zones met so far to their locations.
var zoneNames sync.Map

// LoadZone returns the zone of a name as SET TIME ZONE and AT TIME ZONE take it: a
// name of the zone database, an abbreviation, or an offset, where a bare offset
// such as +3 counts west of Greenwich as POSIX says, unless iso. The name is not kept.
func LoadZone(name string, iso bool) (*time.Location, error) {
	s := trimSpace(name)
	low := strings.ToLower(s)
	if l, ok := zoneNames.Load(low); ok && !iso {
		return l.(*time.Location), nil
	}
	if off, ok := zoneAbbrevs[low]; ok {
		if off == 0 {
			return time.UTC, nil
		}
		return time.FixedZone(strings.ToUpper(strings.Clone(s)), off), nil
	}
	if off, ok := parseOffset(s); ok {
		if !iso {
			off = -off
		}
		return time.FixedZone("", off), nil
	}
	if l := loadNamed(strings.Clone(s)); l != nil {
		zoneNames.Store(strings.Clone(low), l)
		return l, nil
	}
	if l := posixZone(s); l != nil && !iso {
		return l, nil
	}
	return nil, dberr.Newf(dberr.InvalidParameterValue, "time zone \"%s\" not recognized", name)
}

// NamedZone finds a zone of the database of zones by its name alone, nil for none: CET has summer there, the
// abbreviation has none.
func NamedZone(name string) *time.Location { return loadNamed(strings.Clone(trimSpace(name))) }

// posixZone reads a zone as POSIX writes it, a name and hours west of UTC: UTC+3, <X>-4:30.
func posixZone(s string) *time.Location {
	end := 0
	if strings.HasPrefix(s, "<") {
		end = strings.IndexByte(s, '>') + 1
	} else {
		for end < len(s) && (s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z') {
			end++
		}
	}
	name, rest := strings.Trim(s[:end], "<>"), s[end:]
	if len(name) < 1 || end < 3 || rest == "" {
		return nil
	}
	if rest[0] != '+' && rest[0] != '-' {
		rest = "+" + rest
	}
	west, ok := parseOffset(rest)
	if !ok {
		return nil
	}
	return time.FixedZone(strings.Clone(name), -west)
}

// loadNamed finds a zone of the database, in any case of letters.
func loadNamed(s string) *time.Location {
	if s == "" || strings.EqualFold(s, "local") || strings.Contains(s, "..") {
		return nil
	}
	if l, err := time.LoadLocation(s); err == nil {
		return l
	}
	parts := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '/' })
	for i, p := range parts {
		words := strings.Split(p, "_")
		for j, w := range words {
			if w != "" && !(j > 0 && (w == "of" || w == "es" || w == "au")) {
				words[j] = strings.ToUpper(w[:1]) + w[1:]
			}
		}
		parts[i] = strings.Join(words, "_")
	}
	for _, try := range []string{strings.Join(parts, "/"), strings.ToUpper(s)} {
		if l, err := time.LoadLocation(try); err == nil {
			return l
		}
	}
	return nil
}

// parseOffset reads ±H, ±HH, ±HHMM, ±HH:MM or ±HH:MM:SS as seconds.
func parseOffset(s string) (int, bool) {
	if len(s) < 2 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	parts := strings.Split(s[1:], ":")
	if len(parts) == 1 && len(parts[0]) > 2 && len(parts[0]) <= 6 {
		parts = splitPairs(parts[0])
	}
	if len(parts) > 3 {
		return 0, false
	}
	total, unit := 0, 3600
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || !allDigits(p) || len(p) > 2 || i > 0 && n > 59 || i == 0 && n > 15 {
			return 0, false
		}
		total += n * unit
		unit /= 60
	}
	if s[0] == '-' {
		total = -total
	}
	return total, true
}

// splitPairs cuts digits into pairs from the right: "530" is "5", "30".
func splitPairs(digits string) []string {
	var parts []string
	for len(digits) > 0 {
		n := 2 - len(digits)%2
		parts = append(parts, digits[:n])
		digits = digits[n:]
	}
	return parts
}

// OffsetAt returns the seconds east of Greenwich of the zone at a time in UTC.
func OffsetAt(zone *time.Location, micros int64) int64 {
	if zone == nil || zone == time.UTC || IsInfTime(micros) {
		return 0
	}
	_, off := time.Unix(floorDiv64(micros, MicrosPerSecond), 0).In(zone).Zone()
	return int64(off)
}

// ToLocal returns the wall clock of the zone at a time in UTC.
func ToLocal(zone *time.Location, micros int64) int64 {
	if IsInfTime(micros) {
		return micros
	}
	return micros + OffsetAt(zone, micros)*MicrosPerSecond
}

// ToUTC returns the time in UTC at which the clock of the zone shows local. A wall
// clock time that is skipped or comes twice is read with standard time.
func ToUTC(zone *time.Location, local int64) int64 {
	if zone == nil || zone == time.UTC || IsInfTime(local) {
		return local
	}
	// The offsets a day before and a day after are those around any change.
	before := OffsetAt(zone, local-MicrosPerDay)
	after := OffsetAt(zone, local+MicrosPerDay)
	a, b := local-before*MicrosPerSecond, local-after*MicrosPerSecond
	okA, okB := OffsetAt(zone, a) == before, OffsetAt(zone, b) == after
	switch {
	case before == after:
		return a
	case okA && okB:
		if isDST(zone, a) {
			return b
		}
		return a
	case okA:
		return a
	case okB:
		return b
	}
	// In a gap: PostgreSQL reads the clock with the offset before the change.
	return a
}

// isDST reports whether daylight saving time applies at a time in UTC.
func isDST(zone *time.Location, micros int64) bool {
	return time.Unix(floorDiv64(micros, MicrosPerSecond), 0).In(zone).IsDST()
}

//go:embed zones.txt
var zoneList string

// ZoneNames lists the names of the zone database, in order.
func ZoneNames() []string { return strings.Fields(zoneList) }

// IsSummerAbbrev reports whether an abbreviation stands for daylight saving time.
func IsSummerAbbrev(abbrev string) bool {
	switch strings.ToLower(abbrev) {
	case "adt", "aedt", "akdt", "bst", "cdt", "cest", "edt", "eest", "mdt", "mest", "nzdt", "pdt", "west":
		return true
	}
	return false
}

// ZoneAbbrevs are the abbreviations of zones that are read in times, in capital letters, as seconds east of Greenwich.
func ZoneAbbrevs() map[string]int {
	all := make(map[string]int, len(zoneAbbrevs))
	for name, seconds := range zoneAbbrevs {
		all[strings.ToUpper(name)] = seconds
	}
	return all
}
