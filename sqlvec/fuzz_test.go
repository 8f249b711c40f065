package sqlvec_test

import (
	"path/filepath"
	"testing"

	"driftdb/sqlvec"
)

// FuzzExecute runs any text as SQL in a transaction that is rolled back, on a database with a
// table of all types: see runAnything for what may come of it. The seeds are the statements of
// the SQL files.
func FuzzExecute(f *testing.F) {
	files, err := filepath.Glob("../testdata/sql/*.slt")
	if err != nil || len(files) == 0 {
		f.Fatalf("no SQL files: %v", err)
	}
	for _, file := range files {
		for _, sql := range statementsOf(f, file) {
			f.Add(sql)
		}
	}
	var db *sqlvec.DB
	n := 0
	f.Fuzz(func(t *testing.T, sql string) {
		if touchesFiles.MatchString(sql) {
			return
		}
		if n++; db == nil || n%1000 == 0 { // a text may commit
			if db != nil {
				db.Close()
			}
			var err error
			if db, err = openMemory(); err != nil {
				t.Fatal(err)
			}
			s := db.Session()
			must(t, s, everything)
			s.Close()
		}
		s := db.Session()
		defer s.Close()
		must(t, s, "BEGIN")
		runAnything(t, s, sql)
	})
}
