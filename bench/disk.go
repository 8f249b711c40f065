package bench

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// syncRate returns how many times a second the disk below dir makes a 512-byte write
// durable: pwrite and fdatasync in turn over a file that was zeroed before. It is the
// ceiling for durable commits of one writer.
func syncRate(dir string, d time.Duration) (float64, error) {
	f, err := os.Create(filepath.Join(dir, "syncrate"))
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	const size = 16 << 20
	if _, err := f.Write(make([]byte, size)); err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	block := make([]byte, 512)
	n, start := 0, time.Now()
	for time.Since(start) < d {
		block[0] = byte(n + 1)
		if _, err := f.WriteAt(block, int64(n)*512%size); err != nil {
			return 0, err
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(start).Seconds(), nil
}
