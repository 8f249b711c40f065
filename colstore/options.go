package colstore

import (
	"crypto/rand"
	"io"
	"log/slog"
	"runtime"
	"time"

	"driftdb/internal/vfs"
)

// Options of Init and Open. The zero value of every field is a usable default.
type Options struct {
	FS             vfs.FS       // default the machine's
	LogDir         string       // default <dir>/log
	ReadOnly       bool         // writes nothing; a live writer may go on beside
	Clock          func() int64 // microseconds UTC; default the machine's
	Rand           io.Reader    // ids and salts; default crypto/rand
	TailLimit      int64        // bytes of all tails together that start a checkpoint; default 16 MiB
	PartRows       int          // most rows of a part; default 2^20
	GroupRows      int          // rows of a row group; a multiple of 64, default 65,536
	InlineRows     int          // rows a transaction keeps inline for one table before it writes a part; default 8,192
	InlineBytes    int          // bytes it keeps inline for one table; default 256 KiB
	AutoCheckpoint bool         // checkpoints start by themselves in the background
	SegmentMin     int64        // bytes; see eventlog.Options
	SegmentMax     int64        // bytes
	CacheBytes     int64        // decompressed log blocks; default 16 MiB
	Workers        int          // goroutines that encode the columns of a part; default one per processor
	Logger         *slog.Logger // what recovery and maintenance did; default none
	FirstTable     uint32       // least id of a new table; default 1
}

// FirstTemporary is the FirstTable of stores for temporary tables, so that their ids are no others'.
const FirstTemporary = 1 << 30

const (
	defaultTailLimit   = 16 << 20
	defaultPartRows    = 1 << 20
	defaultGroupRows   = 64 << 10
	defaultInlineRows  = 8192
	defaultInlineBytes = 256 << 10
	maxInlineBytes     = 768 << 10 // a frame holds at most 1 MiB
)

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.OS
	}
	if o.Clock == nil {
		o.Clock = func() int64 { return time.Now().UnixMicro() }
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	setDefault(&o.TailLimit, defaultTailLimit)
	setDefault(&o.PartRows, defaultPartRows)
	setDefault(&o.GroupRows, defaultGroupRows)
	setDefault(&o.InlineRows, defaultInlineRows)
	setDefault(&o.InlineBytes, defaultInlineBytes)
	setDefault(&o.Workers, runtime.GOMAXPROCS(0))
	o.InlineBytes = min(o.InlineBytes, maxInlineBytes)
	o.GroupRows = min((o.GroupRows+63)&^63, o.PartRows)
	return o
}

func setDefault[T int | int64](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}
