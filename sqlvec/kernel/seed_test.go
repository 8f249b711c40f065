package kernel

import _ "driftdb/internal/fixedseed" // random tests repeat
