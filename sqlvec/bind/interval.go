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
	lit := e.X.(*parse.Literal)
	if lit.Kind != parse.LitString || len(e.Type.Dims) > 0 {
		return nil, fieldsOutOfPlace(pos)
	}
	words := strings.Fields(e.Type.Fields)
	last := words[len(words)-1]
	text := strings.TrimSpace(lit.Text)
	if strings.Trim(text, "+-.0123456789") == "" && !strings.Contains(strings.TrimLeft(text, "+-"), "-") {
		text += " " + last
	}
	text = inFields(text, e.Type.Fields)
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

// fieldsOutOfPlace is the error of fields where they would have to be kept with a type.
func fieldsOutOfPlace(pos int) error {
	return dberr.New(dberr.FeatureNotSupported, "interval fields are supported for literals only").At(pos)
}

// inFields writes out what numbers mean in fields other than those they would have alone: minutes and
// seconds with one colon, and an hour behind a day.
func inFields(text, fields string) string {
	words := strings.Fields(text)
	switch {
	case len(words) == 0:
	case fields == "minute to second":
		for i, w := range words {
			if strings.Count(w, ":") == 1 && strings.Trim(w, "+-.0123456789:") == "" {
				number := strings.TrimLeft(w, "+-")
				words[i] = w[:len(w)-len(number)] + "00:" + number
			}
		}
	case fields == "day to hour" && len(words) == 2 && strings.Trim(text, "+-.0123456789 ") == "":
		words = []string{words[0], "day", words[1], "hour"}
	}
	return strings.Join(words, " ")
}
