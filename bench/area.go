package bench

import "math"

// The areas of the targets: what a ratio of ours to DuckDB's is measured by.
const (
	areaFew      = "scans, filters, LIKE, few groups"
	areaJoin     = "joins"
	areaMany     = "many groups, distinct, sort"
	areaWindow   = "windows, top-N, point queries"
	areaTPCH     = "TPC-H"
	areaWide     = "questions of a wide table"
	areaEveryday = "everyday questions"
)

// target is the worst ratio that each query may have, and the geometric mean to reach.
type target struct {
	area        string
	floor, goal float64
}

var targets = []target{
	{areaFew, 1, 0.25}, {areaJoin, 1, 0.4}, {areaMany, 1, 0.33}, {areaWindow, 1, 0.7}, {areaTPCH, 1, 0.5}, {areaWide, 1, 0.5}, {areaEveryday, 1, 0.5},
}

// Standing is how the figures of an area stand against its targets.
type Standing struct {
	Area        string
	Figures     int
	Mean        float64 // geometric, of the ratios
	Floor, Goal float64
	Above       []string // figures above the floor, with their ratios
}

// Standings returns how the report's figures stand, area by area.
func (r *Report) Standings() []Standing {
	var out []Standing
	for _, t := range targets {
		s, log := Standing{Area: t.area, Floor: t.floor, Goal: t.goal}, 0.0
		for _, row := range r.Rows {
			ratio := row.Ratio()
			if row.Area != t.area || ratio <= 0 {
				continue
			}
			s.Figures++
			log += math.Log(ratio)
			if ratio > t.floor {
				s.Above = append(s.Above, row.Name+" ("+number(ratio)+")")
			}
		}
		if s.Figures > 0 {
			s.Mean = math.Exp(log / float64(s.Figures))
			out = append(out, s)
		}
	}
	return out
}
