// Package colstore keeps tables as versioned columns over one event log.
package colstore
