package sqlvec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVeryWideFiles reads files of so many columns that work for each pair of them would not end.
func TestVeryWideFiles(t *testing.T) {
	const columns = 40_000
	s := memoryDB(t).Session()
	defer s.Close()
	var header, values, members []string
	for i := range columns {
		header, values = append(header, fmt.Sprint("c", i)), append(values, fmt.Sprint(i))
		members = append(members, fmt.Sprintf(`"c%d":%d`, i, i))
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"wide.csv":    strings.Join(header, ",") + "\n" + strings.Join(values, ",") + "\n",
		"wide.ndjson": "{" + strings.Join(members, ",") + "}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		query(t, s, fmt.Sprintf("SELECT c%d, c7 FROM '%s'", columns-1, path), fmt.Sprintf("%d|7", columns-1))
		query(t, s, fmt.Sprintf("SELECT * FROM '%s'", path), strings.Join(values, "|"))
	}
}
