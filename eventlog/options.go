package eventlog

import (
	"crypto/rand"
	"io"
	"log/slog"
	"time"
)

// Durability says when Submit returns.
type Durability int

// The two durabilities a session may choose with synchronous_commit.
const (
	Sync  Durability = iota // when the commit is durable
	Async                   // when it is ordered; a crash may lose it, and its numbers are given again
)

// Options of Open. The zero value of every field but DatabaseID is a usable default.
type Options struct {
	DatabaseID [16]byte          // every frame is bound to it
	Clock      func() int64      // microseconds UTC; the default is the machine's
	Rand       io.Reader         // salts of frames; the default is crypto/rand
	SegmentMin int64             // capacity of the first segment in bytes; default 64 KiB
	SegmentMax int64             // capacity that segments grow to; default 64 MiB
	Oldest     uint64            // log offset where the log begins: 0 until retention drops segments
	Held       uint64            // newest commit whose effects the caller holds elsewhere; damage that hides no later one does not end the log
	NoCompress bool              // sealed segments keep plain blocks
	CacheBytes int64             // decompressed blocks of sealed segments; default 16 MiB
	IdleMark   time.Duration     // quiet time after which a mark is written; default 100 ms, negative never
	ReadOnly   bool              // writes nothing; a live writer may go on beside
	OnDurable  func(last Commit) // called in order, before Submit returns, with the newest durable commit
	Logger     *slog.Logger      // what recovery and sealing did; default none
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = func() int64 { return time.Now().UnixMicro() }
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.IdleMark == 0 {
		o.IdleMark = 100 * time.Millisecond
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}
