package expr

import _ "driftdb/internal/fixedseed" // random tests repeat
