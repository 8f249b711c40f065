package cli

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/formats/rowtext"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

// historyFlags are the flags of `driftdb history`.
type historyFlags struct {
	database
	table  string
	keys   []string
	format string
}

func newHistory(std streams) *cobra.Command {
	var f historyFlags
	cmd := &cobra.Command{
		Use:     "history --data DIR --table T --key K",
		Aliases: []string{"drift"},
		Short:   "Show every version of one row, oldest first",
		Long: `Shows what happened to the row with a primary key: one line an event, oldest first, with its
sequence number, its time, the operation and the row's values after it (before it, for a delete).
An update that changed the key is shown as "moved" under the old key. For a key of several
columns repeat --key in their order.`,
		Example: "  driftdb history --data shop --table users --key u1",
		Args:    exactArgs(0, "flags only"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd, std) },
	}
	f.flags(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.table, "table", "t", "", "table of the row")
	flags.StringArrayVarP(&f.keys, "key", "k", nil, "value of the primary key")
	flags.StringVar(&f.format, "format", "table", "form: "+strings.Join(rowtext.Names(), ", "))
	return cmd
}

func (f *historyFlags) run(cmd *cobra.Command, std streams) error {
	if err := required(cmd, "table", "key"); err != nil {
		return err
	}
	if err := checkFormat(f.format, rowtext.Names()); err != nil {
		return err
	}
	return f.with(cmd, true, func(ctx context.Context, db *sqlvec.DB) error {
		session := db.Session()
		defer session.Close()
		h, err := f.read(ctx, db, session)
		if err != nil {
			return err
		}
		if len(h.versions) == 0 {
			return dberr.Newf(dberr.NoData, "table \"%s\" has never had a row with the key (%s)", f.table, strings.Join(f.keys, ", "))
		}
		out := newOutput(f.format, std.out)
		list := h.events()
		if err := out.writeText(list.cols, list.each); err != nil {
			return err
		}
		return out.w.Flush()
	})
}

// read finds the versions of the row.
func (f *historyFlags) read(ctx context.Context, db *sqlvec.DB, session *sqlvec.Session) (*rowHistory, error) {
	t, err := f.lookUp(db)
	if err != nil {
		return nil, err
	}
	var where []string
	for i, name := range columnNames(t, t.PrimaryKey) {
		where = append(where, quoteName(name)+" = "+quoteText(f.keys[i]))
	}
	h := &rowHistory{}
	from := " FROM " + quoteTable(f.table) + " FOR SYSTEM_TIME ALL WHERE "
	columns := "system_seq_start, system_seq_end, system_time_start, system_time_end"
	for _, c := range t.Shown() {
		h.cols = append(h.cols, rowtext.Column{Name: c.Name, Type: c.Type})
		columns += ", " + quoteName(c.Name)
	}
	err = eachValues(ctx, session, "SELECT "+columns+from+strings.Join(where, " AND ")+" ORDER BY 1", func(row []types.Value) {
		h.versions = append(h.versions, version{row[0].I, row[1].I, row[2], row[3], row[4:]})
	})
	if err != nil {
		return nil, err
	}
	h.findMoves()
	if h.cameFrom, err = seqSet(ctx, session, "system_seq_end", from, h.begins); err != nil {
		return nil, err
	}
	h.wentTo, err = seqSet(ctx, session, "system_seq_start", from, h.ends)
	return h, err
}

// lookUp returns the table, which must have a primary key of as many columns as there are keys.
func (f *historyFlags) lookUp(db *sqlvec.DB) (*colstore.Table, error) {
	view := db.Store().View()
	defer view.Release()
	t, err := view.Table(tableName(f.table))
	if err != nil {
		return nil, err
	}
	names := columnNames(t, t.PrimaryKey)
	if len(names) == 0 {
		return nil, dberr.Newf(dberr.InvalidTableDefinition, "table \"%s\" has no primary key, so its rows have no names to follow", f.table)
	}
	if len(names) != len(f.keys) {
		return nil, usageError{fmt.Errorf("the primary key of %s has %d columns (%s): give --key for each", f.table, len(names), strings.Join(names, ", "))}
	}
	return t, nil
}

// eachValues runs a query and calls fn with every row.
func eachValues(ctx context.Context, session *sqlvec.Session, query string, fn func(row []types.Value)) error {
	return session.Run(ctx, query, func(r *sqlvec.Result) error {
		return r.Each(func(b *vec.Batch) error {
			for i := range b.N {
				if b.Sel != nil && b.Sel[i>>6]>>(uint(i)&63)&1 == 0 {
					continue
				}
				row := make([]types.Value, len(b.Cols))
				for c := range b.Cols {
					row[c] = b.Cols[c].Value(i)
				}
				fn(row)
			}
			return nil
		})
	})
}

// seqSet returns which of seqs occur in a column of the table's versions.
func seqSet(ctx context.Context, session *sqlvec.Session, column, from string, seqs []int64) (map[int64]bool, error) {
	found := make(map[int64]bool)
	if len(seqs) == 0 {
		return found, nil
	}
	texts := make([]string, len(seqs))
	for i, s := range seqs {
		texts[i] = strconv.FormatInt(s, 10)
	}
	query := "SELECT " + column + from + column + " IN (" + strings.Join(texts, ", ") + ")"
	return found, eachValues(ctx, session, query, func(row []types.Value) { found[row[0].I] = true })
}

// version is one version of the row.
type version struct {
	start, end         int64 // seqs; end is colstore.LiveSeq for a live one
	startTime, endTime types.Value
	values             []types.Value
}

// rowHistory is the versions of a row and what is needed to name the events between them.
type rowHistory struct {
	cols     []rowtext.Column
	versions []version
	begins   []int64        // seqs at which a version begins and none of this key ends
	ends     []int64        // seqs at which a version ends and none of this key begins
	cameFrom map[int64]bool // those of begins at which another row's version ended: an update of the key
	wentTo   map[int64]bool // those of ends at which another row's version began
}

func (h *rowHistory) findMoves() {
	starts, ends := make(map[int64]bool), make(map[int64]bool)
	for _, v := range h.versions {
		starts[v.start], ends[v.end] = true, true
	}
	for _, v := range h.versions {
		if !ends[v.start] {
			h.begins = append(h.begins, v.start)
		}
		if v.end != colstore.LiveSeq && !starts[v.end] {
			h.ends = append(h.ends, v.end)
		}
	}
}

// events lists what happened to the row, oldest first.
func (h *rowHistory) events() *cells {
	timestamp := rowtext.Column{Name: "time", Type: types.T(types.TimestampTZ)}
	list := &cells{cols: append([]rowtext.Column{bigintColumn("seq"), timestamp, textColumns("operation")[0]}, h.cols...)}
	add := func(seq int64, at types.Value, operation string, values []types.Value) {
		list.rows = append(list.rows, append([]types.Value{bigintValue(seq), at, textValue(operation)}, values...))
	}
	born, gone := make(map[int64]bool), make(map[int64]bool)
	for _, s := range h.begins {
		born[s] = !h.cameFrom[s]
	}
	for _, s := range h.ends {
		gone[s] = true
	}
	for _, v := range h.versions {
		operation := "update"
		if born[v.start] {
			operation = "insert"
		}
		add(v.start, v.startTime, operation, v.values)
		if gone[v.end] {
			operation = "delete"
			if h.wentTo[v.end] {
				operation = "moved"
			}
			add(v.end, v.endTime, operation, v.values)
		}
	}
	sort.SliceStable(list.rows, func(i, j int) bool { return list.rows[i][0].I < list.rows[j][0].I })
	return list
}
