package part

import _ "driftdb/internal/fixedseed" // random tests repeat
