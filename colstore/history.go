package colstore

import (
	"sort"
	"sync"
	"sync/atomic"
)

// history is all versions of all definitions, each with the commit that made it. Edits come in
// the order of commits from one goroutine at a time; readers need no lock, and see a consistent
// catalog because they cut everything at their csn.
type history struct {
	tables sync.Map // uint32 → *versions[*Table]
	names  sync.Map // qualified → *versions[nameOwner]
	lastID atomic.Uint32
	live   atomic.Int64 // tables that exist at the newest commit

	positions sync.Map // uint32 → *position

	changes atomic.Pointer[[]uint64] // commits that changed a definition since the database was opened, ascending
}

// versions is the values one key had, ascending by csn.
type versions[T any] struct{ list atomic.Pointer[[]version[T]] }

type version[T any] struct {
	csn   uint64
	value T
}

// at returns the value at csn.
func (v *versions[T]) at(csn uint64) (value T) {
	if list := v.list.Load(); list != nil {
		i := sort.Search(len(*list), func(i int) bool { return (*list)[i].csn > csn })
		if i > 0 {
			value = (*list)[i-1].value
		}
	}
	return value
}

// set adds a value at csn. One commit may set several: the last one counts, but rows may have
// been written under the others.
func (v *versions[T]) set(csn uint64, value T) {
	var list []version[T]
	if old := v.list.Load(); old != nil {
		list = *old
	}
	list = append(list[:len(list):len(list)], version[T]{csn, value})
	v.list.Store(&list)
}

// begin makes what every database has before its first commit: the schema "public".
func (h *history) begin() {
	h.apply(0, &edit{id: PublicSchema, table: &Table{ID: PublicSchema, Name: PublicName, Kind: KindSchema, Version: 1, NextColumn: 1, NextIndex: 1,
		Comments: []Comment{{Text: "standard public schema"}}}})
}

func (h *history) tableAt(id uint32, csn uint64) *Table {
	if v, ok := h.tables.Load(id); ok {
		return v.(*versions[*Table]).at(csn)
	}
	return nil
}

func (h *history) ownerAt(name qualified, csn uint64) nameOwner {
	if v, ok := h.names.Load(name); ok {
		return v.(*versions[nameOwner]).at(csn)
	}
	return nameOwner{}
}

func (h *history) eachTable(fn func(id uint32)) {
	h.tables.Range(func(k, _ any) bool { fn(k.(uint32)); return true })
}

// versionOf returns the definition of a table with a schema version, in any commit.
func (h *history) versionOf(id, version uint32) *Table {
	v, ok := h.tables.Load(id)
	if !ok {
		return nil
	}
	list := v.(*versions[*Table]).list.Load()
	for i := len(*list) - 1; i >= 0; i-- {
		if t := (*list)[i].value; t != nil && t.Version == version {
			return t
		}
	}
	return nil
}

// changed notes that commit csn changed definitions. Readers may hold a shorter list over the
// same memory, of which nothing is written again. What a manifest tells comes in any order: of
// that the newest commit is enough, since no present is older.
func (h *history) changed(csn uint64) {
	var list []uint64
	if old := h.changes.Load(); old != nil {
		list = *old
	}
	if len(list) == 0 || list[len(list)-1] < csn {
		list = append(list, csn)
		h.changes.Store(&list)
	}
}

// lastChange returns the newest commit up to csn that changed a definition, 0 for none.
func (h *history) lastChange(csn uint64) uint64 {
	list := h.changes.Load()
	if list == nil {
		return 0
	}
	if i := sort.Search(len(*list), func(i int) bool { return (*list)[i] > csn }); i > 0 {
		return (*list)[i-1]
	}
	return 0
}

// apply records one edit made by commit csn.
func (h *history) apply(csn uint64, e *edit) {
	if e.position != nil {
		h.position(e.id).restore(*e.position)
		return
	}
	h.changed(csn)
	before := h.tableAt(e.id, csn)
	after := e.table
	if after != nil && after.CreatedCSN == 0 {
		after.CreatedCSN = csn
		if before != nil {
			after.CreatedCSN = before.CreatedCSN
		}
	}
	for _, n := range namesOf(before) {
		h.setName(n.qualified, csn, nameOwner{})
	}
	for _, n := range namesOf(after) {
		h.setName(n.qualified, csn, n.nameOwner)
	}
	v, _ := h.tables.LoadOrStore(e.id, &versions[*Table]{})
	v.(*versions[*Table]).set(csn, after)
	h.count(before, after)
	for {
		last := h.lastID.Load()
		if e.id <= last || h.lastID.CompareAndSwap(last, e.id) {
			return
		}
	}
}

func (h *history) count(before, after *Table) {
	if before == nil && after != nil && after.Kind == KindTable {
		h.live.Add(1)
	}
	if before != nil && after == nil && before.Kind == KindTable {
		h.live.Add(-1)
	}
}

func (h *history) setName(name qualified, csn uint64, o nameOwner) {
	v, _ := h.names.LoadOrStore(name, &versions[nameOwner]{})
	v.(*versions[nameOwner]).set(csn, o)
}

// newTableID returns an id that no table has or had, committed or not.
func (h *history) newTableID() uint32 { return h.lastID.Add(1) }

// reserve leaves the ids below first unused.
func (h *history) reserve(first uint32) {
	if first > 0 {
		h.lastID.Store(max(h.lastID.Load(), first-1))
	}
}
