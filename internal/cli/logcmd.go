package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"driftdb/colstore"
	"driftdb/internal/formats/rowtext"
	"driftdb/internal/types"
	"driftdb/sqlvec"
)

var logFormats = []string{"text", "ndjson"}

// logFlags are the flags of `driftdb log`.
type logFlags struct {
	database
	table    string
	from, to uint64
	follow   bool
	dump     bool
	format   string
}

func newLog(std streams) *cobra.Command {
	var f logFlags
	cmd := &cobra.Command{
		Use:   "log --data DIR",
		Short: "Show the events of the log, oldest first",
		Long: `Shows the events themselves: sequence number, transaction, time, operation, table and row.
Changes of tables' definitions are shown where they happened; they have no sequence number.
--follow waits for more until it is interrupted. --dump shows the frames themselves instead,
byte by byte, with the name of each field.`,
		Example: `  driftdb log --data shop --table users
  driftdb log --data shop --from 100 --to 200 --format ndjson
  driftdb log --data shop --follow
  driftdb log --data shop --dump`,
		Args: exactArgs(0, "flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, std) },
	}
	f.flags(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.table, "table", "t", "", "only events of this table")
	flags.Uint64Var(&f.from, "from", 0, "first sequence number (default the first)")
	flags.Uint64Var(&f.to, "to", 0, "last sequence number (default the last)")
	flags.BoolVar(&f.follow, "follow", false, "wait for more events")
	flags.BoolVar(&f.dump, "dump", false, "show the bytes of the log, annotated")
	flags.StringVar(&f.format, "format", "text", "form: "+strings.Join(logFormats, ", "))
	return cmd
}

func (f *logFlags) run(cmd *cobra.Command, std streams) error {
	if err := checkFormat(f.format, logFormats); err != nil {
		return err
	}
	if f.to != 0 && f.from > f.to {
		return usageError{errors.New("--from is greater than --to")}
	}
	if f.dump && (f.follow || f.table != "" || f.from != 0 || f.to != 0) {
		return usageError{errors.New("--dump shows the whole log")}
	}
	return f.with(cmd, true, func(ctx context.Context, db *sqlvec.DB) error {
		w := bufio.NewWriterSize(std.out, outputBuffer)
		if f.dump {
			return errors.Join(db.Store().DumpLog(w), w.Flush())
		}
		var line []byte
		found := false
		events := db.Store().Events(ctx, colstore.EventRange{FromSeq: f.from, ToSeq: f.to, Table: f.table, Follow: f.follow})
		for e, err := range events {
			if err != nil {
				w.Flush()
				if f.follow && errors.Is(err, context.Canceled) {
					return nil
				}
				return err
			}
			found = true
			line = f.append(line[:0], &e)
			if _, err := w.Write(line); err != nil {
				return err
			}
			if f.follow {
				if err := w.Flush(); err != nil {
					return err
				}
			}
		}
		if f.table != "" && !found {
			if err := tableExists(db, f.table); err != nil {
				return err
			}
		}
		return w.Flush()
	})
}

func (f *logFlags) append(dst []byte, e *colstore.Event) []byte {
	if f.format == "ndjson" {
		return appendEventJSON(dst, e)
	}
	return appendEventText(dst, e)
}

var operations = map[colstore.EventOp]string{
	colstore.OpInsert: "insert", colstore.OpUpdate: "update", colstore.OpDelete: "delete", colstore.OpDDL: "ddl",
}

// appendEventText appends one line for a person: seq tx time operation table row.
func appendEventText(dst []byte, e *colstore.Event) []byte {
	seq := "-"
	if e.Seq > 0 {
		seq = strconv.FormatUint(e.Seq, 10)
	}
	dst = fmt.Appendf(dst, "%s\ttx %d\t", seq, e.CSN)
	dst = types.AppendTimestamp(dst, e.TimeMicros)
	dst = fmt.Appendf(dst, "\t%s\t", operations[e.Op])
	if e.Op == colstore.OpDDL {
		return append(append(dst, clean(e.Text)...), '\n')
	}
	dst = append(append(dst, e.Table.Name...), '\t')
	return append(appendRowJSON(dst, e), '\n')
}

// appendEventJSON appends one object on a line.
func appendEventJSON(dst []byte, e *colstore.Event) []byte {
	dst = fmt.Appendf(dst, `{"seq":%s,"tx":%d,"time":"`, orNull(e.Seq), e.CSN)
	dst = append(types.AppendTimestamp(dst, e.TimeMicros), `+00","operation":"`...)
	dst = append(append(dst, operations[e.Op]...), '"')
	for _, p := range []struct{ name, text string }{{"user", e.User}, {"application", e.Application}, {"reason", e.Reason}, {"ddl", e.Text}} {
		if p.text != "" {
			dst = rowtext.AppendJSONString(append(append(append(dst, `,"`...), p.name...), `":`...), []byte(p.text))
		}
	}
	if e.Table != nil {
		dst = rowtext.AppendJSONString(append(dst, `,"table":`...), []byte(e.Table.Name))
	}
	if e.Op != colstore.OpDDL {
		dst = fmt.Appendf(dst, `,"rid":%s,"replaced":%s,"row":`, orNull(e.RID), orNull(e.Replaced))
		dst = appendRowJSON(dst, e)
	}
	return append(dst, "}\n"...)
}

func orNull(n uint64) string {
	if n == 0 {
		return "null"
	}
	return strconv.FormatUint(n, 10)
}

// appendRowJSON appends the event's row as a JSON object.
func appendRowJSON(dst []byte, e *colstore.Event) []byte {
	dst = append(dst, '{')
	for i, v := range e.Values {
		if e.Table.Columns[i].Hidden() {
			continue
		}
		if len(dst) > 0 && dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(rowtext.AppendJSONString(dst, []byte(e.Table.Columns[i].Name)), ':')
		dst = rowtext.AppendJSONValue(dst, types.Context{}, v)
	}
	return append(dst, '}')
}
