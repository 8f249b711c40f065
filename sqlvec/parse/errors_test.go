package parse

import (
	"errors"
	"fmt"

	"driftdb/internal/dberr"
)

// describe shows an error with its code and position.
func describe(err error) string {
	var e *dberr.Error
	if !errors.As(err, &e) {
		return fmt.Sprintf("%T %v", err, err)
	}
	return fmt.Sprintf("%s at %d: %s", e.Code, e.Pos, e.Message)
}
