package sqlvec

import (
	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
)

// eachDomainCheck calls fn with the constraints of all domains.
func (c *systemContext) eachDomainCheck(fn func(d *colstore.Table, k *constraint)) {
	for _, d := range c.catalog.Domains() {
		list := constraintsOf(c.names(), d)
		for i := range list {
			fn(d, &list[i])
		}
	}
}

// fillDomains fills information_schema.domains.
func fillDomains(c *systemContext) {
	columns := systemTables[bind.InformationSchema]["domains"].columns
	for _, d := range c.catalog.Domains() {
		row := make([]any, len(columns))
		set := func(name string, v any) {
			for i := range columns {
				if columns[i].name == name {
					row[i] = v
				}
			}
		}
		v := &d.Columns[0]
		set("domain_catalog", databaseName)
		set("domain_schema", c.schema(d))
		set("domain_name", d.Name)
		set("data_type", v.Type.Base().String())
		switch {
		case v.Type.IsArray():
			set("data_type", "ARRAY")
		case v.Type.IsEnum():
			set("data_type", "USER-DEFINED")
		}
		describeSize(set, v.Type)
		if v.Default != "" {
			set("domain_default", defaultDef(v))
		}
		set("udt_catalog", databaseName)
		set("udt_schema", c.typeSchema(v.Type))
		set("udt_name", internalName(v.Type))
		set("dtd_identifier", types.Format(types.IntValue(types.T(types.Int64), 1)))
		c.add(row...)
	}
}

// fillDomainConstraints fills information_schema.domain_constraints.
func fillDomainConstraints(c *systemContext) {
	c.eachDomainCheck(func(d *colstore.Table, k *constraint) {
		c.add(databaseName, c.schema(d), k.name, databaseName, c.schema(d), d.Name, "NO", "NO")
	})
}

// typeText is the type of a column as its table's definition has it: by the name of its domain.
func (c *systemContext) typeText(col *colstore.Column) string {
	if d, ok := c.catalog.TableByID(col.Domain); ok && col.Domain != 0 {
		return c.names().Display(d)
	}
	return col.Type.Definition()
}
