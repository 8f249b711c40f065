package part

import (
	_ "github.com/RoaringBitmap/roaring"
	_ "github.com/apache/arrow/go/v17/arrow/array"
	_ "github.com/apache/arrow/go/v17/arrow/ipc"
	_ "github.com/apache/arrow/go/v17/arrow/memory"
	_ "github.com/google/flatbuffers/go"
	_ "github.com/klauspost/compress/zstd"
	_ "github.com/zeebo/xxh3"
	_ "pgregory.net/rapid"
)
