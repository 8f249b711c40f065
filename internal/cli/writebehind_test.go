package cli

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// limited takes so many bytes and then fails.
type limited struct {
	bytes.Buffer
	room int
}

var errFull = errors.New("full")

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.room {
		return 0, errFull
	}
	return l.Buffer.Write(p)
}

func TestWriteBehind(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	data := make([]byte, 5*behindBytes+12345)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	write := func(to *limited) error {
		b := newWriteBehind(to)
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(behindBytes*2))
			if _, err := b.Write(rest[:n]); err != nil {
				return errors.Join(err, b.wait())
			}
			rest = rest[n:]
		}
		return b.Flush()
	}
	to := &limited{room: len(data)}
	if err := write(to); err != nil || !bytes.Equal(to.Bytes(), data) {
		t.Errorf("%d bytes arrived, %v", to.Len(), err)
	}
	for _, room := range []int{0, behindBytes, 3 * behindBytes, len(data) - 1} {
		if err := write(&limited{room: room}); !errors.Is(err, errFull) {
			t.Errorf("a file of %d bytes: %v", room, err)
		}
	}
}
