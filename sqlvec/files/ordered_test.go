package files

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/formats/parquetio"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// numbersFile writes the numbers below n to a file of as many row groups as they need.
func numbersFile(t *testing.T, dir string, n int) string {
	t.Helper()
	path := filepath.Join(dir, fmt.Sprintf("%d.parquet", n))
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := parquetio.NewWriter(f, []parquetio.Column{{Name: "n", Type: types.T(types.Int64)}}, parquetio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < n; at += 2048 {
		part := make([]int64, min(2048, n-at))
		for i := range part {
			part[i] = int64(at + i)
		}
		if err := w.Write(&vec.Batch{N: len(part), Cols: []vec.Vec{vec.FromFixed(types.T(types.Int64), part, nil)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOrderedKeepsTheOrder reads two files of several row groups, whole and in part.
func TestOrderedKeepsTheOrder(t *testing.T) {
	dir := t.TempDir()
	const first, second = 300_000, 500_000
	table, err := Open(t.Context(), []string{numbersFile(t, dir, first), numbersFile(t, dir, second)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, most := range []int{first + second, 10, 0} {
		in, err := table.Ordered(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for rows < most {
			b, err := in.Next()
			if err != nil {
				t.Fatalf("after %d rows: %v", rows, err)
			}
			for _, got := range vec.Of[int64](&b.Cols[0])[:b.N] {
				want := rows
				if rows >= first {
					want -= first
				}
				if got != int64(want) {
					t.Fatalf("row %d is %d", rows, got)
				}
				rows++
			}
		}
		if most == first+second {
			if _, err := in.Next(); err != io.EOF {
				t.Errorf("after the last row: %v", err)
			}
		}
		in.Close()
	}
}

// TestOrderedEnds reports an error where it stands, and ends when it is cancelled.
func TestOrderedEnds(t *testing.T) {
	path := numbersFile(t, t.TempDir(), 300_000)
	table, err := Open(t.Context(), []string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	in, err := table.Ordered(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Next(); err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = in.Next()
	}
	if dberr.CodeOf(err) != dberr.QueryCanceled {
		t.Errorf("after the end of the context: %v", err)
	}
	in.Close()

	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(data[len(data)/2 : len(data)/2+1000]) // in the second row group
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	in, err = table.Ordered(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	rows := 0
	for err == nil {
		var b *vec.Batch
		if b, err = in.Next(); err == nil {
			rows += b.N
		}
	}
	if err == io.EOF || dberr.CodeOf(err) == "" || rows < 128<<10 || rows >= 300_000 {
		t.Errorf("%d rows before the damage, then %v", rows, err)
	}
}
