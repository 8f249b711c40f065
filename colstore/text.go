package colstore

import (
	"strconv"
	"strings"

	"driftdb/internal/types"
)

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

// timeText prints a time in UTC.
func timeText(micros int64) string {
	return types.Format(types.IntValue(types.T(types.TimestampTZ), micros))
}

// keyText prints a key as PostgreSQL does in the detail of error 23505.
func keyText(t *Table, x *Index, key []types.Value) string {
	names := make([]string, len(x.Columns))
	values := make([]string, len(key))
	for i, id := range x.Columns {
		if c, ok := t.Column(id); ok {
			names[i] = c.Name
			if c.Hidden() {
				names[i] = c.Key
			}
		}
		values[i] = types.Format(key[i])
	}
	return "(" + strings.Join(names, ", ") + ")=(" + strings.Join(values, ", ") + ")"
}
