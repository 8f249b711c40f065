package sqlvec

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"path/filepath"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// temporary is the session's temporary tables, views and sequences. They live in a store of their own, which nobody else
// sees and which goes with the session; nothing of them is in the database's log. Its transactions
// begin and end with those of the session.
type temporary struct {
	store *colstore.DB
	fs    vfs.FS
	dir   string
	// onCommit is what becomes of a table at the end of a transaction, by its id.
	onCommit map[uint32]string
	lastCSN  uint64 // the newest commit, which need not be durable
}

// openTemporary makes the session's store for temporary tables, when the first is made.
func (s *Session) openTemporary() error {
	if s.temp != nil {
		return s.beginTemporary()
	}
	var name [8]byte
	rand.Read(name[:])
	t := &temporary{fs: s.db.opts.Store.FS, onCommit: map[uint32]string{},
		dir: filepath.Join(os.TempDir(), "driftdb-session-"+hex.EncodeToString(name[:]))}
	if t.fs == nil {
		t.fs = vfs.OS
	}
	opts := colstore.Options{FS: t.fs, Clock: s.db.opts.Store.Clock, AutoCheckpoint: true, Workers: s.db.opts.Store.Workers, FirstTable: colstore.FirstTemporary}
	err := colstore.Init(t.dir, opts)
	if err == nil {
		t.store, err = colstore.Open(t.dir, opts)
	}
	if err != nil {
		t.remove(t.dir)
		return err
	}
	s.temp = t
	return s.beginTemporary()
}

// beginTemporary opens the transaction on temporary tables that goes with the session's.
func (s *Session) beginTemporary() error {
	if s.temp == nil || s.tx.temp != nil {
		return nil
	}
	tx, err := s.temp.store.Begin(colstore.TxOptions{After: s.temp.lastCSN})
	if err != nil {
		return err
	}
	tx.SynchronousCommit = false
	s.tx.temp = tx
	for i := range s.tx.saved { // savepoints from before: there was nothing yet
		s.tx.saved[i].temp = tx.Savepoint()
	}
	return nil
}

// commitTemporary commits the transaction on temporary tables, after that on the others.
func (s *Session) commitTemporary(ctx context.Context, tx *colstore.Tx) error {
	if tx == nil {
		return nil
	}
	for id, action := range s.temp.onCommit {
		t, ok := tx.Catalog().TableByID(id)
		var err error
		switch {
		case !ok:
			delete(s.temp.onCommit, id)
		case action == "drop":
			err = dropWithViews(tx, t)
		case action == "delete rows":
			_, err = tx.Truncate(ctx, t)
		}
		if err != nil {
			return err
		}
	}
	c, err := tx.Commit(ctx)
	s.temp.lastCSN = max(s.temp.lastCSN, c.CSN)
	return err
}

// dropWithViews drops a temporary relation with the views that read it and the sequences that it owns.
func dropWithViews(tx *colstore.Tx, t *colstore.Table) error {
	c := tx.Catalog()
	for _, other := range append(c.Dependents(t.ID, 0), c.Owned(t.ID, 0)...) {
		if err := dropWithViews(tx, other); err != nil {
			return err
		}
	}
	if _, ok := tx.Catalog().TableByID(t.ID); !ok {
		return nil // it went with one that it reads, too
	}
	return tx.DropTable(t)
}

// discardTemporary drops all that is temporary, within a transaction block with it.
func (s *Session) discardTemporary() error {
	if s.tx.temp == nil || !s.tx.explicit {
		s.closeTemporary()
		return nil
	}
	for _, t := range s.tx.temp.Catalog().Relations() {
		if err := dropWithViews(s.tx.temp, t); err != nil {
			return err
		}
	}
	return nil
}

// closeTemporary removes the session's temporary tables and their files.
func (s *Session) closeTemporary() {
	if s.temp == nil {
		return
	}
	if s.tx.temp != nil {
		s.tx.temp.Rollback()
		s.tx.temp = nil
	}
	s.temp.store.Close()
	s.temp.remove(s.temp.dir)
	s.temp = nil
}

// remove removes a directory with what is in it.
func (t *temporary) remove(dir string) {
	names, _ := t.fs.ReadDir(dir)
	for _, name := range names {
		path := filepath.Join(dir, name)
		if info, err := t.fs.Stat(path); err == nil && info.IsDir {
			t.remove(path)
			continue
		}
		t.fs.Remove(path)
	}
	t.fs.Remove(dir)
}

// isTemporary reports whether a table is one of a session's own.
func isTemporary(t *colstore.Table) bool { return t.ID >= colstore.FirstTemporary }

// txOf is the transaction that writes to a table.
func (s *Session) txOf(t *colstore.Table) *colstore.Tx {
	if isTemporary(t) && s.tx.temp != nil {
		return s.tx.temp
	}
	return s.tx.open
}

// newStatement begins a statement.
func (s *Session) newStatement(ctx context.Context) error {
	if s.tx.temp != nil {
		if err := s.tx.temp.NewStatement(ctx); err != nil {
			return err
		}
	}
	s.tx.open.LockTimeout = s.set.lockTimeout
	return s.tx.open.NewStatement(ctx)
}

// sequencePosition says where a sequence stands.
func (s *Session) sequencePosition(t *colstore.Table) colstore.SequencePosition {
	if isTemporary(t) && s.temp != nil {
		return s.temp.store.SequencePosition(t)
	}
	return s.db.store.SequencePosition(t)
}

// endChecks makes the checks at the end of a statement.
func (s *Session) endChecks(ctx context.Context) error {
	if s.tx.temp != nil {
		if err := s.tx.temp.EndStatement(ctx); err != nil {
			return err
		}
	}
	return s.tx.open.EndStatement(ctx)
}

// Temporary implements bind.Points.
func (r *run) Temporary() *colstore.View {
	if r.multi != nil && !r.multi.live {
		return r.multi.temporary
	}
	return r.s.temporaryView()
}

func (s *Session) temporaryView() *colstore.View {
	if s.tx.temp == nil {
		return nil
	}
	return s.tx.temp.View()
}

// temporaryNow is temporaryView, between transactions too.
func (s *Session) temporaryNow() *colstore.View {
	if s.tx.temp != nil || s.temp == nil {
		return s.temporaryView()
	}
	tx, err := s.temp.store.Begin(colstore.TxOptions{After: s.temp.lastCSN})
	if err != nil {
		return nil
	}
	defer tx.Rollback()
	return tx.View()
}

// viewOf is the present of a table.
func (r *run) viewOf(t *colstore.Table) *colstore.View {
	if v := r.Temporary(); v != nil && isTemporary(t) {
		return v
	}
	return r.Present()
}

// catalogOf is the definitions around a table.
func (r *run) catalogOf(t *colstore.Table) *colstore.Catalog { return r.viewOf(t).Catalog() }

// relation finds a table, view or sequence.
func (r *run) relation(n parse.Name) (*colstore.Table, bool) {
	return r.names().Relation(n)
}

// index finds an index.
func (r *run) index(n parse.Name) (*colstore.Table, *colstore.Index, bool) {
	return r.names().Index(n)
}

// inTemporarySchema returns a CREATE TABLE of pg_temp.name as one of a temporary table.
func (r *run) inTemporarySchema(st *parse.CreateTable) (*parse.CreateTable, error) {
	is, err := r.isTemporaryName(st.Name, st.Temp)
	if err != nil || !is {
		return st, err
	}
	temporary := *st
	temporary.Temp, temporary.Name.Parts = true, []string{st.Name.Last()}
	return &temporary, nil
}

// isTemporaryName reports whether what is created under a name is temporary, by its word or by its schema.
func (r *run) isTemporaryName(n parse.Name, temp bool) (bool, error) {
	switch s := n.Schema(); {
	case s == bind.TemporarySchema || s == "" && (temp || r.firstSchema() == bind.TemporarySchema):
		return true, nil
	case temp:
		return false, dberr.New(dberr.InvalidTableDefinition, "cannot create temporary relation in non-temporary schema").At(int(n.Position()))
	}
	return false, nil
}

// temporaryTable checks the words of CREATE TABLE that concern temporary tables, and makes room for one.
func (r *run) temporaryTable(st *parse.CreateTable) error {
	if !st.Temp {
		if st.OnCommit != "" {
			return dberr.New(dberr.InvalidTableDefinition, "ON COMMIT can only be used on temporary tables")
		}
		return nil
	}
	return r.s.openTemporary()
}

// created notes what is to become of a table that was made.
func (r *run) created(t *colstore.Table, st *parse.CreateTable) {
	if isTemporary(t) && st.OnCommit != "" && st.OnCommit != "preserve rows" {
		r.s.temp.onCommit[t.ID] = st.OnCommit
	}
}

// relations lists all tables, views and sequences, temporary ones last.
func (c *systemContext) relations() []*colstore.Table {
	list := c.catalog.Relations()
	if c.temporary != nil {
		list = append(list, c.temporary.Catalog().Relations()...)
	}
	return list
}

// tables lists all tables, temporary ones last.
func (c *systemContext) tables() []*colstore.Table {
	list := c.catalog.Tables()
	if c.temporary != nil {
		list = append(list, c.temporary.Catalog().Tables()...)
	}
	return list
}

func (c *systemContext) viewOf(t *colstore.Table) *colstore.View {
	if isTemporary(t) && c.temporary != nil {
		return c.temporary
	}
	return c.view
}

// byID finds a relation or a type by its id.
func (c *systemContext) byID(id uint32) (*colstore.Table, bool) {
	return c.catalogOf(&colstore.Table{ID: id}).TableByID(id)
}

func (c *systemContext) catalogOf(t *colstore.Table) *colstore.Catalog {
	if isTemporary(t) && c.temporary != nil {
		return c.temporary.Catalog()
	}
	return c.catalog
}

// names is what names mean to the session in the catalog that is shown.
func (c *systemContext) names() bind.Lookup {
	l := bind.Lookup{Catalog: c.catalog, Path: c.session.searchPath().whole}
	if c.temporary != nil {
		l.Temporary = c.temporary.Catalog()
	}
	return l
}

// schema is the schema that a relation is in.
func (c *systemContext) schema(t *colstore.Table) string {
	if isTemporary(t) {
		return bind.TemporarySchema
	}
	return c.catalog.SchemaOf(t)
}

// schemaOID is the number of the schema that a relation or a type is in.
func schemaOID(t *colstore.Table) int64 {
	switch {
	case isTemporary(t):
		return temporaryOID
	case t.Schema == colstore.PublicSchema:
		return publicOID
	}
	return expr.CatalogOID(t.Schema)
}

// namespaceOID is the number of a schema.
func namespaceOID(s *colstore.Table) int64 { return schemaOID(&colstore.Table{Schema: s.ID}) }

// persistence is the letter of a temporary or a permanent relation.
func persistence(t *colstore.Table) string {
	if isTemporary(t) {
		return "t"
	}
	return "p"
}

// txFor is the transaction that makes a table.
func (r *run) txFor(temporary bool) *colstore.Tx {
	if temporary {
		return r.s.tx.temp
	}
	return r.s.tx.open
}

// taken reports whether a relation or an index of a schema has a name.
func (r *run) taken(schema uint32, name string, temporary bool) bool {
	if temporary {
		return r.s.tx.temp.Catalog().Taken(schema, name)
	}
	return r.Present().Catalog().Taken(schema, name)
}
