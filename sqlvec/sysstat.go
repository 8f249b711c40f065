package sqlvec

import (
	"fmt"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
)

// systemTypes are the types of columns by PostgreSQL's names of them. What has no type here is shown as text.
var systemTypes = map[string]types.ID{"oid": types.Int64, "bigint": types.Int64, "xid": types.Int64, "integer": types.Int32, "smallint": types.Int16,
	"boolean": types.Bool, "timestamptz": types.TimestampTZ, "interval": types.Interval, "real": types.Float32, "double": types.Float64,
	"text[]": types.ArrayOf(types.Text), "oid[]": types.ArrayOf(types.Int64), "smallint[]": types.ArrayOf(types.Int16)}

// columnsOf makes a list of columns of what is written "name type, name type"; text has no type with it.
func columnsOf(list string) (columns []systemColumn) {
	for column := range strings.SplitSeq(list, ",") {
		name, typ, _ := strings.Cut(strings.TrimSpace(column), " ")
		id, ok := systemTypes[typ]
		if !ok {
			id = types.Text
		}
		columns = append(columns, systemColumn{name, id})
	}
	return columns
}

const tableStatistics = "relid oid, schemaname, relname, seq_scan bigint, seq_tup_read bigint, idx_scan bigint, idx_tup_fetch bigint, n_tup_ins bigint, n_tup_upd bigint, " +
	"n_tup_del bigint, n_tup_hot_upd bigint, n_live_tup bigint, n_dead_tup bigint, n_mod_since_analyze bigint, n_ins_since_vacuum bigint, last_vacuum timestamptz, " +
	"last_autovacuum timestamptz, last_analyze timestamptz, last_autoanalyze timestamptz, vacuum_count bigint, autovacuum_count bigint, analyze_count bigint, autoanalyze_count bigint"

const indexStatistics = "relid oid, indexrelid oid, schemaname, relname, indexrelname, idx_scan bigint, idx_tup_read bigint, idx_tup_fetch bigint"

func init() {
	for name, t := range map[string]*systemTable{
		"pg_stat_activity": {columnsOf("datid oid, datname, pid integer, leader_pid integer, usesysid oid, usename, application_name, client_addr, client_hostname, " +
			"client_port integer, backend_start timestamptz, xact_start timestamptz, query_start timestamptz, state_change timestamptz, wait_event_type, wait_event, state, " +
			"backend_xid xid, backend_xmin xid, query_id bigint, query, backend_type"), fillActivity},
		"pg_locks": {columnsOf("locktype, database oid, relation oid, page integer, tuple smallint, virtualxid, transactionid xid, classid oid, objid oid, objsubid smallint, " +
			"virtualtransaction, pid integer, mode, granted boolean, fastpath boolean, waitstart timestamptz"), fillLocks},
		"pg_stat_all_tables":   {columnsOf(tableStatistics), fillTableStatistics},
		"pg_stat_user_tables":  {columnsOf(tableStatistics), fillTableStatistics},
		"pg_stat_all_indexes":  {columnsOf(indexStatistics), fillIndexStatistics},
		"pg_stat_user_indexes": {columnsOf(indexStatistics), fillIndexStatistics},
		"pg_stat_database": {columnsOf("datid oid, datname, numbackends integer, xact_commit bigint, xact_rollback bigint, blks_read bigint, blks_hit bigint, tup_returned bigint, " +
			"tup_fetched bigint, tup_inserted bigint, tup_updated bigint, tup_deleted bigint, conflicts bigint, temp_files bigint, temp_bytes bigint, deadlocks bigint, " +
			"checksum_failures bigint, checksum_last_failure timestamptz, blk_read_time double, blk_write_time double, session_time double, active_time double, " +
			"idle_in_transaction_time double, sessions bigint, sessions_abandoned bigint, sessions_fatal bigint, sessions_killed bigint, stats_reset timestamptz"), fillDatabaseStatistics},
		"pg_stats": {columnsOf("schemaname, tablename, attname, inherited boolean, null_frac real, avg_width integer, n_distinct real, most_common_vals, most_common_freqs, " +
			"histogram_bounds, correlation real, most_common_elems, most_common_elem_freqs, elem_count_histogram"), fillStats},
	} {
		systemTables[bind.CatalogSchema][name] = t
	}
}

// addNamed adds a row of the columns that are known; the others are NULL.
func (c *systemContext) addNamed(known map[string]any) {
	row := make([]any, len(c.def.columns))
	for i, col := range c.def.columns {
		row[i] = known[col.name]
	}
	c.add(row...)
}

// timeOr is a time, or NULL for 0.
func timeOr(micros int64) any {
	if micros == 0 {
		return nil
	}
	return micros
}

// waitNames are the names of what is waited for by the type of the lock.
func waitName(l colstore.HeldLock) string {
	if l.Advisory != nil {
		return "advisory"
	}
	return "tuple"
}

func fillActivity(c *systemContext) {
	waits := map[int64]string{}
	for _, l := range c.session.db.store.Locks() {
		if l.Waits {
			waits[l.Owner] = waitName(l)
		}
	}
	for _, a := range c.session.db.sessions.list() {
		a.mu.Lock()
		now, begun := a.now, a.begun
		a.mu.Unlock()
		row := map[string]any{"datid": databaseOID, "datname": databaseName, "pid": a.owner.ID, "usesysid": ownerOID, "usename": now.user, "application_name": now.application,
			"backend_start": a.started, "xact_start": timeOr(begun), "query_start": timeOr(now.from), "state_change": now.since, "state": now.state, "query": now.query,
			"backend_type": "client backend"}
		if name, ok := waits[a.owner.ID]; ok {
			row["wait_event_type"], row["wait_event"] = "Lock", name
		}
		c.addNamed(row)
	}
}

// rowLockModes are PostgreSQL's modes of the locks of rows by their strength.
var rowLockModes = [...]string{colstore.LockKeyShare: "AccessShareLock", colstore.LockShare: "RowShareLock", colstore.LockNoKeyUpdate: "ExclusiveLock", colstore.LockUpdate: "AccessExclusiveLock"}

func fillLocks(c *systemContext) {
	for _, l := range c.session.db.store.Locks() {
		row := map[string]any{"locktype": waitName(l), "database": databaseOID, "pid": l.Owner, "virtualtransaction": fmt.Sprintf("%d/0", l.Owner), "granted": !l.Waits, "fastpath": false}
		if l.Waits {
			row["waitstart"] = l.Since.UnixMicro()
		}
		if key := l.Advisory; key != nil {
			row["classid"], row["objid"], row["objsubid"] = int64(uint32(key.N>>32)), int64(uint32(key.N)), 1
			if key.Pair {
				row["objsubid"] = 2
			}
			row["mode"] = "ExclusiveLock"
			if l.Shared {
				row["mode"] = "ShareLock"
			}
		} else {
			row["relation"], row["mode"] = expr.CatalogOID(l.Table), rowLockModes[l.Strength]
		}
		c.addNamed(row)
	}
}

func fillTableStatistics(c *systemContext) {
	for _, t := range c.tables() {
		row := map[string]any{"relid": relationOID(t), "schemaname": c.schema(t), "relname": t.Name, "n_live_tup": c.viewOf(t).Stats(t).Rows}
		if ended, err := c.viewOf(t).EndedRows(t); err == nil {
			row["n_dead_tup"] = ended
		}
		c.addNamed(row)
	}
}

func fillIndexStatistics(c *systemContext) {
	c.eachIndex(func(t *colstore.Table, x *colstore.Index) {
		c.addNamed(map[string]any{"relid": relationOID(t), "indexrelid": indexOID(t, x), "schemaname": c.schema(t), "relname": t.Name, "indexrelname": x.Name})
	})
}

func fillDatabaseStatistics(c *systemContext) {
	c.addNamed(map[string]any{"datid": databaseOID, "datname": databaseName, "numbackends": len(c.session.db.sessions.list())})
}

// fillStats shows what the optimizer knows of the columns.
func fillStats(c *systemContext) {
	for _, t := range c.tables() {
		stats := c.viewOf(t).Stats(t)
		for i := range t.Columns {
			known, ok := stats.Columns[t.Columns[i].ID]
			if !ok || stats.Rows == 0 || t.Columns[i].Hidden() {
				continue
			}
			rows := float64(stats.Rows)
			distinct := float64(known.Distinct)
			if distinct > rows/10 { // it grows with the table
				distinct /= -rows
			}
			row := map[string]any{"schemaname": c.schema(t), "tablename": t.Name, "attname": t.Columns[i].Name, "inherited": false,
				"null_frac": float64(known.Nulls) / rows, "n_distinct": distinct}
			if known.Sorted {
				row["correlation"] = 1.0
			}
			c.addNamed(row)
		}
	}
}
