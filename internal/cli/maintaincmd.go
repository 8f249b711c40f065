package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"driftdb/colstore"
	"driftdb/internal/formats/rowtext"
	"driftdb/internal/types"
	"driftdb/sqlvec"
)

// maintainFlags are the flags of checkpoint, vacuum and analyze.
type maintainFlags struct {
	database
	table string
}

// newMaintain makes a command that works on one table or all.
func newMaintain(std streams, cmd *cobra.Command, readOnly bool, work func(ctx context.Context, db *sqlvec.DB, table string, std streams) error) *cobra.Command {
	var f maintainFlags
	cmd.Args = exactArgs(0, "flags only")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return f.with(cmd, readOnly, func(ctx context.Context, db *sqlvec.DB) error {
			if f.table != "" {
				if err := tableExists(db, f.table); err != nil {
					return err
				}
			}
			p := newProgress(std.err, cmd.Name(), 0)
			db.Store().OnProgress(p.step)
			defer p.done()
			return work(ctx, db, f.table, std)
		})
	}
	f.flags(cmd)
	cmd.Flags().StringVarP(&f.table, "table", "t", "", "only this table (default all)")
	return cmd
}

// maintained is the table that --table names, or all.
func maintained(table string) colstore.Name {
	if table == "" {
		return colstore.Name{}
	}
	return tableName(table)
}

func tableExists(db *sqlvec.DB, name string) error {
	view := db.Store().View()
	defer view.Release()
	_, err := view.Table(tableName(name))
	return err
}

func newCheckpoint(std streams) *cobra.Command {
	return newMaintain(std, &cobra.Command{
		Use:     "checkpoint --data DIR [--table T]",
		Aliases: []string{"snapshot"},
		Short:   "Write what is only in the log as columnar snapshots",
		Example: "  driftdb checkpoint --data shop\n  driftdb checkpoint --data shop --table users",
	}, false, func(ctx context.Context, db *sqlvec.DB, table string, std streams) error {
		s, err := db.Store().Checkpoint(ctx, maintained(table))
		if err == nil {
			fmt.Fprintf(std.err, "Checkpoint at @SEQ:%d: %d tables, %d parts, %s rows, %s bytes; %d tables had nothing new\n",
				s.Point.Seq, s.Tables, s.Parts, grouped(s.Rows), grouped(s.Bytes), s.Skipped)
		}
		return err
	})
}

func newVacuum(std streams) *cobra.Command {
	return newMaintain(std, &cobra.Command{
		Use:     "vacuum --data DIR [--table T]",
		Aliases: []string{"compact"},
		Short:   "Merge small parts and move dead rows aside; no answer changes",
		Example: "  driftdb vacuum --data shop",
	}, false, func(ctx context.Context, db *sqlvec.DB, table string, std streams) error {
		s, err := db.Store().Vacuum(ctx, maintained(table))
		if err == nil {
			fmt.Fprintf(std.err, "Vacuum: %d tables, %d parts before, %d after, %s rows moved, %d files and %s bytes freed\n",
				s.Tables, s.PartsBefore, s.PartsAfter, grouped(s.RowsMoved), s.FilesFreed, grouped(s.BytesFreed))
		}
		return err
	})
}

func newAnalyze(std streams) *cobra.Command {
	return newMaintain(std, &cobra.Command{
		Use:     "analyze --data DIR [--table T]",
		Short:   "Show the statistics that the optimizer knows",
		Example: "  driftdb analyze --data shop --table users",
	}, true, func(_ context.Context, db *sqlvec.DB, table string, std streams) error {
		view := db.Store().View()
		defer view.Release()
		out := newOutput("table", std.out)
		tables := view.Catalog().Tables()
		if table != "" {
			t, err := view.Table(tableName(table))
			if err != nil {
				return err
			}
			tables = []*colstore.Table{t}
		}
		for _, t := range tables {
			known := view.Stats(t)
			if known.Err != nil {
				return known.Err
			}
			stats := statistics(t, known)
			if err := out.writeText(stats.cols, stats.each); err != nil {
				return err
			}
		}
		return out.w.Flush()
	})
}

// statistics lists what is known of the columns of a table.
func statistics(t *colstore.Table, s colstore.TableStats) *cells {
	list := &cells{cols: append(textColumns("table", "column", "type"), bigintColumn("rows"), bigintColumn("nulls"), bigintColumn("distinct"))}
	list.cols = append(list.cols, textColumns("min", "max")...)
	list.cols = append(list.cols, rowtext.Column{Name: "sorted", Type: types.T(types.Bool)})
	for _, c := range t.Shown() {
		cs := s.Columns[c.ID]
		list.rows = append(list.rows, []types.Value{
			textValue(t.Name), textValue(c.Name), textValue(c.Type.Definition()), bigintValue(s.Rows), bigintValue(cs.Nulls),
			bigintValue(cs.Distinct), boundText(cs.Min), boundText(cs.Max), types.BoolValue(cs.Sorted),
		})
	}
	return list
}

func boundText(v types.Value) types.Value {
	if !v.Valid {
		return types.NullOf(types.T(types.Text))
	}
	return textValue(types.Format(v))
}
