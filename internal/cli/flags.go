package cli

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// environmentName is the environment variable of a flag.
func environmentName(flag string) string {
	return "DRIFTDB_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// flagsFromEnvironment sets the flags that the command line does not set and the environment does.
func flagsFromEnvironment(cmd *cobra.Command) error {
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value, ok := os.LookupEnv(environmentName(f.Name))
		if f.Changed || !ok || value == "" || f.Name == "help" || f.Name == "version" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil && failed == nil {
			failed = fmt.Errorf("%s: %w", environmentName(f.Name), err)
		}
	})
	return failed
}

// sizeFlag is a number of bytes with an optional unit: 64MB, 2GiB, 1048576.
type sizeFlag int64

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30}, {"tb", 1 << 40},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"t", 1 << 40}, {"b", 1}, {"", 1},
}

// String returns the size in bytes.
func (s *sizeFlag) String() string { return strconv.FormatInt(int64(*s), 10) }

// Type names the kind of value in help.
func (s *sizeFlag) Type() string { return "size" }

// Set reads a size.
func (s *sizeFlag) Set(text string) error {
	low := strings.ToLower(strings.TrimSpace(text))
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(low, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > (1<<62)/u.bytes {
			break
		}
		*s = sizeFlag(n * u.bytes)
		return nil
	}
	return fmt.Errorf("%q is not a size such as 512MB or 2GB", text)
}

// exactArgs checks the number of arguments and says what is missing in words.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return usageError{fmt.Errorf("%s takes %s", cmd.CommandPath(), what)}
	}
}

// given returns a usage error when a flag is set to nothing.
func given(cmd *cobra.Command, name string) error {
	if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
		return usageError{fmt.Errorf("--%s needs a value", name)}
	}
	return nil
}

// required returns a usage error when a flag has no value.
func required(cmd *cobra.Command, names ...string) error {
	for _, n := range names {
		if f := cmd.Flags().Lookup(n); f.Value.String() == "" || f.Value.String() == "[]" {
			return usageError{fmt.Errorf("%s needs --%s (or %s)", cmd.CommandPath(), n, environmentName(n))}
		}
	}
	return nil
}
