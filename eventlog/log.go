package eventlog

import (
	"context"
	"io"
	"iter"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// Log is the event log of one database.
type Log struct{}

var errNotYet = dberr.New(dberr.FeatureNotSupported, "the log is not complete yet")

// Open opens or creates the log in dir.
func Open(fs vfs.FS, dir string, opt Options) (*Log, error) { return nil, errNotYet }

// Close writes a mark, syncs, and closes.
func (l *Log) Close() error { return errNotYet }

// Submit orders and logs one transaction. order runs under the ordering lock, in log order,
// exactly once; it sets the base rid of each table; its error refuses the transaction.
// Submit returns when the commit is durable, or at once with Async.
func (l *Log) Submit(ctx context.Context, b *Builder, order func(Commit, Bases) error, d Durability) (Commit, error) {
	return Commit{}, errNotYet
}

// Ordered is the newest ordered commit; Durable the newest durable one.
func (l *Log) Ordered() Commit { return Commit{} }

// Durable is the newest durable commit. The zero Commit when there is none.
func (l *Log) Durable() Commit { return Commit{} }

// WaitDurable waits until the commit is durable.
func (l *Log) WaitDurable(ctx context.Context, csn uint64) error { return errNotYet }

// Now is max(clock, last commit time), microseconds UTC.
func (l *Log) Now() int64 { return 0 }

// CloseTime raises the clock floor to micros and waits until every commit ordered at or
// before it is durable. A time later than Now is an error.
func (l *Log) CloseTime(ctx context.Context, micros int64) error { return errNotYet }

// End is the log offset behind the last durable frame.
func (l *Log) End() uint64 { return 0 }

// Replay calls fn for every durable transaction whose frame is at or behind offset from. The
// Txn and all it holds is valid during the call.
func (l *Log) Replay(from uint64, fn func(*Txn) error) error { return errNotYet }

// ReplayTable is Replay for the transactions up to csn to (0: all) that touch one table.
func (l *Log) ReplayTable(table uint32, from, to uint64, fn func(*Txn) error) error { return errNotYet }

// TxnAt returns the transaction at a log offset; it is a copy and may be kept.
func (l *Log) TxnAt(offset uint64) (*Txn, error) { return nil, errNotYet }

// CommitAt returns the commit with a number; an error of 22H01 names the last.
func (l *Log) CommitAt(csn uint64) (Commit, error) { return Commit{}, errNotYet }

// CommitOfSeq returns the commit that holds event seq.
func (l *Log) CommitOfSeq(seq uint64) (Commit, error) { return Commit{}, errNotYet }

// CommitAtTime returns the last durable commit at or before micros; the zero Commit if none.
func (l *Log) CommitAtTime(micros int64) (Commit, error) { return Commit{}, errNotYet }

// Follow yields the transactions from csn on and goes on while the log grows, in this process
// or another one, until ctx ends. Each Txn is a copy and may be kept.
func (l *Log) Follow(ctx context.Context, csn uint64) iter.Seq2[*Txn, error] {
	return func(yield func(*Txn, error) bool) { yield(nil, errNotYet) }
}

// Verify reads every byte and returns what is wrong.
func (l *Log) Verify() ([]Problem, error) { return nil, errNotYet }

// Dump writes the log as annotated hex.
func (l *Log) Dump(w io.Writer) error { return errNotYet }

// Problem is one finding of Verify.
type Problem struct {
	File   string
	Offset int64 // byte offset in File
	What   string
	Remedy string // what can be done
}
