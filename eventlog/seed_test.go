package eventlog

import _ "driftdb/internal/fixedseed" // random tests repeat
