package files

import (
	"context"
	"strings"
	"sync"

	"driftdb/internal/vfs"
)

// streams are the devices, pipes and sockets that were read, which gives their bytes once only. A statement reads a
// file to find its columns, and again for its rows.
type streams struct {
	mu   sync.Mutex
	kept map[string]vfs.File
}

// descriptors are the streams that the process was started with. What they gave is the same for all statements.
var descriptors streams

// isDescriptor reports whether a path names one of the process's own files.
func isDescriptor(path string) bool {
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}

// open returns what a stream gave; nil keeps nothing.
func (s *streams) open(ctx context.Context, path string) (vfs.File, error) {
	switch {
	case isDescriptor(path):
		s = &descriptors
	case s == nil:
		s = new(streams)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.kept[path]; ok {
		return keptFile{f, path}, nil
	}
	f, err := vfs.KeepStream(ctx, path)
	if ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		return nil, vfs.Wrap("read "+path, err)
	}
	if s.kept == nil {
		s.kept = map[string]vfs.File{}
	}
	s.kept[path] = f
	return keptFile{f, path}, nil
}

// keptFile is what a stream gave. It stays for who reads it next.
type keptFile struct {
	vfs.File
	path string
}

// Name implements vfs.File.
func (k keptFile) Name() string { return k.path }

// Close implements vfs.File.
func (keptFile) Close() error { return nil }
