package parquetio

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"driftdb/internal/dberr"
)

// TestDamagedFixtures reads the files of other writers with bytes changed at random: an error has a
// code, and nothing hangs or takes all memory.
func TestDamagedFixtures(t *testing.T) {
	rounds := 1000
	if testing.Short() {
		rounds = 200
	}
	files, err := filepath.Glob("../../../testdata/interop/*.parquet")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for range rounds {
			bad := append([]byte(nil), data...)
			for range 1 + rng.IntN(3) {
				bad[rng.IntN(len(bad))] = byte(rng.Uint32())
			}
			if _, _, err := readAll(bad, 64); err != nil && dberr.CodeOf(err) == "" {
				t.Fatalf("%s: an error without a code: %v", name, err)
			}
		}
	}
}
