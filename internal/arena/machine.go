package arena

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// InstalledMemory returns the bytes of memory of the machine, 0 where the system does not say.
func InstalledMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kb int64
	if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kb); err != nil {
		return 0
	}
	return kb << 10
}

// MachineMemory returns the bytes of memory that this process may use: those of the machine, of its
// control group, or of GOMEMLIMIT, whichever is least. It is 0 where the system does not say.
func MachineMemory() int64 {
	least := int64(math.MaxInt64)
	if n := InstalledMemory(); n > 0 {
		least = n
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 { // "max" is none
			least = min(least, n)
		}
	}
	least = min(least, debug.SetMemoryLimit(-1))
	if least == math.MaxInt64 {
		return 0
	}
	return least
}
