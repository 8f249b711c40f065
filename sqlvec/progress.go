package sqlvec

import (
	"context"

	"driftdb/sqlvec/exec"
)

// Progress counts what the scans of a statement have read, while it runs.
type Progress = exec.Progress

// WithProgress returns a context for Run in which statements count into p.
func WithProgress(ctx context.Context, p *Progress) context.Context {
	return exec.WithProgress(ctx, p)
}
