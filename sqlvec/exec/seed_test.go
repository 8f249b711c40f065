package exec

import _ "driftdb/internal/fixedseed" // random tests repeat
