package bind

import (
	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/parse"
)

var typeNames = map[string]types.ID{
	"bool": types.Bool, "boolean": types.Bool,
	"int2": types.Int16, "smallint": types.Int16,
	"int4": types.Int32, "int": types.Int32, "integer": types.Int32,
	"int8": types.Int64, "bigint": types.Int64,
	"float4": types.Float32, "real": types.Float32,
	"float8": types.Float64, "double": types.Float64,
	"numeric": types.Numeric, "decimal": types.Numeric,
	"text": types.Text, "varchar": types.Varchar, "bpchar": types.Bpchar, "string": types.Text,
	"bytea": types.Bytea, "blob": types.Bytea,
	"date": types.Date, "timestamp": types.Timestamp, "timestamptz": types.TimestampTZ,
	"interval": types.Interval, "json": types.JSON, "jsonb": types.JSONB, "jsonpath": types.JSONPath,
	"time": types.Time, "timetz": types.TimeTZ, "uuid": types.UUID,
	// DuckDB's: those that PostgreSQL has no equal of are the next wider type, see types.Narrow.
	"tinyint": types.Int16, "utinyint": types.Int16, "usmallint": types.Int32, "uinteger": types.Int64, "ubigint": types.Numeric,
	"hugeint": types.Numeric, "uhugeint": types.Numeric, "long": types.Int64, "short": types.Int16, "signed": types.Int32, "datetime": types.Timestamp, "timestamp_us": types.Timestamp, "logical": types.Bool,
	"binary": types.Bytea, "varbinary": types.Bytea,
}

// wholeDigits are the digits of integers that BIGINT cannot hold.
var wholeDigits = map[string]int{"hugeint": 39, "uhugeint": 39}

// unsupported are types of PostgreSQL that have no storage yet.
var unsupported = map[string]bool{
	"char": true, "xml": true,
	"bit": true, "varbit": true, "money": true, "inet": true, "cidr": true, "point": true, "name": true,
	"serial": true, "bigserial": true, "smallserial": true, "oid": true, "regclass": true,
}

// maxVarchar is PostgreSQL's limit of VARCHAR(n) and CHAR(n).
const maxVarchar = 10485760

// TypeOf is TypeOrDomain where a domain cannot be.
func TypeOf(n *parse.TypeName, c *colstore.Catalog, path []string) (types.Type, error) {
	t, d, err := TypeOrDomain(n, c, path)
	if d != nil {
		return t, dberr.Newf(dberr.FeatureNotSupported, "domain %s is not supported here", d.Name).
			WithHint("Columns and casts can be of a domain.").At(int(n.Position()))
	}
	return t, err
}

// TypeOrDomain returns the type that a name as written stands for; of a domain, which is returned, too, the type of
// its values. The enumerations and domains of c, which may be nil, are looked up in the path.
func TypeOrDomain(n *parse.TypeName, c *colstore.Catalog, path []string) (types.Type, *colstore.Table, error) {
	t, err := builtinOrEnum(n, c, path)
	if c == nil || dberr.CodeOf(err) != dberr.UndefinedObject {
		return t, nil, err
	}
	d, ok := c.Domain(Name(path, n.Name))
	switch {
	case !ok:
		return t, nil, err
	case len(n.Dims) > 0:
		return t, nil, dberr.New(dberr.FeatureNotSupported, "arrays of domains are not supported").At(int(n.Position()))
	case len(n.Mods) > 0:
		return t, nil, dberr.Newf(dberr.SyntaxError, "type modifier is not allowed for type \"%s\"", d.Name).At(int(n.Position()))
	}
	return d.Columns[0].Type, d, nil
}

func builtinOrEnum(n *parse.TypeName, c *colstore.Catalog, path []string) (types.Type, error) {
	pos, name := int(n.Position()), n.Name.Last()
	id, ok := typeNames[name]
	if n.Setof {
		return types.Type{}, dberr.New(dberr.InvalidTableDefinition, "cannot use SETOF here").At(pos)
	}
	if n.Fields != "" {
		return types.Type{}, fieldsOutOfPlace(pos)
	}
	if t, found := enumNamed(n, c, path); found && (!ok || n.Name.Schema() != "") {
		if len(n.Mods) > 0 {
			return types.Type{}, dberr.Newf(dberr.SyntaxError, "type modifier is not allowed for type \"%s\"", name).At(pos)
		}
		return t, nil
	}
	if !ok && unsupported[name] {
		return types.Type{}, dberr.Newf(dberr.FeatureNotSupported, "type %s is not supported", name).At(pos)
	}
	if s := n.Name.Schema(); !ok || s != "" && s != CatalogSchema {
		return types.Type{}, undefinedType(n, c)
	}
	if len(n.Mods) == 0 && id == types.Numeric && wholeDigits[name] > 0 {
		n = &parse.TypeName{Pos: n.Pos, Name: n.Name, Mods: []int{wholeDigits[name], 0}, Dims: n.Dims}
	}
	t, narrow := types.Narrow(name)
	if !narrow {
		t = types.T(id)
	}
	t, err := withMods(t, n.Mods)
	if err != nil {
		return t, err.At(pos)
	}
	if len(n.Dims) > 0 { // their number and lengths are only documentation, as in PostgreSQL
		t = t.Array()
	}
	return t, nil
}

// undefinedType is the error of a name that no type has.
func undefinedType(n *parse.TypeName, c *colstore.Catalog) error {
	if err := CheckDatabase(n.Name); err != nil {
		return err
	}
	if c != nil {
		if err := (Lookup{Catalog: c}).CheckSchema(n.Name); err != nil {
			return at(err, int(n.Position()))
		}
	}
	return dberr.Newf(dberr.UndefinedObject, "type \"%s\" does not exist", Name(nil, n.Name)).At(int(n.Position()))
}

// enumNamed finds an enumeration, or its arrays where the name has dimensions.
func enumNamed(n *parse.TypeName, c *colstore.Catalog, path []string) (types.Type, bool) {
	if c == nil {
		return types.Type{}, false
	}
	e, ok := c.Enum(Name(path, n.Name))
	if !ok {
		return types.Type{}, false
	}
	if len(n.Dims) > 0 {
		return e.EnumType().Array(), true
	}
	return e.EnumType(), true
}

// typeOf returns the type that a name stands for at the time of the tables around.
func (b *Binder) typeOf(n *parse.TypeName) (types.Type, error) {
	t, d, err := b.typeOrDomain(n)
	if d != nil {
		return TypeOf(n, b.env.Points.Present().Catalog(), b.path)
	}
	return t, err
}

// typeOrDomain is typeOf where the name may be that of a domain.
func (b *Binder) typeOrDomain(n *parse.TypeName) (types.Type, *colstore.Table, error) {
	t, err := TypeOf(n, nil, nil)
	if dberr.CodeOf(err) != dberr.UndefinedObject || b.env.Points == nil {
		return t, nil, err
	}
	catalog := b.env.Points.Present().Catalog()
	if p, err := b.periodOf(nil); err == nil && p != nil && !p.ranged() {
		view, err := b.viewAt(p.from)
		if err != nil {
			return types.Type{}, nil, err
		}
		catalog = view.Catalog()
	}
	t, d, err := TypeOrDomain(n, catalog, b.path)
	if err != nil {
		return t, nil, err
	}
	e := d
	if d == nil {
		e, _ = catalog.TableByID(t.Enum.ID)
	}
	if e != nil {
		b.record.note(e, nil)
		b.record.noteType(n, e, catalog)
	}
	return t, d, nil
}

func withMods(t types.Type, mods []int) (types.Type, *dberr.Error) {
	switch {
	case len(mods) == 0:
		return t, nil
	case (t.ID == types.Varchar || t.ID == types.Bpchar) && len(mods) == 1:
		word := map[types.ID]string{types.Varchar: "varchar", types.Bpchar: "char"}[t.ID]
		if mods[0] < 1 {
			return t, dberr.Newf(dberr.InvalidParameterValue, "length for type %s must be at least 1", word)
		}
		if mods[0] > maxVarchar {
			return t, dberr.Newf(dberr.InvalidParameterValue, "length for type %s cannot exceed %d", word, maxVarchar)
		}
		t.Len = int32(mods[0])
		return t, nil
	case t.ID == types.Numeric && len(mods) <= 2:
		return withPrecision(mods)
	case len(mods) == 1 && t.HasFraction() && mods[0] >= 0:
		return t.WithFraction(min(mods[0], 6)), nil
	}
	return t, dberr.Newf(dberr.SyntaxError, "type modifier is not allowed for type \"%s\"", t)
}

// maxNumericScale is the largest scale of a NUMERIC, of either sign, that may be declared.
const maxNumericScale = 1000

func withPrecision(mods []int) (types.Type, *dberr.Error) {
	prec, scale := mods[0], 0
	if len(mods) == 2 {
		scale = mods[1]
	}
	if prec < 1 || prec > 1000 {
		return types.Type{}, dberr.Newf(dberr.InvalidParameterValue, "NUMERIC precision %d must be between 1 and 1000", prec)
	}
	if scale < -maxNumericScale || scale > maxNumericScale {
		return types.Type{}, dberr.Newf(dberr.InvalidParameterValue, "NUMERIC scale %d must be between %d and %d", scale, -maxNumericScale, maxNumericScale)
	}
	return types.Dec(prec, scale), nil
}
