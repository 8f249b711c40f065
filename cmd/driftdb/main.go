// Command driftdb makes, queries, fills and checks DriftDB databases. See package internal/cli
// and `driftdb help`.
package main

import (
	"os"

	"driftdb/internal/cli"
)

// version is set by the Makefile.
var version string

func main() { os.Exit(cli.Main(version, os.Args[1:])) }
