package proof

import _ "driftdb/internal/fixedseed" // random tests repeat
