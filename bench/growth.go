package bench

import (
	"context"
	"fmt"
	"math"

	"driftdb/sqlvec"
)

// growthScales are the sizes that a question is asked at, as shares of Rows.
var growthScales = []int{16, 4, 1}

// growth measures how the time of questions grows with their rows: at a sixteenth, a quarter and
// all of Rows, where h2o has measured it before. The slope is the power of the rows that the time goes with: 1 is linear.
func (r *run) growth(ctx context.Context) error {
	ours, theirs := map[string][]point{}, map[string][]point{}
	take := func(name string, rows int, row Row) {
		ours[name] = append(ours[name], point{float64(rows), row.Ours.Median()})
		if len(row.Peer) > 0 {
			theirs[name] = append(theirs[name], point{float64(rows), row.Peer.Median()})
		}
	}
	for _, share := range growthScales {
		rows := max(r.Rows/share, 1)
		if share == 1 && len(r.asked) > 0 {
			for _, row := range r.asked {
				take(row.Name, rows, row)
			}
			continue
		}
		err := r.h2oRows(ctx, "growth", rows, func(s *sqlvec.Session, peer *duckDB) error {
			for _, q := range h2oQueries {
				row, err := pair(ctx, s, peer, r.few(), Row{Workload: growthTitle, Name: fmt.Sprintf("%s, %d rows", q.name, rows)}, q.sql)
				if err != nil {
					r.fail(&row, err)
					r.row(row)
					continue
				}
				take(q.name, rows, row)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, q := range h2oQueries {
		row := Row{Workload: growthTitle, Name: q.name, Unit: "power of the rows", Ours: Sample{slope(ours[q.name])}, PeerName: "DuckDB", NoRatio: true, Note: times(ours[q.name])}
		if p := theirs[q.name]; len(p) > 1 {
			row.Peer = Sample{slope(p)}
		}
		r.row(row)
	}
	return nil
}

const growthTitle = "How the cost grows"

// point is a time, in milliseconds, at a number of rows.
type point struct{ rows, millis float64 }

// slope returns the slope of the line through the points, both axes being logarithmic, by least
// squares; 0 for fewer than two points.
func slope(ps []point) float64 {
	var n, x, y, xx, xy float64
	for _, p := range ps {
		if p.rows <= 0 || p.millis <= 0 {
			continue
		}
		a, b := math.Log(p.rows), math.Log(p.millis)
		n, x, y, xx, xy = n+1, x+a, y+b, xx+a*a, xy+a*b
	}
	if d := n*xx - x*x; d > 0 {
		return (n*xy - x*y) / d
	}
	return 0
}

// times lists the points.
func times(ps []point) string {
	text := ""
	for i, p := range ps {
		if i > 0 {
			text += ", "
		}
		text += number(p.millis)
	}
	return text + " ms"
}
