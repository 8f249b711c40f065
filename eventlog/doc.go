// Package eventlog is the log of a database: transactions in one order, numbered, timed and durable.
package eventlog
