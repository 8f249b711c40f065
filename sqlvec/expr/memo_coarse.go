package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// coarseTime says that a result depends on a TIMESTAMP, the argument arg, by the unit that it lies in alone, and
// if daily by that of the day, whatever the day.
type coarseTime struct {
	arg   int
	unit  int64 // in microseconds; those of a day are a multiple
	daily bool
}

// finer makes c as fine as a part of a time whose unit is given; 0 is that of a day.
func (c *coarseTime) finer(unit int64) {
	if unit == 0 {
		c.daily, unit = false, types.MicrosPerDay
	}
	if c.unit == 0 || unit < c.unit {
		c.unit = unit
	}
}

// formatUnit tells how fine the times are that a format of strftime, the argument at, prints.
func formatUnit(time, at int) func(args []vec.Vec) (coarseTime, bool) {
	return func(args []vec.Vec) (coarseTime, bool) {
		c := coarseTime{arg: time, daily: true}
		parts, err := keptFormats.get(string(args[at].Bytes(0)), splitFormat)
		if err != nil {
			return c, false
		}
		for _, p := range parts {
			switch p.spec {
			case 0:
			case 'f', 'g', 'n':
				return c, false
			case 'S':
				c.finer(types.MicrosPerSecond)
			case 'M':
				c.finer(types.MicrosPerMinute)
			case 'H', 'I', 'p':
				c.finer(types.MicrosPerHour)
			default:
				c.finer(0)
			}
		}
		return c, c.unit > 0
	}
}

// templateUnit tells how fine the times are that a template of to_char prints.
func templateUnit(args []vec.Vec) (coarseTime, bool) {
	c := coarseTime{arg: 0, daily: true}
	parts, err := timeTemplate(string(args[1].Bytes(0)))
	if err != nil {
		return c, false
	}
	for i := range parts {
		w := parts[i].word
		if w == nil {
			continue
		}
		switch w.name {
		case "FX":
		case "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
			return c, false
		case "SS", "SSSS", "SSSSS":
			c.finer(types.MicrosPerSecond)
		case "MI":
			c.finer(types.MicrosPerMinute)
		case "HH24", "HH12", "HH", "AM", "PM", "A.M.", "P.M.":
			c.finer(types.MicrosPerHour)
		default:
			c.finer(0)
		}
	}
	return c, c.unit > 0
}

// coarsely returns what the function gives for the units of times, computed once for each of them.
func (n *callNode) coarsely(f *frame, args []vec.Vec, rows []uint64) (out vec.Vec, ok bool) {
	at := -1
	for i := range args {
		if args[i].Form == vec.Const {
			continue
		}
		if at >= 0 || args[i].Type.ID != types.Timestamp {
			return out, false
		}
		at = i
	}
	if at < 0 {
		return out, false
	}
	c, ok := n.call.Fn.coarse(args)
	if !ok || c.arg != at {
		return out, false
	}
	times := int64s(f, &args[at])
	if lo, hi := kernel.MinMax(times); !types.ValidTime(lo) || !types.ValidTime(hi) {
		return out, false
	}
	all := append([]vec.Vec(nil), args...)
	all[at] = vec.FromFixed(types.T(types.Int64), c.units(f, times), args[at].Valid)
	return n.coarse.through(f, all, rows, n.may, func(g *frame, args []vec.Vec) (vec.Vec, error) {
		starts := arena.Make[int64](g.arena, g.n)
		for i, u := range int64s(g, &args[at]) {
			starts[i] = u * c.unit
		}
		args[at] = vec.FromFixed(types.T(types.Timestamp), starts, nil)
		return n.invoke(g, args, nil)
	})
}

// units returns the number of the unit that each time lies in.
func (c *coarseTime) units(f *frame, times []int64) []int64 {
	dst := arena.Make[int64](f.arena, len(times))
	size := c.unit
	if c.daily {
		size = types.MicrosPerDay
	}
	kernel.ModConst(dst, times, size)
	for i, rest := range dst {
		rest += rest >> 63 & size
		if c.daily {
			dst[i] = rest
		} else {
			dst[i] = times[i] - rest // a multiple: the quotient is exact
		}
	}
	kernel.DivConst(dst, dst, c.unit)
	return dst
}
