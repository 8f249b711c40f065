package sqlvec

import (
	"hash/maphash"
	"strings"

	"driftdb/sqlvec/parse"
)

// texts remembers statements by their texts. One that is run again is not parsed again, and its plan
// is kept as that of a prepared statement is.
type texts struct {
	seed maphash.Seed
	once [textSlots]uint64 // hashes of texts that were run once lately
	kept [textSlots]*keptText
}

// keptText is a statement that has been run twice.
type keptText struct {
	text     string
	stmt     parse.Statement
	prepared *prepared
	used     bool // since another text wanted its place
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
// before, and no other text in its place is in use. A new statement is made of it, since others may hold
// the text given.
func (x *texts) seen(sql string, list []parse.Statement, atOnce bool) *keptText {
	if len(sql) > maxKeptLen || len(list) != 1 || !keepable(list[0].Stmt) {
		return nil
	}
	hash := maphash.String(x.seed, sql)
	at := hash % textSlots
	if x.once[at] != hash && !atOnce {
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

// keepable reports whether plans of a statement may be kept, should it have one that can be.
func keepable(st parse.Stmt) bool {
	switch st.(type) {
	case *parse.Query, *parse.Insert, *parse.Update, *parse.Delete:
		return parse.ParamCount(st) == 0
	}
	return false
}
