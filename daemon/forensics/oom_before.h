#ifndef MEMSCOPE_DAEMON_FORENSICS_OOM_BEFORE_H
#define MEMSCOPE_DAEMON_FORENSICS_OOM_BEFORE_H

// The ten minutes before an OOM kill: who had grown, and what memory was used.

#include "daemon/forensics/events.h"
#include "daemon/forensics/why.h"
#include "daemon/proc/procfs.h"

// Adds to the text of the event. `cgroup`: whose limit was reached, "": the host's memory.
// `before_ms`: when it was looked last before the kill, `end_ms`: when the kill was seen.
void oom_before(why_t *why, const procfs_t *fs, const char *cgroup, uint64_t before_ms,
        uint64_t end_ms, event_t *e, event_before_t *ret);

#endif
