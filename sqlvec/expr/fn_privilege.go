package expr

import (
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// The functions that ask who may do what. There are no roles: the session's user may do everything, and is the
// only one that can be asked for. What is asked for must be there, though.

// privileged is a kind of object that privileges are on.
type privileged struct {
	name  string
	words []string
	// byName and byOID say whether there is such an object; an error says that there must be one.
	byName func(c Catalog, env *Env, name string) error
	byOID  func(c Catalog, oid int64) bool
}

var privilegedObjects = []privileged{
	{"table", []string{"select", "insert", "update", "delete", "truncate", "references", "trigger"}, relationThere, relationHasOID},
	{"any_column", []string{"select", "insert", "update", "references"}, relationThere, relationHasOID},
	{"sequence", []string{"usage", "select", "update"}, sequenceThere, relationHasOID},
	{"schema", []string{"create", "usage"}, func(c Catalog, _ *Env, name string) error {
		if _, ok := c.SchemaOID(name); !ok {
			return dberr.Newf(dberr.UndefinedSchema, "schema \"%s\" does not exist", name)
		}
		return nil
	}, func(c Catalog, oid int64) bool { _, ok := c.SchemaName(oid); return ok }},
	{"database", []string{"create", "connect", "temporary", "temp"}, func(_ Catalog, env *Env, name string) error { return databaseThere(env, name) }, nil},
	{"type", []string{"usage"}, func(c Catalog, _ *Env, name string) error { _, err := c.TypeNamed(name); return err },
		func(c Catalog, oid int64) bool {
			if _, ok := TypeOfOID(oid, -1); ok {
				return true
			}
			_, ok := c.EnumType(oid)
			return ok
		}},
	{"function", []string{"execute"}, func(_ Catalog, env *Env, name string) error {
		_, err := functionSignature(env, []types.Value{textValue(name)})
		return err
	}, func(_ Catalog, oid int64) bool { _, ok := FunctionByOID(oid); return ok }},
	{"language", []string{"usage"}, func(_ Catalog, _ *Env, name string) error {
		return dberr.Newf(dberr.UndefinedObject, "language \"%s\" does not exist", name)
	}, nil},
}

func relationThere(c Catalog, _ *Env, name string) error {
	_, err := c.RelationOID(name)
	return err
}

func relationHasOID(c Catalog, oid int64) bool { _, ok := c.RelationName(oid); return ok }

func sequenceThere(c Catalog, _ *Env, name string) error {
	oid, err := c.RelationOID(name)
	if err == nil && !c.IsSequence(oid) {
		err = dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a sequence", name)
	}
	return err
}

func init() {
	for _, p := range privilegedObjects {
		registerPrivilege("has_"+p.name+"_privilege", nil, types.Text, p)
		if p.byOID != nil {
			registerPrivilege("has_"+p.name+"_privilege", nil, types.Int64, p)
		}
	}
	column := privileged{"column", []string{"select", "insert", "update", "references"}, relationThere, relationHasOID}
	for _, object := range []types.ID{types.Text, types.Int64} {
		for _, col := range []types.ID{types.Text, types.Int16} {
			registerPrivilege("has_column_privilege", []types.ID{col}, object, column)
		}
	}
	for _, role := range []types.ID{types.Text, types.Int64} {
		registerPrivilege("pg_has_role", nil, role, privileged{"role", []string{"usage", "member"}, func(_ Catalog, env *Env, name string) error {
			_, err := roleName(env, []types.Value{textValue(name)})
			return err
		}, func(_ Catalog, oid int64) bool { return oid == ownerOID }})
	}
}

// ownerOID is the number of the session's user.
const ownerOID = 10

// registerPrivilege registers a function of an object, more arguments and a privilege, with and without a user
// before them.
func registerPrivilege(name string, more []types.ID, object types.ID, p privileged) {
	args := slices.Concat(ids(object), more, ids(types.Text))
	for _, user := range [][]types.ID{nil, {types.Text}, {types.Int64}} {
		register(&Function{Name: name, Params: slices.Concat(user, args), Ret: types.Bool, Volatility: Stable,
			row: func(env *Env, a []types.Value) (types.Value, error) {
				if env == nil || env.Catalog == nil {
					return types.NullOf(types.T(types.Bool)), unavailable(name)
				}
				if len(user) > 0 && a[0].Type.IsString() {
					if _, err := roleName(env, a); err != nil {
						return a[0], err
					}
				}
				return p.has(env, a[len(user):])
			}})
	}
}

// has checks that what is asked for is there: NULL for a number that nothing has.
func (p privileged) has(env *Env, a []types.Value) (types.Value, error) {
	object, null := a[0], types.NullOf(types.T(types.Bool))
	if object.Type.IsString() {
		if err := p.byName(env.Catalog, env, object.S); err != nil {
			return null, err
		}
	}
	for word := range strings.SplitSeq(a[len(a)-1].S, ",") {
		word = strings.TrimSpace(word)
		plain, _ := strings.CutSuffix(strings.ToLower(word), " with grant option")
		if p.name == "role" {
			plain, _ = strings.CutSuffix(plain, " with admin option")
		}
		if !slices.Contains(p.words, plain) {
			return null, dberr.Newf(dberr.InvalidParameterValue, "unrecognized privilege type: \"%s\"", word)
		}
	}
	if !object.Type.IsString() && !p.byOID(env.Catalog, object.I) {
		return null, nil
	}
	if p.name == "column" {
		return p.hasColumn(env, object, a[1])
	}
	return types.BoolValue(true), nil
}

// hasColumn checks that a relation has a column: NULL for a number that none has.
func (p privileged) hasColumn(env *Env, object, column types.Value) (types.Value, error) {
	oid := object.I
	if object.Type.IsString() {
		var err error
		if oid, err = env.Catalog.RelationOID(object.S); err != nil {
			return object, err
		}
	}
	name := ""
	if column.Type.IsString() {
		name = column.S
	}
	if env.Catalog.HasColumn(oid, name, column.I) {
		return types.BoolValue(true), nil
	}
	if name == "" {
		return types.NullOf(types.T(types.Bool)), nil
	}
	relation, _ := env.Catalog.RelationName(oid)
	return object, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, relation)
}

// databaseThere returns the error of a database that is not the one there is.
func databaseThere(env *Env, name string) error {
	if name != env.Database {
		return dberr.Newf("3D000", "database \"%s\" does not exist", name)
	}
	return nil
}
