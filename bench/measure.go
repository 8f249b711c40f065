package bench

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"driftdb/internal/dberr"
)

// Sample is the repeated measurement of one figure, in seconds unless said otherwise.
// The zero value is an empty sample.
type Sample []float64

// Add appends one measurement.
func (s *Sample) Add(d time.Duration) { *s = append(*s, d.Seconds()) }

// Median returns the middle measurement, 0 for an empty sample.
func (s Sample) Median() float64 {
	if len(s) == 0 {
		return 0
	}
	c := slices.Clone(s)
	slices.Sort(c)
	n := len(c)
	if n%2 == 1 {
		return c[n/2]
	}
	return (c[n/2-1] + c[n/2]) / 2
}

// Range returns the smallest and the largest measurement.
func (s Sample) Range() (lo, hi float64) {
	if len(s) == 0 {
		return 0, 0
	}
	return slices.Min(s), slices.Max(s)
}

// Row is one line of a report: a figure of ours beside a peer's, measured in turn in
// one run.
type Row struct {
	Workload string // the group the figure belongs to
	Name     string // what was measured
	Unit     string // "ms", "commits/s", "MB" …
	Ours     Sample // in Unit
	Peer     Sample // in Unit; empty when no peer has the figure
	PeerName string
	More     bool   // true when more is better
	Note     string // a condition a reader must know
	Area     string // of the targets, "" for none
	NoRatio  bool   // the figures are not to be divided
	OursCPU  Sample // processor time in milliseconds, where it is measured
	PeerCPU  Sample
}

// Ratio returns ours divided by the peer's medians, or 0 without a peer.
func (r Row) Ratio() float64 {
	p := r.Peer.Median()
	if p == 0 || r.NoRatio {
		return 0
	}
	return r.Ours.Median() / p
}

// format prints the median with its range.
func (s Sample) format() string {
	if len(s) == 0 {
		return "–"
	}
	lo, hi := s.Range()
	if len(s) == 1 {
		return number(s[0])
	}
	return fmt.Sprintf("%s (%s–%s)", number(s.Median()), number(lo), number(hi))
}

// number prints three significant digits, or whole numbers above 100.
func number(f float64) string {
	if f >= 100 {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.3g", f)
}

// rate runs work at once in so many goroutines, each until more says no, and returns how often a
// second it was done.
func rate(workers int, d time.Duration, work func(k int, more func() bool) (int64, error)) (float64, error) {
	var total atomic.Int64
	errs := make(chan error, workers)
	var group sync.WaitGroup
	start := time.Now()
	more := func() bool { return time.Since(start) < d }
	for k := range workers {
		group.Go(func() {
			n, err := work(k, more)
			total.Add(n)
			if err != nil {
				errs <- err
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	close(errs)
	return float64(total.Load()) / took.Seconds(), <-errs
}

// again runs a transaction until it does not meet another's change of its rows. As a client would, it
// waits in between, longer from time to time, so that those who meet do not meet again.
func again(fn func() error) error {
	for wait := 200 * time.Microsecond; ; wait = min(2*wait, 10*time.Millisecond) {
		if err := fn(); err == nil || dberr.CodeOf(err) != dberr.SerializationFailure {
			return err
		}
		time.Sleep(rand.N(wait))
	}
}
