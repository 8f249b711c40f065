package types

import _ "driftdb/internal/fixedseed" // random tests repeat
