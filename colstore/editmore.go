package colstore

import (
	"cmp"
	"slices"

	"driftdb/internal/binfmt"
	"driftdb/internal/types"
)

// Records behind a definition in a catalog edit of format 2, each a tag u8, a length u32 and a
// body, in the order of their tags. A definition that needs none is written in format 1.
const (
	moreKind       = 1  // kind u8, query string: a view or a sequence
	moreDepends    = 2  // relation u32, columns: what a view reads
	moreSequence   = 3  // type; increment, min, max, start, cache i64; cycle u8; owner table, column u32
	moreColumn     = 4  // column u32, identity u8, generated string
	moreCheck      = 5  // name, text, columns
	moreForeignKey = 6  // name, columns, table u32, columns, on delete u8, on update u8
	moreReferenced = 7  // table u32: it has a foreign key to this one
	moreComment    = 8  // column u32, constraint string, text
	moreFlags      = 9  // name of a check or foreign key, flags u8
	moreLabel      = 10 // text: a label of an enumeration, in their order
	moreEnum       = 11 // column u32, name, count u32, labels: the type of a column that is an enumeration, or an array of one
	moreSchema     = 12 // id u32: the schema, when it is not "public" as the database began with it
	moreKey        = 13 // column u32, text: what a key of an index is computed of, in a column of its own
	moreDomain     = 14 // column u32, domain u32: the domain that a column is of
)

// Kinds that are written and are tables, or views with a check option, in memory.
const (
	storedMaterialized = 8 // a materialized view
	storedUnpopulated  = 9 // one that may not be read yet
	storedCheckLocal   = 10
	storedCheckAll     = 11 // a view WITH CASCADED CHECK OPTION
)

func (t *Table) storedKind() uint8 {
	switch {
	case t.Kind == KindTable && t.Unpopulated:
		return storedUnpopulated
	case t.Kind == KindTable:
		return storedMaterialized
	case t.CheckOption == CheckLocal:
		return storedCheckLocal
	case t.CheckOption == CheckCascaded:
		return storedCheckAll
	}
	return uint8(t.Kind)
}

// The flags of a constraint.
const (
	flagNotValid = 1 << iota
	flagMatchFull
	flagDeferrable
	flagDeferred
	allFlags = 1<<iota - 1
)

const (
	maxQueryBytes = 1 << 20 // of a view
	maxMore       = 1 << 16 // records of one definition
)

// moreOf encodes what format 1 cannot say of a table, nil for nothing.
func moreOf(t *Table) []byte {
	var out binfmt.Writer
	add := func(tag uint8, fill func(w *binfmt.Writer)) {
		var w binfmt.Writer
		fill(&w)
		out.U8(tag)
		out.U32(uint32(len(w.B)))
		out.Bytes(w.B)
	}
	if t.Kind != KindTable || t.Query != "" {
		add(moreKind, func(w *binfmt.Writer) { w.U8(t.storedKind()); putString(w, t.Query) })
	}
	for _, d := range t.Depends {
		add(moreDepends, func(w *binfmt.Writer) { w.U32(d.Table); putColumns(w, d.Columns) })
	}
	if t.Sequence != nil {
		add(moreSequence, t.Sequence.put)
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Identity != NoIdentity || c.Generated != "" {
			add(moreColumn, func(w *binfmt.Writer) { w.U32(c.ID); w.U8(uint8(c.Identity)); putString(w, c.Generated) })
		}
	}
	for _, c := range t.Checks {
		add(moreCheck, func(w *binfmt.Writer) { putString(w, c.Name); putString(w, c.SQL); putColumns(w, c.Columns) })
	}
	for i := range t.ForeignKeys {
		add(moreForeignKey, t.ForeignKeys[i].put)
	}
	for _, id := range t.ReferencedBy {
		add(moreReferenced, func(w *binfmt.Writer) { w.U32(id) })
	}
	for _, c := range t.Comments {
		add(moreComment, func(w *binfmt.Writer) { w.U32(c.Column); putString(w, c.Constraint); putString(w, c.Text) })
	}
	flags := func(name string, bits uint8) {
		if bits != 0 {
			add(moreFlags, func(w *binfmt.Writer) { putString(w, name); w.U8(bits) })
		}
	}
	for i := range t.Checks {
		flags(t.Checks[i].Name, bitIf(t.Checks[i].NotValid, flagNotValid))
	}
	for i := range t.ForeignKeys {
		f := &t.ForeignKeys[i]
		flags(f.Name, bitIf(f.NotValid, flagNotValid)|bitIf(f.MatchFull, flagMatchFull)|bitIf(f.Deferrable, flagDeferrable)|bitIf(f.Deferred, flagDeferred))
	}
	t.putEnums(add)
	if t.Schema != PublicSchema {
		add(moreSchema, func(w *binfmt.Writer) { w.U32(t.Schema) })
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Hidden() {
			add(moreKey, func(w *binfmt.Writer) { w.U32(c.ID); putString(w, c.Key) })
		}
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Domain != 0 {
			add(moreDomain, func(w *binfmt.Writer) { w.U32(c.ID); w.U32(c.Domain) })
		}
	}
	return out.B
}

// readFlags sets the flags of a constraint, whose record stands before.
func (t *Table) readFlags(r *binfmt.Reader) {
	name, bits := readString(r, maxNameBytes), r.U8()
	r.Check(bits != 0 && bits <= allFlags, "flags %d of constraint \"%s\"", bits, name)
	for i := range t.Checks {
		if c := &t.Checks[i]; c.Name == name && bits == flagNotValid {
			r.Check(!c.NotValid, "two records of flags of constraint \"%s\"", name)
			c.NotValid = true
			return
		}
	}
	for i := range t.ForeignKeys {
		if f := &t.ForeignKeys[i]; f.Name == name {
			r.Check(!f.NotValid && !f.MatchFull && !f.Deferrable && !f.Deferred, "two records of flags of constraint \"%s\"", name)
			f.NotValid, f.MatchFull = bits&flagNotValid != 0, bits&flagMatchFull != 0
			f.Deferrable, f.Deferred = bits&flagDeferrable != 0, bits&flagDeferred != 0
			return
		}
	}
	r.Fail("flags of constraint \"%s\", which is not there", name)
}

func (s *SequenceDef) put(w *binfmt.Writer) {
	putType(w, s.Type)
	for _, n := range []int64{s.Increment, s.Min, s.Max, s.Start, s.Cache} {
		w.I64(n)
	}
	w.U8(bitIf(s.Cycle, 1))
	w.U32(s.OwnerTable)
	w.U32(s.OwnerColumn)
}

func (f *ForeignKey) put(w *binfmt.Writer) {
	putString(w, f.Name)
	putIDs(w, f.Columns)
	w.U32(f.Table)
	putIDs(w, f.RefColumns)
	w.U8(uint8(f.OnDelete))
	w.U8(uint8(f.OnUpdate))
}

// putColumns writes column ids, as many as a table may have.
func putColumns(w *binfmt.Writer, ids []uint32) {
	w.U32(uint32(len(ids)))
	for _, id := range ids {
		w.U32(id)
	}
}

func readColumns(r *binfmt.Reader) (ids []uint32) {
	n := r.U32()
	r.Check(n <= maxColumns, "%d columns", n)
	for i := uint32(0); i < n && r.Err() == nil; i++ {
		ids = append(ids, r.U32())
	}
	return ids
}

// readMore reads the records behind a definition.
func readMore(r *binfmt.Reader, t *Table) {
	last, n := uint8(0), 0
	for r.Err() == nil && r.Len() > 0 {
		tag, size := r.U8(), r.U32()
		r.Check(tag >= last, "record %d of a definition stands behind record %d", tag, last)
		n++
		r.Check(n <= maxMore, "more than %d records in a definition", maxMore)
		end := r.Len() - int(size)
		r.Check(end >= 0, "record of %d bytes", size)
		if r.Err() == nil {
			t.readRecord(r, tag)
		}
		r.Check(r.Err() != nil || r.Len() == end, "record %d of a definition has another length", tag)
		last = tag
	}
	r.Check(n > 0 || r.Err() != nil, "definition of format 2 without records")
	t.checkMore(r)
}

func (t *Table) readRecord(r *binfmt.Reader, tag uint8) {
	switch tag {
	case moreKind:
		k := r.U8()
		r.Check(t.Kind == KindTable && t.Query == "" && k >= uint8(KindView) && (k <= uint8(KindDomain) || k >= storedMaterialized) && k <= storedCheckAll, "relation of kind %d", k)
		t.Kind, t.Query = RelationKind(k), readString(r, maxQueryBytes)
		r.Check(k < storedMaterialized || t.Query != "", "view without a query")
		switch k {
		case storedMaterialized, storedUnpopulated:
			t.Kind, t.Unpopulated = KindTable, k == storedUnpopulated
		case storedCheckLocal:
			t.Kind, t.CheckOption = KindView, CheckLocal
		case storedCheckAll:
			t.Kind, t.CheckOption = KindView, CheckCascaded
		}
	case moreDepends:
		t.Depends = append(t.Depends, Dependency{r.U32(), readColumns(r)})
	case moreSequence:
		r.Check(t.Sequence == nil, "two sequences in one definition")
		s := &SequenceDef{Type: readType(r), Increment: r.I64(), Min: r.I64(), Max: r.I64(), Start: r.I64(), Cache: r.I64()}
		s.Cycle = r.U8() != 0
		s.OwnerTable, s.OwnerColumn = r.U32(), r.U32()
		t.Sequence = s
	case moreColumn:
		id := r.U32()
		c, ok := t.Column(id)
		kind := r.U8()
		text := readString(r, maxTextBytes)
		r.Check(ok && kind <= uint8(IdentityByDefault), "record of column %d", id)
		r.Check(kind != 0 || text != "", "empty record of column %d", id)
		if r.Err() == nil {
			r.Check(c.Identity == NoIdentity && c.Generated == "", "two records of column %d", id)
			c.Identity, c.Generated = Identity(kind), text
		}
	case moreCheck:
		t.Checks = append(t.Checks, Check{Name: readString(r, maxNameBytes), SQL: readString(r, maxTextBytes), Columns: readColumns(r)})
	case moreForeignKey:
		f := ForeignKey{Name: readString(r, maxNameBytes), Columns: readIDs(r), Table: r.U32(), RefColumns: readIDs(r)}
		f.OnDelete, f.OnUpdate = RefAction(r.U8()), RefAction(r.U8())
		r.Check(f.OnDelete <= SetDefault && f.OnUpdate <= SetDefault, "action of foreign key \"%s\"", f.Name)
		t.ForeignKeys = append(t.ForeignKeys, f)
	case moreReferenced:
		t.ReferencedBy = append(t.ReferencedBy, r.U32())
	case moreFlags:
		t.readFlags(r)
	case moreComment:
		t.Comments = append(t.Comments, Comment{r.U32(), readString(r, maxNameBytes), readString(r, maxTextBytes)})
	case moreLabel:
		t.Labels = append(t.Labels, readString(r, types.MaxLabelBytes))
	case moreEnum:
		t.readEnum(r)
	case moreSchema:
		r.Check(t.Schema == PublicSchema, "two schemas in one definition")
		t.Schema = r.U32()
		r.Check(t.Schema != PublicSchema, "a record of the schema public")
	case moreKey:
		id := r.U32()
		c, ok := t.Column(id)
		text := readString(r, maxTextBytes)
		r.Check(ok && text != "", "record of the key of column %d", id)
		if r.Err() == nil {
			r.Check(c.Key == "" && c.Generated != "", "key of column %d, which is not computed or has one", id)
			c.Key = text
		}
	case moreDomain:
		c, ok := t.Column(r.U32())
		id := r.U32()
		r.Check(ok && id != 0, "record of the domain of a column")
		if r.Err() == nil {
			r.Check(c.Domain == 0, "two domains of column %d", c.ID)
			c.Domain = id
		}
	default:
		r.Fail("record %d of a definition is not known", tag)
	}
}

// checkMore makes sure that what refers to columns finds them, and that the kinds fit.
func (t *Table) checkMore(r *binfmt.Reader) {
	r.Check((t.Kind == KindSequence) == (t.Sequence != nil), "relation of kind %d with the definition of a sequence", t.Kind)
	r.Check(t.Kind == KindEnum || len(t.Labels) == 0, "relation of kind %d with labels", t.Kind)
	r.Check(t.Kind == KindView || t.Kind == KindTable || t.Query == "", "a query that is not a view's")
	if r.Err() == nil { // columns are written in their order
		r.Check(slices.IsSortedFunc(t.Depends, func(a, b Dependency) int { return cmp.Compare(a.Table, b.Table) }), "dependencies out of order")
	}
	r.Check(t.Kind != KindSchema || t.Schema == PublicSchema && len(t.Columns) == 0, "schema in a schema, or with columns")
	r.Check(t.Kind != KindDomain || len(t.Columns) == 1, "domain with %d columns", len(t.Columns))
	for i := range t.Checks {
		t.checkHas(r, t.Checks[i].Columns)
	}
	for i := range t.ForeignKeys {
		f := &t.ForeignKeys[i]
		r.Check(len(f.Columns) > 0 && len(f.Columns) == len(f.RefColumns), "columns of foreign key \"%s\"", f.Name)
		t.checkHas(r, f.Columns)
	}
}

func (t *Table) checkHas(r *binfmt.Reader, ids []uint32) {
	for _, id := range ids {
		_, ok := t.Column(id)
		r.Check(ok, "a constraint is over column %d, which is not there", id)
	}
}
