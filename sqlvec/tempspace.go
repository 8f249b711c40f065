package sqlvec

import (
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
	"driftdb/sqlvec/exec"
)

// tempSpace is where the session's queries write temporary files.
func (s *Session) tempSpace() exec.TempSpace {
	t := exec.TempSpace{Limit: s.set.tempLimit}
	t.FS, t.Dir = s.db.tempFS, s.db.tempDir
	if s.set.tempDirectory != "" {
		t.FS, t.Dir = vfs.OS, s.set.tempDirectory
	}
	return t
}

func setTempDirectory(s *Session, value string, def bool) error {
	if def {
		value = ""
	}
	if value != "" {
		info, err := vfs.OS.Stat(value)
		if err != nil || !info.IsDir {
			return dberr.New(dberr.InvalidParameterValue, "invalid value for parameter \"temp_directory\": \""+value+"\"").
				WithDetail("There is no directory of this name.")
		}
	}
	s.set.tempDirectory = value
	return nil
}

func showTempLimit(s *Session) string {
	if s.set.tempLimit == 0 {
		return "-1"
	}
	return formatSize(s.set.tempLimit)
}

// setTempLimit sets the most bytes of temporary files. A number without a unit is kilobytes, as
// PostgreSQL has it.
func setTempLimit(s *Session, value string, def bool) error {
	if def || value == "-1" {
		s.set.tempLimit = 0
		return nil
	}
	if isDigits(value) {
		value += "kB"
	}
	n, err := ParseSize(value)
	if err != nil {
		return dberr.Newf(dberr.InvalidParameterValue, "invalid value for parameter \"temp_file_limit\": \"%s\"", value)
	}
	s.set.tempLimit = n
	return nil
}

func isDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
