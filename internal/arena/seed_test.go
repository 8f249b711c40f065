package arena

import _ "driftdb/internal/fixedseed" // random tests repeat
