package mmapseg

import "sort"

// Search returns the offset from which to look forward for something: that of the last kept
// key for which before is true, or Start. before must be true for a prefix of the log's keys.
func (s *Store) Search(before func(Key) bool) uint64 {
	list := *s.list.Load()
	i := sort.Search(len(list), func(i int) bool {
		keys := list[i].keys()
		return len(keys) > 0 && !before(keys[0])
	})
	for i--; i >= 0; i-- {
		keys := list[i].keys()
		n := sort.Search(len(keys), func(k int) bool { return !before(keys[k]) })
		if n > 0 {
			return keys[n-1].Offset
		}
	}
	return s.Start()
}
