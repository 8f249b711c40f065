package exec

import (
	"sync"
	"sync/atomic"
	"time"

	"driftdb/colstore"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// Stats are the figures of one run, by operator. The zero value is ready to be handed to
// Run; read it when Run has returned.
type Stats struct {
	mu    sync.Mutex
	nodes map[plan.Node]*OpStats
	outer map[plan.Node]plan.Node // the operator of the plan that another was made for
	// MemoryBytes is the most memory that the operators held together.
	MemoryBytes int64
}

// OpStats are the figures of one operator, valid when the run has ended.
type OpStats struct {
	Rows    int64 // rows that left the operator
	Batches int64
	Nanos   int64 // spent in the operator itself; several workers add up
	// Groups and GroupsRead are a scan's row groups: in all, and loaded.
	Groups, GroupsRead int64
	// Removed are a scan's rows that a hash join above would find no partner for.
	Removed int64
	// SpilledBytes were written to temporary files, in SpilledParts partitions, or in
	// SpilledRuns sorted runs that were merged.
	SpilledBytes, SpilledParts, SpilledRuns int64
	// Scan is what the storage says of a scan, nil for other operators.
	Scan *colstore.Explain
}

// Of returns the figures of an operator, nil when it did not run.
func (s *Stats) Of(n plan.Node) *OpStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nodes[n]
}

// add returns the figures of n, which are new unless n is part of a recursion.
func (s *Stats) add(n plan.Node) *OpStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nodes == nil {
		s.nodes = map[plan.Node]*OpStats{}
	}
	if s.nodes[n] == nil {
		s.nodes[n] = &OpStats{}
	}
	return s.nodes[n]
}

// madeFor says that the operator inner was made to compute outer, which shows what it spills.
func (s *Stats) madeFor(outer, inner plan.Node) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outer == nil {
		s.outer = map[plan.Node]plan.Node{}
	}
	s.outer[inner] = outer
}

// addSpilled adds what the sink of an operator has spilled.
func (s *Stats) addSpilled(owner plan.Node, sp spiller) {
	s.mu.Lock()
	outer, ok := s.outer[owner]
	s.mu.Unlock()
	if ok {
		owner = outer
	}
	if st := s.Of(owner); st != nil {
		wrote := sp.spilled()
		st.SpilledBytes += wrote.bytes
		st.SpilledParts += wrote.parts
		st.SpilledRuns += wrote.runs
	}
}

// explainer is a scan of the storage that can say how it went.
type explainer interface{ Explain() colstore.Explain }

// spiller is a sink that may write to temporary files.
type spiller interface{ spilled() spillStats }

// collect adds up the meters and reads what scans say, before they are closed.
func (s *Stats) collect(ex *execution) {
	s.MemoryBytes = max(s.MemoryBytes, ex.budget.Peak())
	for _, p := range ex.pipes {
		above := int64(0)
		for _, pt := range p.parts {
			above += s.collectPart(pt)
		}
		if st := s.Of(p.owner); st != nil {
			st.Nanos += above + p.finishNanos
		}
		if sp, ok := p.sink.(spiller); ok {
			s.addSpilled(p.owner, sp)
		}
	}
}

// collectPart adds the figures of a part and returns the time spent above its operators.
func (s *Stats) collectPart(pt *part) int64 {
	before := pt.nanos.Load()
	for _, stage := range pt.stages {
		m, ok := stage.(*meterStage)
		if !ok {
			continue
		}
		above := m.above.Load()
		m.st.Rows += m.rows.Load()
		m.st.Batches += m.batches.Load()
		m.st.Nanos += before - above
		before = above
	}
	if src, ok := pt.src.(*scanSource); ok && src.rows != nil {
		s.collectScan(src)
	}
	return before
}

// collectScan reads what a scan says.
func (s *Stats) collectScan(src *scanSource) {
	st := s.Of(src.scan)
	if st == nil {
		return
	}
	st.Groups, st.GroupsRead = int64(src.rows.Groups()), src.groups.Load()
	st.Removed = src.sieve.removed.Load()
	if x, ok := src.rows.(explainer); ok {
		e := x.Explain()
		st.Scan = &e
	}
}

// measured puts a stage behind the parts of n that counts what passes.
func (b *builder) measured(n plan.Node, parts []*part) []*part {
	st := b.ex.stats.add(n)
	for _, p := range parts {
		p.stages = append(p.stages, &meterStage{st: st})
	}
	return parts
}

// meterStage counts the rows that pass one operator of a part, and the time that they
// take above it.
type meterStage struct {
	st                   *OpStats
	rows, batches, above atomic.Int64 // above is nanoseconds
}

func (m *meterStage) open(_ *worker, next pusher) (pusher, error) {
	return &meter{m: m, next: next}, nil
}

type meter struct {
	m    *meterStage
	next pusher
}

func (m *meter) push(b *vec.Batch) error {
	m.m.rows.Add(int64(b.Count()))
	m.m.batches.Add(1)
	start := time.Now()
	err := m.next.push(b)
	m.m.above.Add(int64(time.Since(start)))
	return err
}
