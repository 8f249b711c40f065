package sqlvec

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// serialTypes are the types that stand for an integer with a sequence.
var serialTypes = map[string]types.ID{
	"serial": types.Int32, "serial4": types.Int32, "bigserial": types.Int64, "serial8": types.Int64,
	"smallserial": types.Int16, "serial2": types.Int16,
}

func serialType(n *parse.TypeName) (types.Type, bool) {
	id, ok := serialTypes[n.Name.Last()]
	return types.T(id), ok && len(n.Dims) == 0 && len(n.Mods) == 0
}

// createSequence runs CREATE SEQUENCE.
func (r *run) createSequence(st *parse.CreateSequence) error {
	r.result.tag = "CREATE SEQUENCE"
	temporary, err := r.isTemporaryName(st.Name, st.Temp)
	if err != nil {
		return err
	}
	schema := uint32(colstore.PublicSchema)
	if temporary {
		err = r.s.openTemporary()
	} else {
		var s *colstore.Table
		if s, err = r.newIn(st.Name); err == nil {
			schema = s.ID
		}
	}
	if err != nil {
		return err
	}
	if name := st.Name.Last(); r.taken(schema, name, temporary) {
		if st.IfNotExists {
			r.s.notice("NOTICE", dberr.DuplicateTable, "relation \""+name+"\" already exists, skipping")
			return nil
		}
		return dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists", name)
	}
	if err := unnamed(&st.Options); err != nil {
		return err
	}
	def, err := r.sequenceDef(nil, &st.Options, types.T(types.Int64))
	if err == nil {
		err = r.besideOwner(def, schema, temporary)
	}
	if err != nil {
		return err
	}
	_, err = r.txFor(temporary).CreateSequence(schema, st.Name.Last(), def)
	return err
}

// alterSequence runs ALTER SEQUENCE.
func (r *run) alterSequence(st *parse.AlterSequence) error {
	r.result.tag = "ALTER SEQUENCE"
	t, ok := r.relation(st.Name)
	switch {
	case !ok && st.IfExists:
		r.s.notice("NOTICE", "00000", "relation \""+st.Name.Last()+"\" does not exist, skipping")
		return nil
	case !ok:
		return r.names().NotFound(st.Name)
	case t.Kind != colstore.KindSequence:
		return dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a sequence", t.Name)
	}
	return r.changeSequence(t, &st.Options)
}

// unnamed refuses SEQUENCE NAME, which is an option of identity columns.
func unnamed(o *parse.SequenceOptions) error {
	if o.Name == nil {
		return nil
	}
	return dberr.New(dberr.SyntaxError, "invalid sequence option SEQUENCE NAME").At(int(o.Name.Position()))
}

// changeSequence applies options to a sequence, and moves it where they say so.
func (r *run) changeSequence(t *colstore.Table, o *parse.SequenceOptions) error {
	if err := unnamed(o); err != nil {
		return err
	}
	def, err := r.sequenceDef(t, o, t.Sequence.Type)
	if err == nil && o.OwnedBy != nil {
		err = r.besideOwner(def, t.Schema, isTemporary(t))
	}
	if err != nil {
		return err
	}
	at := r.s.sequencePosition(t)
	restart := at.Last
	if o.Restart {
		restart = def.Start
		if o.RestartWith != nil {
			if restart, err = sequenceNumber(o.RestartWith); err != nil {
				return err
			}
		}
	}
	if restart < def.Min {
		return dberr.Newf(dberr.InvalidParameterValue, "RESTART value (%d) cannot be less than MINVALUE (%d)", restart, def.Min)
	}
	if restart > def.Max {
		return dberr.Newf(dberr.InvalidParameterValue, "RESTART value (%d) cannot be greater than MAXVALUE (%d)", restart, def.Max)
	}
	if t, err = r.s.txOf(t).AlterSequence(t, def); err != nil || !o.Restart {
		return err
	}
	return r.s.txOf(t).Restart(t, restart)
}

// sequenceDef reads the options of a sequence: old is what it was, nil for a new one.
func (r *run) sequenceDef(old *colstore.Table, o *parse.SequenceOptions, typ types.Type) (def colstore.SequenceDef, err error) {
	def = colstore.SequenceDef{Type: typ, Increment: 1, Cache: 1}
	fresh := old == nil
	if !fresh {
		def = *old.Sequence
	}
	if o.Type != nil {
		t, err := bind.TypeOf(o.Type, r.Present().Catalog(), r.names().Path)
		if err != nil {
			return def, err
		}
		if !t.IsInteger() {
			return def, dberr.New(dberr.InvalidParameterValue, "sequence type must be smallint, integer, or bigint")
		}
		low, high := colstore.SequenceBounds(def.Type)
		newLow, newHigh := colstore.SequenceBounds(t)
		if !fresh && def.Min == low {
			def.Min = newLow
		}
		if !fresh && def.Max == high {
			def.Max = newHigh
		}
		def.Type = t
	}
	for _, n := range []struct {
		e  parse.Expr
		at *int64
	}{{o.Increment, &def.Increment}, {o.Cache, &def.Cache}} {
		if n.e != nil {
			if *n.at, err = sequenceNumber(n.e); err != nil {
				return def, err
			}
		}
	}
	switch {
	case def.Increment == 0:
		return def, dberr.New(dberr.InvalidParameterValue, "INCREMENT must not be zero")
	case def.Cache <= 0:
		return def, dberr.Newf(dberr.InvalidParameterValue, "CACHE (%d) must be greater than zero", def.Cache)
	}
	if o.Cycle || o.NoCycle {
		def.Cycle = o.Cycle
	}
	if err := sequenceRange(&def, o, fresh); err != nil {
		return def, err
	}
	return def, r.ownedBy(&def, o)
}

// sequenceRange reads MINVALUE, MAXVALUE and START.
func sequenceRange(def *colstore.SequenceDef, o *parse.SequenceOptions, fresh bool) (err error) {
	low, high := colstore.SequenceBounds(def.Type)
	if fresh || o.NoMinValue {
		def.Min = 1
		if def.Increment < 0 {
			def.Min = low
		}
	}
	if fresh || o.NoMaxValue {
		def.Max = high
		if def.Increment < 0 {
			def.Max = -1
		}
	}
	for _, n := range []struct {
		e    parse.Expr
		at   *int64
		name string
	}{{o.MaxValue, &def.Max, "MAXVALUE"}, {o.MinValue, &def.Min, "MINVALUE"}} {
		if n.e != nil {
			if *n.at, err = sequenceNumber(n.e); err != nil {
				return err
			}
		}
		if *n.at < low || *n.at > high {
			return dberr.Newf(dberr.InvalidParameterValue, "%s (%d) is out of range for sequence data type %s", n.name, *n.at, def.Type)
		}
	}
	if def.Min >= def.Max {
		return dberr.Newf(dberr.InvalidParameterValue, "MINVALUE (%d) must be less than MAXVALUE (%d)", def.Min, def.Max)
	}
	if fresh {
		def.Start = def.Min
		if def.Increment < 0 {
			def.Start = def.Max
		}
	}
	if o.Start != nil {
		if def.Start, err = sequenceNumber(o.Start); err != nil {
			return err
		}
	}
	switch {
	case def.Start < def.Min:
		return dberr.Newf(dberr.InvalidParameterValue, "START value (%d) cannot be less than MINVALUE (%d)", def.Start, def.Min)
	case def.Start > def.Max:
		return dberr.Newf(dberr.InvalidParameterValue, "START value (%d) cannot be greater than MAXVALUE (%d)", def.Start, def.Max)
	}
	return nil
}

// ownedBy reads OWNED BY.
func (r *run) ownedBy(def *colstore.SequenceDef, o *parse.SequenceOptions) error {
	if o.OwnedBy == nil {
		return nil
	}
	parts := o.OwnedBy.Parts
	if len(parts) == 1 {
		if parts[0] != "none" {
			return dberr.New(dberr.SyntaxError, "invalid OWNED BY option").WithHint("Specify OWNED BY table.column or OWNED BY NONE.")
		}
		def.OwnerTable, def.OwnerColumn = 0, 0
		return nil
	}
	t, err := r.table(parse.Name{Pos: o.OwnedBy.Pos, Parts: parts[:len(parts)-1]})
	if err != nil {
		return err
	}
	c, ok := t.ColumnByName(parts[len(parts)-1])
	if !ok {
		return dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", parts[len(parts)-1], t.Name)
	}
	def.OwnerTable, def.OwnerColumn = t.ID, c.ID
	return nil
}

// besideOwner checks that a sequence is where the table is that it belongs to.
func (r *run) besideOwner(def colstore.SequenceDef, schema uint32, temporary bool) error {
	if def.OwnerTable == 0 {
		return nil
	}
	owner := &colstore.Table{ID: def.OwnerTable}
	if t, ok := r.catalogOf(owner).TableByID(owner.ID); ok && (t.Schema != schema || isTemporary(t) != temporary) {
		return dberr.New(dberr.ObjectNotInPrerequisite, "sequence must be in same schema as table it is linked to")
	}
	return nil
}

// sequenceNumber reads a number of an option.
func sequenceNumber(e parse.Expr) (int64, error) {
	text, err := settingValue(e)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, dberr.Newf(dberr.InvalidTextRepresentation, "invalid input syntax for type bigint: \"%s\"", text)
	}
	return n, nil
}

// ownSequence makes the sequence of a serial or identity column, and its default.
func (r *run) ownSequence(t *colstore.Table, column string, k *parse.Constraint) (*colstore.Table, error) {
	c, ok := t.ColumnByName(column)
	if !ok {
		return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", column, t.Name)
	}
	identity := k.Kind == parse.ConstraintIdentity
	switch {
	case identity && !c.Type.IsInteger():
		return nil, dberr.New(dberr.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
	case identity && c.Default != "":
		return nil, dberr.Newf(dberr.SyntaxError, "both default and identity specified for column \"%s\" of table \"%s\"", c.Name, t.Name)
	case c.Generated != "":
		return nil, dberr.Newf(dberr.SyntaxError, "both identity and generation expression specified for column \"%s\" of table \"%s\"", c.Name, t.Name)
	}
	options := k.Sequence
	if options == nil {
		options = &parse.SequenceOptions{}
	}
	def, err := r.sequenceDef(nil, options, c.Type)
	if err != nil {
		return nil, err
	}
	def.OwnerTable, def.OwnerColumn = t.ID, c.ID
	name := t.Name + "_" + c.Name + "_seq"
	if given := options.Name; given != nil {
		if schema := given.Schema(); schema != "" && schema != r.catalogOf(t).SchemaOf(t) {
			return nil, dberr.New(dberr.ObjectNotInPrerequisite, "sequence must be in same schema as table it is linked to")
		}
		if name = given.Last(); r.taken(t.Schema, name, isTemporary(t)) {
			return nil, dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists", name)
		}
	}
	for n := 1; r.taken(t.Schema, name, isTemporary(t)); n++ {
		name = t.Name + "_" + c.Name + "_seq" + strconv.Itoa(n)
	}
	if _, err = r.s.txOf(t).CreateSequence(t.Schema, name, def); err != nil {
		return nil, err
	}
	if t, err = r.s.txOf(t).SetDefault(t, c.Name, r.nextvalText(t, name)); err != nil || !identity {
		return t, err
	}
	kind := colstore.IdentityByDefault
	if k.Always {
		kind = colstore.IdentityAlways
	}
	return r.s.txOf(t).SetIdentity(t, c.Name, kind)
}

// sessionSequences is what a session remembers of the numbers it took.
type sessionSequences struct {
	sync.Mutex
	values map[uint32]int64
	last   uint32 // the sequence that gave the newest number, 0 for none
}

func (q *sessionSequences) note(id uint32, n int64) {
	q.Lock()
	defer q.Unlock()
	if q.values == nil {
		q.values = map[uint32]int64{}
	}
	q.values[id], q.last = n, id
}

func (q *sessionSequences) value(id uint32) (int64, bool) {
	q.Lock()
	defer q.Unlock()
	n, ok := q.values[id]
	return n, ok
}

func (q *sessionSequences) reset() {
	q.Lock()
	defer q.Unlock()
	q.values, q.last = nil, 0
}

// findSequence finds a sequence by the text that functions take: a name, quoted or not.
func (s *Session) findSequence(text string) (*colstore.Table, error) {
	if s.tx.open == nil {
		return nil, dberr.New(dberr.FeatureNotSupported, "sequences are not available here")
	}
	n, err := bind.RelationName(text)
	if err != nil {
		return nil, err
	}
	names := catalogCalls{s}.names()
	t, ok := names.Relation(n)
	switch {
	case !ok:
		return nil, names.NotFound(n)
	case t.Kind != colstore.KindSequence:
		return nil, dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a sequence", t.Name)
	}
	return t, nil
}

// sequenceCalls is a session as the functions of sequences see it.
type sequenceCalls struct {
	*Session
	// last is the sequence that was asked for last: the default of a column asks for one for every
	// row, and a statement changes no definitions while it runs.
	last atomic.Pointer[namedSequence]
}

// namedSequence is a sequence by the text that named it.
type namedSequence struct {
	text  string
	table *colstore.Table
}

// find is findSequence, which remembers what it found.
func (s *sequenceCalls) find(text string) (*colstore.Table, error) {
	if n := s.last.Load(); n != nil && n.text == text {
		return n.table, nil
	}
	t, err := s.findSequence(text)
	if err == nil {
		s.last.Store(&namedSequence{strings.Clone(text), t})
	}
	return t, err
}

// Next implements expr.Sequences.
func (s *sequenceCalls) Next(text string) (int64, error) {
	t, err := s.find(text)
	if err != nil {
		return 0, err
	}
	n, err := s.txOf(t).NextValue(t)
	if err == nil {
		s.sequences.note(t.ID, n)
	}
	return n, err
}

// Current implements expr.Sequences.
func (s *sequenceCalls) Current(text string) (int64, error) {
	t, err := s.findSequence(text)
	if err != nil {
		return 0, err
	}
	n, ok := s.sequences.value(t.ID)
	if !ok {
		return 0, dberr.Newf(dberr.ObjectNotInPrerequisite, "currval of sequence \"%s\" is not yet defined in this session", t.Name)
	}
	return n, nil
}

// Last implements expr.Sequences.
func (s *sequenceCalls) Last() (int64, error) {
	n, ok := s.sequences.value(s.sequences.last)
	if !ok {
		return 0, dberr.New(dberr.ObjectNotInPrerequisite, "lastval is not yet defined in this session")
	}
	return n, nil
}

// Set implements expr.Sequences.
func (s *sequenceCalls) Set(text string, n int64, called bool) (int64, error) {
	t, err := s.findSequence(text)
	if err != nil {
		return 0, err
	}
	if err := s.txOf(t).SetValue(t, n, called); err != nil {
		return 0, err
	}
	if called {
		s.sequences.note(t.ID, n)
	}
	return n, nil
}
