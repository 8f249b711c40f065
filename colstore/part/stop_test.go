package part

import (
	"errors"
	"io"
	"testing"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// TestStop ends the writing of a part at each question whether it is to go on.
func TestStop(t *testing.T) {
	stopped := errors.New("stopped")
	for at := range 4 {
		asked := 0
		opt := WriteOptions{Columns: []ColumnSpec{{ID: 1, Name: "a", Type: types.T(types.Int64)}}, Indexes: []IndexSpec{{ID: 1, Columns: []uint32{1}}}, Stop: func() error {
			if asked++; asked > at {
				return stopped
			}
			return nil
		}}
		w, err := NewWriter(io.Discard, opt)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Append([]vec.Vec{vec.FromFixed(types.T(types.Int64), []int64{3, 1, 2}, nil)}, nil, nil); err != nil {
			t.Fatal(err)
		}
		_, err = w.Finish()
		if want := at < 3; want != errors.Is(err, stopped) {
			t.Errorf("asked %d times: %v", asked, err)
		}
		w.Close()
	}
}
