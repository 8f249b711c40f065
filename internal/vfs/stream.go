package vfs

import (
	"context"
	"io"
	"os"
	"time"
)

// KeepStream reads a device, pipe or socket of the machine's file system to its end, into a temporary file without a
// name, which is gone when it is closed or nobody holds it any more.
func KeepStream(ctx context.Context, name string) (File, error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	stop := context.AfterFunc(ctx, func() { in.SetReadDeadline(time.Unix(1, 0)) }) //nolint:errcheck // what has no deadlines ends by itself
	defer stop()
	temp, err := os.CreateTemp("", "driftdb-stream-*")
	if err != nil {
		return nil, err
	}
	os.Remove(temp.Name()) //nolint:errcheck // a name that stays is untidy only
	if _, err := io.Copy(temp, in); err != nil {
		temp.Close()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	return &osFile{temp}, nil
}
