package sqlvec

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// texts remembers statements by their texts. One that is run again is not parsed again, and its plan
// is kept as that of a prepared statement is. Texts that differ in constants alone share a plan where
// it cannot hang on them.
type texts struct {
	seed   maphash.Seed
	once   [textSlots]uint64 // hashes of texts and shapes that were run once lately
	kept   [textSlots]*keptText
	shapes [textSlots]*keptShape

	key  []byte // memory for shapeOf
	list []parse.Constant
}

// keptText is a statement that has been run twice.
type keptText struct {
	text     string
	stmt     parse.Statement
	prepared *prepared
	used     bool // since another text wanted its place
}

// keptShape is a statement for all texts that differ from the first one in constants alone. Its tree has
// parameters for those that were lifted; a text must agree in the others.
type keptShape struct {
	key      []byte
	fixed    []fixedConstant
	lifted   []liftedConstant
	places   []parse.Constant // of the first text
	stmt     parse.Stmt
	prepared *prepared
	used     bool   // since another shape wanted its place
	newest   uint64 // hash of the text that was run last
}

// fixedConstant is constant at of a text as it has to be written.
type fixedConstant struct {
	at   int
	text string
}

// liftedConstant says that a parameter is constant at of a text.
type liftedConstant struct {
	at      int
	negated bool
}

// shaped is a text taken apart.
type shaped struct {
	sql        string
	key        []byte
	list       []parse.Constant
	start, end int // of the statement
}

// shapedRun is a run of a kept shape with the constants of one text.
type shapedRun struct {
	shape *keptShape
	text  shaped
}

const (
	textSlots  = 256
	maxKeptLen = 4096 // bytes of a text that is kept
)

func newTexts() *texts { return &texts{seed: maphash.MakeSeed()} }

// find returns the statement of a text that is kept, nil for none.
func (x *texts) find(sql string) *keptText {
	if len(sql) > maxKeptLen {
		return nil
	}
	k := x.kept[maphash.String(x.seed, sql)%textSlots]
	if k == nil || k.text != sql {
		return nil
	}
	k.used = true
	return k
}

// seen notes that a text is run which is not kept, and keeps it when that is worth it: when it was run
// before, as repeated says, too, and no other text in its place is in use. A new statement is made of it, since others may hold
// the text given.
func (x *texts) seen(sql string, list []parse.Statement, repeated, atOnce bool) *keptText {
	if len(sql) > maxKeptLen || len(list) != 1 || !keepable(list[0].Stmt) {
		return nil
	}
	hash := maphash.String(x.seed, sql)
	at := hash % textSlots
	if x.once[at] != hash && !repeated && !atOnce {
		x.once[at] = hash
		return nil
	}
	if k := x.kept[at]; k != nil && k.used && !atOnce {
		k.used = false
		return nil
	}
	text := strings.Clone(sql)
	again, err := parse.Parse(text)
	if err != nil {
		return nil
	}
	k := &keptText{text: text, stmt: again[0], prepared: &prepared{stmt: again[0].Stmt, fixed: true, text: true}}
	x.kept[at] = k
	return k
}

// shapeOf takes a text apart; ok is false where that is not worth it. The result holds until the next call.
func (x *texts) shapeOf(sql string) (t shaped, ok bool) {
	if len(sql) > maxKeptLen {
		return t, false
	}
	t.sql = sql
	t.key, t.list, t.start, t.end, ok = parse.Shape(sql, x.key[:0], x.list[:0])
	x.key, x.list = t.key, t.list
	return t, ok && len(t.list) > 0
}

// like returns the shape kept for a text with the values of its parameters: those of strings are of the
// unknown type. It is nil for none.
func (x *texts) like(t shaped) (*keptShape, []types.Value) {
	k := x.shapes[maphash.Bytes(x.seed, t.key)%textSlots]
	if k == nil || k.prepared.refused || !bytes.Equal(k.key, t.key) {
		return nil, nil
	}
	for _, f := range k.fixed {
		if c := t.list[f.at]; t.sql[c.Start:c.End] != f.text {
			return nil, nil
		}
	}
	values := make([]types.Value, len(k.lifted))
	for i, l := range k.lifted {
		c := t.list[l.at]
		v, err := bind.ConstantValue(c.Kind, c.Text, l.negated)
		if err != nil || v.Type != k.prepared.given[i] {
			return nil, nil
		}
		values[i] = v
	}
	k.used = true
	return k, values
}

// again notes that a text of a shape is run, and reports whether it is the one that was run last: then a
// plan of its own is worth it.
func (x *texts) again(k *keptShape, sql string) bool {
	hash := maphash.String(x.seed, sql)
	same := k.newest == hash
	k.newest = hash
	return same
}

// seenShape notes that a statement is run which has no shape that is kept, and keeps one when that is
// worth it.
func (x *texts) seenShape(t shaped, list []parse.Statement, atOnce bool) (kept bool) {
	if len(list) != 1 || len(list[0].Warnings) > 0 || !keepable(list[0].Stmt) {
		return false
	}
	hash := maphash.Bytes(x.seed, t.key)
	at := hash % textSlots
	old := x.shapes[at]
	if old != nil && old.prepared.refused && bytes.Equal(old.key, t.key) {
		return false
	}
	if x.once[at] != hash && !atOnce {
		x.once[at] = hash
		return false
	}
	if old != nil && old.used && !atOnce {
		old.used = false
		return false
	}
	x.shapes[at] = newShape(t)
	return true
}

// newShape makes the shape of a text that can be parsed.
func newShape(t shaped) *keptShape {
	k := &keptShape{key: slices.Clone(t.key), prepared: &prepared{fixed: true, text: true}}
	text := strings.Clone(t.sql) // others may hold the text given
	again, err := parse.Parse(text)
	if err != nil {
		k.prepared.refused = true
		return k
	}
	k.stmt = again[0].Stmt
	lifted := parse.Lift(k.stmt)
	isLifted := make([]bool, len(t.list))
	for _, l := range lifted {
		at := slices.IndexFunc(t.list, func(c parse.Constant) bool { return c.Start == int(l.At)-1 })
		if at < 0 {
			k.prepared.refused = true
			return k
		}
		v, err := bind.ConstantValue(t.list[at].Kind, t.list[at].Text, l.Negated)
		if err != nil {
			k.prepared.refused = true
			return k
		}
		isLifted[at] = true
		k.lifted = append(k.lifted, liftedConstant{at, l.Negated})
		k.prepared.given = append(k.prepared.given, v.Type)
	}
	for i, c := range t.list {
		k.places = append(k.places, parse.Constant{Start: c.Start, End: c.End})
		if !isLifted[i] {
			k.fixed = append(k.fixed, fixedConstant{i, text[c.Start:c.End]})
		}
	}
	k.prepared.stmt, k.prepared.params = k.stmt, len(lifted)
	k.prepared.refused = len(lifted) == 0
	return k
}

// placed is an error of the statement with its place in the text that runs.
func (s *shapedRun) placed(err error) error {
	e, ok := err.(*dberr.Error)
	if !ok || e.Pos == 0 {
		return err
	}
	out := *e
	out.Pos = s.place(e.Pos)
	return &out
}

// place is where position pos of the shape's first text, counted from 1, is in the text that runs.
func (s *shapedRun) place(pos int) int {
	for i := len(s.text.list) - 1; i >= 0; i-- {
		was, is := s.shape.places[i], s.text.list[i]
		switch at := pos - 1; {
		case at >= was.End:
			return pos + is.End - was.End
		case at >= was.Start:
			return pos + is.Start - was.Start
		}
	}
	return pos
}

// keepable reports whether plans of a statement may be kept, should it have one that can be.
func keepable(st parse.Stmt) bool {
	switch st.(type) {
	case *parse.Query, *parse.Insert, *parse.Update, *parse.Delete:
		return parse.ParamCount(st) == 0
	}
	return false
}
