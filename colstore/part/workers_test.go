package part

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"driftdb/internal/types"
)

// TestWorkersWriteTheSameImage writes columns of all types with one goroutine and with four.
func TestWorkersWriteTheSameImage(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	var cols []column
	for i, typ := range allTypes {
		c := column{spec: ColumnSpec{ID: uint32(i + 1), Name: "c", Type: typ}}
		for range 5000 {
			c.values = append(c.values, randomValue(r, typ, 900))
		}
		c.values[i] = types.NullOf(typ)
		cols = append(cols, c)
	}
	opt := WriteOptions{Columns: specsOf(cols), GroupRows: 2048, Indexes: []IndexSpec{{Columns: []uint32{4, 10}}}}
	for _, opt.Compress = range []bool{false, true} {
		opt.Workers = 0
		alone, info := writePart(t, opt, cols, nil)
		opt.Workers = 4
		shared, info4 := writePart(t, opt, cols, nil)
		if !bytes.Equal(alone, shared) || info.SHA256 != info4.SHA256 || info.Check != info4.Check {
			t.Errorf("compressed %v: four goroutines write another image than one", opt.Compress)
		}
		checkValues(t, openPart(t, shared), cols)
	}
}
