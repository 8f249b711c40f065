package rowtext

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// TestWorkersWriteTheSameLines writes batches with one goroutine and with four.
func TestWorkersWriteTheSameLines(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	cols := []Column{{"id", types.T(types.Int64)}, {"a|b,c", types.T(types.Text)}}
	var batches []*vec.Batch
	for range 3 {
		ids, texts := make([]int64, 3000), make([]string, 3000)
		for i := range ids {
			ids[i], texts[i] = r.Int64(), strings.Repeat([]string{"plain", "a,b", `"`, "\t\\", "l\nm|"}[r.IntN(5)], r.IntN(3))
		}
		sel := make([]uint64, vec.Words(len(ids)))
		for i := range sel {
			sel[i] = r.Uint64() & r.Uint64()
		}
		sel[0], sel[len(sel)-1] = 0, 0
		batches = append(batches, &vec.Batch{N: len(ids), Sel: sel, Cols: []vec.Vec{vec.FromFixed(cols[0].Type, ids, nil), textVec(nil, texts...)}})
	}
	for _, form := range []string{"csv", "tsv", "markdown", "json", "ndjson"} {
		var outs [2]strings.Builder
		for k, workers := range []int{0, 4} {
			buf := bufio.NewWriter(&outs[k])
			w, err := NewWith(form, buf, Options{Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			err = w.Begin(cols)
			for _, b := range batches {
				if err == nil {
					err = w.Write(b)
				}
			}
			if err == nil {
				err = w.End()
			}
			if err != nil {
				t.Fatal(fmt.Errorf("%s: %w", form, err))
			}
			buf.Flush()
		}
		if outs[0].String() != outs[1].String() {
			t.Errorf("%s: four goroutines write other lines than one", form)
		}
	}
}
