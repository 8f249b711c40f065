package cli

import "io"

// behindBytes is the size of a block. Blocks begin at its multiples, so that the system keeps a file
// in large pages.
const behindBytes = 1 << 20

// writeBehind writes blocks to a file while the next one fills. An error comes with a later call.
type writeBehind struct {
	w      io.Writer
	fills  []byte
	spare  []byte
	result chan error // of the block that is being written; nil for none
	err    error
}

func newWriteBehind(w io.Writer) *writeBehind {
	return &writeBehind{w: w, fills: make([]byte, 0, behindBytes), spare: make([]byte, 0, behindBytes)}
}

// Write copies p.
func (b *writeBehind) Write(p []byte) (n int, err error) {
	for n < len(p) {
		k := copy(b.fills[len(b.fills):cap(b.fills)], p[n:])
		b.fills, n = b.fills[:len(b.fills)+k], n+k
		if len(b.fills) == cap(b.fills) {
			b.send()
		}
		if b.err != nil {
			return n, b.err
		}
	}
	return n, nil
}

// send begins to write the block.
func (b *writeBehind) send() {
	if b.wait() != nil {
		return
	}
	full := b.fills
	b.fills, b.spare = b.spare[:0], full
	b.result = make(chan error, 1)
	go func(result chan<- error) {
		_, err := b.w.Write(full)
		result <- err
	}(b.result)
}

// wait returns when no block is being written.
func (b *writeBehind) wait() error {
	if b.result != nil {
		if err := <-b.result; b.err == nil {
			b.err = err
		}
		b.result = nil
	}
	return b.err
}

// Flush writes what is left and waits for all.
func (b *writeBehind) Flush() error {
	b.send()
	return b.wait()
}
