package bind

import (
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// microsPerUnit are the units that are whole numbers of microseconds.
var microsPerUnit = map[string]int64{"hour": 3_600_000_000, "minute": 60_000_000, "second": 1}

// intervalFields binds INTERVAL '…' with fields: a bare number counts the last field,
// and what is finer than it is cut off.
func intervalFields(e *parse.Cast) (expr.Expr, error) {
	pos := int(e.Position())
	lit, ok := e.X.(*parse.Literal)
	if !ok || lit.Kind != parse.LitString {
		return nil, dberr.New(dberr.FeatureNotSupported, "interval fields are supported for literals only").At(pos)
	}
	words := strings.Fields(e.Type.Fields)
	last := words[len(words)-1]
	text := strings.TrimSpace(lit.Text)
	if strings.Trim(text, "+-.0123456789") == "" && !strings.Contains(strings.TrimLeft(text, "+-"), "-") {
		text += " " + last
	}
	v, err := types.Parse(text, types.T(types.Interval))
	if err != nil {
		return nil, at(err, int(lit.Position()))
	}
	iv := &v.Iv
	switch last {
	case "year":
		iv.Months, iv.Days, iv.Micros = iv.Months-iv.Months%12, 0, 0
	case "month":
		iv.Days, iv.Micros = 0, 0
	case "day":
		iv.Micros = 0
	default:
		iv.Micros -= iv.Micros % microsPerUnit[last]
	}
	if mods := e.Type.Mods; len(mods) == 1 {
		v, err = types.Cast(v, v.Type.WithFraction(min(mods[0], 6)), true)
	}
	return &expr.Const{At: expr.At(pos), Value: v}, err
}
