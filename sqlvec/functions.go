package sqlvec

import (
	"driftdb/colstore"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
)

// Function is one overload of a function that statements can call.
type Function = expr.Signature

// Functions lists all functions and aggregates by name.
func Functions() []Function { return expr.Signatures() }

// FileFunctions lists the functions that read files in FROM.
func FileFunctions() []string { return bind.FileFunctions() }

// SettingNames lists what SET and SHOW know.
func SettingNames() []string { return settingNames() }

// View returns what the session's next statement would see: the point that it was moved to, its
// open transaction, or the present. The caller releases it.
func (s *Session) View() (*colstore.View, error) {
	switch {
	case s.set.systemTime != nil:
		return s.viewAt(*s.set.systemTime)
	case s.tx.open != nil:
		return s.tx.open.View(), nil
	}
	return s.db.store.View(), nil
}
