package sqlvec_test

import (
	"context"
	"io"
	"testing"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// TestLoadObeysRules loads rows into a table with checks, keys, a sequence and a generated column.
func TestLoadObeysRules(t *testing.T) {
	s := session(t)
	setup := `CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1), (2);
		CREATE TABLE c (id SERIAL PRIMARY KEY, p INTEGER REFERENCES p CHECK (p <> 2), twice INTEGER GENERATED ALWAYS AS (p * 2) STORED)`
	if _, err := script(s, setup); err != nil {
		t.Fatal(err)
	}
	load := func(column string, values ...int32) error {
		done := false
		_, err := s.Load(context.Background(), colstore.InPublic("c"), []string{column}, func() (*vec.Batch, error) {
			if done {
				return nil, io.EOF
			}
			done = true
			return &vec.Batch{N: len(values), Cols: []vec.Vec{vec.FromFixed(types.T(types.Int32), values, nil)}}, nil
		})
		return err
	}
	for _, w := range []struct {
		column string
		values []int32
		code   string
	}{
		{"p", []int32{1, 2}, dberr.CheckViolation},
		{"p", []int32{1, 3}, dberr.ForeignKeyViolation},
		{"twice", []int32{1}, dberr.InvalidColumnReference},
	} {
		if err := load(w.column, w.values...); err == nil || dberr.CodeOf(err) != w.code {
			t.Errorf("loading %v into %s: %v, want %s", w.values, w.column, err, w.code)
		}
	}
	if err := load("p", 1, 1); err != nil {
		t.Fatal(err)
	}
	out, err := script(s, "SELECT p, twice, count(*), count(DISTINCT id) FROM c GROUP BY p, twice")
	if err != nil || out[0] != "1|2|2|2" {
		t.Errorf("after the load: %q, %v", out, err)
	}
}
