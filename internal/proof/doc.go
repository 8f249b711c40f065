// Package proof holds the end-to-end proofs of DriftDB, all of them tests: random
// histories against a naive model, random queries and changes (internal/querygen) of databases
// that hold the same rows in different ways, processes killed under load, and damaged files.
//
// They drive the database through SQL alone, as a user does, and know nothing of its
// formats. What they prove is the law of the house: a query AS OF n, asked again later
// in any state of checkpoints, vacuums and restarts, gives the same answer; and a
// database that cannot give it says so, with the file and the place.
package proof
