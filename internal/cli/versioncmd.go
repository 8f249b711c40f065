package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(std streams, version string) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  exactArgs(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(std.out, versionText(version))
			return err
		},
	}
}

// versionText is one line: version, Go, platform. Without a version the one that the Go command
// recorded is taken.
func versionText(version string) string {
	if info, ok := debug.ReadBuildInfo(); version == "" && ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && version == "(devel)" {
				version = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	if version == "" {
		version = "unknown"
	}
	return fmt.Sprintf("driftdb %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
