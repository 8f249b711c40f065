package vfs

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
)

// CrashPolicy says what happens to what was not synced.
type CrashPolicy int

// The policies of Crash.
const (
	KeepUnsynced CrashPolicy = iota // everything had reached the disk
	LoseUnsynced                    // nothing had
	Reorder                         // any of the sectors and directory changes had
	Tear                            // as Reorder, and sectors are half old, half new
)

// CrashPolicies are all of them, for tests that try each.
var CrashPolicies = []CrashPolicy{KeepUnsynced, LoseUnsynced, Reorder, Tear}

// Crash returns the file system that is found after the machine has lost power now. The old
// one is not changed and may crash again. rng decides what the policy leaves open.
func (m *Mem) Crash(policy CrashPolicy, rng *rand.Rand) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	after := NewMem()
	for dir := range m.dirs {
		after.dirs[dir] = true
	}
	names := map[string]*memNode{}
	for path, node := range m.durable {
		names[path] = node
	}
	for _, op := range m.survivors(policy, rng) {
		op.apply(names)
	}
	crashed := map[*memNode]*memNode{}
	for _, path := range sortedNames(names) {
		node := names[path]
		if crashed[node] == nil {
			crashed[node] = node.crash(policy, rng)
		}
		after.files[path], after.durable[path] = crashed[node], crashed[node]
	}
	return after
}

func sortedNames(names map[string]*memNode) []string {
	paths := make([]string, 0, len(names))
	for path := range names {
		paths = append(paths, path)
	}
	slices.Sort(paths) // so that the same rng gives the same crash
	return paths
}

// survivors picks the directory changes that reached the disk. A journal keeps those of one
// directory in order, so of each a prefix survives.
func (m *Mem) survivors(policy CrashPolicy, rng *rand.Rand) []dirOp {
	switch policy {
	case KeepUnsynced:
		return m.pending
	case LoseUnsynced:
		return nil
	}
	cut := map[string]bool{}
	var kept []dirOp
	for _, op := range m.pending {
		dir := filepath.Dir(op.name)
		if cut[dir] = cut[dir] || rng.IntN(3) == 0; !cut[dir] {
			kept = append(kept, op)
		}
	}
	return kept
}

// crash returns what is left of a file's contents.
func (n *memNode) crash(policy CrashPolicy, rng *rand.Rand) *memNode {
	size := len(n.durable)
	if policy == KeepUnsynced || policy != LoseUnsynced && rng.IntN(2) == 0 {
		size = len(n.data)
	}
	data := make([]byte, size)
	copy(data, n.durable)
	sectors := make([]int, 0, len(n.dirty))
	for s := range n.dirty {
		sectors = append(sectors, s)
	}
	slices.Sort(sectors)
	for _, s := range sectors {
		start := s * sectorSize
		end := min(start+sectorSize, size, len(n.data))
		if start < end {
			reach(data[start:end], n.data[start:end], policy, rng)
		}
	}
	return &memNode{data: data, durable: slices.Clone(data), dirty: map[int]struct{}{}}
}

// reach lets a written sector reach the disk, or part of it, or nothing.
func reach(disk, written []byte, policy CrashPolicy, rng *rand.Rand) {
	switch {
	case policy == KeepUnsynced, policy == Reorder && rng.IntN(2) == 0:
		copy(disk, written)
	case policy == Tear:
		switch cut := rng.IntN(len(written) + 1); rng.IntN(4) {
		case 0:
			copy(disk, written)
		case 1:
			copy(disk[:cut], written)
		case 2:
			copy(disk[cut:], written[cut:])
		}
	}
}
