package sqlvec

import (
	"fmt"
	"strings"

	"driftdb/internal/dberr"
)

// A SET belongs to its transaction: a rollback takes it back, and a SET LOCAL ends with it.

// setIn changes a setting. Within a block a change that is not local also changes what holds
// after the block.
func (s *Session) setIn(def setting, value string, useDefault, local bool) error {
	if err := def.set(s, value, useDefault); err != nil || !s.tx.explicit {
		return err
	}
	if local {
		return nil
	}
	if s.tx.after == nil {
		return nil
	}
	now := s.set
	s.set = *s.tx.after
	err := def.set(s, value, useDefault)
	*s.tx.after, s.set = s.set, now
	return err
}

// beginLocal remembers what holds after the block, before a SET LOCAL changes the settings.
func (s *Session) beginLocal() {
	if s.tx.after == nil {
		after := s.set
		s.tx.after = &after
	}
}

// endSettings brings the settings to what holds after a block that was committed or rolled back.
func (s *Session) endSettings(committed bool) {
	if !s.tx.explicit {
		return
	}
	switch {
	case !committed:
		s.set = s.tx.before
	case s.tx.after != nil:
		s.set = *s.tx.after
	}
}

// savedSettings are the settings at a savepoint.
type savedSettings struct {
	set   settings
	after *settings
}

func (s *Session) saveSettings() savedSettings {
	saved := savedSettings{set: s.set}
	if s.tx.after != nil {
		after := *s.tx.after
		saved.after = &after
	}
	return saved
}

func (s *Session) restoreSettings(saved savedSettings) {
	s.set, s.tx.after = saved.set, nil
	if saved.after != nil {
		after := *saved.after
		s.tx.after = &after
	}
}

// setConfig is set_config(); no value is the default.
func (s *Session) setConfig(name string, to *string, local bool) (string, error) {
	def, err := s.lookupSetting(name, true)
	if err != nil {
		return "", err
	}
	if def.set == nil {
		return "", dberr.Newf(dberr.InvalidParameterValue, "parameter \"%s\" cannot be changed", name)
	}
	value := ""
	if to != nil {
		value = strings.Clone(*to) // a function's argument
	}
	if local && !s.tx.explicit {
		if to == nil {
			value = def.show(s)
		}
		return value, nil
	}
	if local {
		s.beginLocal()
	}
	if err := s.setIn(def, value, to == nil, local); err != nil {
		return "", err
	}
	return def.show(s), nil
}

// formatDuration shows a time in milliseconds in the greatest unit that says it exactly.
func formatDuration(ms int64) string {
	for _, u := range []struct {
		name string
		ms   int64
	}{{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}} {
		if ms != 0 && ms%u.ms == 0 {
			return fmt.Sprintf("%d%s", ms/u.ms, u.name)
		}
	}
	return fmt.Sprintf("%dms", ms)
}
