package colstore

import _ "driftdb/internal/fixedseed" // random tests repeat
