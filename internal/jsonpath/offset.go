package jsonpath

import (
	"strings"

	"driftdb/internal/types"
)

// PostgreSQL numbers the objects that .keyvalue() takes apart by where they lie in the binary
// form of the document. These functions measure that form: a header and an entry for every key
// and member, four bytes each, then the keys and members themselves.

// offsetOf returns where the object or array v lies in the binary form of root; ok is false
// when it is not part of root.
func offsetOf(root, v *types.JSONTree) (at int, ok bool) {
	_, at, ok = measure(root, v, 0)
	return at, ok
}

// same reports whether two trees are the same part of a document.
func same(a, b *types.JSONTree) bool {
	return len(a.Members) > 0 && len(b.Members) > 0 && &a.Members[0] == &b.Members[0]
}

// measure returns the end of tree, which begins at start, and where v is in it.
func measure(tree, v *types.JSONTree, start int) (end, at int, ok bool) {
	if same(tree, v) {
		return 0, start, true
	}
	entries := len(tree.Members)
	if tree.Kind == '{' {
		entries *= 2
	}
	end = start + 4 + 4*entries
	for _, key := range tree.Keys {
		end += len(key)
	}
	for i := range tree.Members {
		m := &tree.Members[i]
		switch m.Kind {
		case '"':
			end += len(m.Text)
		case 0:
			end = aligned(end) + numericBytes(m.Text)
		case '{', '[':
			if end, at, ok = measure(m, v, aligned(end)); ok {
				return end, at, true
			}
		}
	}
	return end, 0, false
}

func aligned(n int) int { return (n + 3) &^ 3 }

// numericBytes returns the size of a NUMERIC: two headers, and two bytes for every group of
// four digits, but for groups of zeros at the ends.
func numericBytes(text string) int {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	whole = strings.TrimLeft(whole, "0")
	whole = strings.Repeat("0", (4-len(whole)%4)%4) + whole
	fraction += strings.Repeat("0", (4-len(fraction)%4)%4)
	digits := whole + fraction
	for strings.HasPrefix(digits, "0000") {
		digits = digits[4:]
	}
	for strings.HasSuffix(digits, "0000") {
		digits = digits[:len(digits)-4]
	}
	const headers = 6
	return headers + len(digits)/4*2
}
