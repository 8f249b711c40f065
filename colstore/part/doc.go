// Package part is the immutable part: up to 2^20 row versions of one table as a valid Arrow
// IPC file image, with statistics, births, indexes and, in an image of their own, deaths.
package part
