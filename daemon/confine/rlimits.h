#ifndef MEMSCOPE_DAEMON_CONFINE_RLIMITS_H
#define MEMSCOPE_DAEMON_CONFINE_RLIMITS_H

// What the daemon asks of the system for itself. Before privileges are dropped.

#include <stddef.h>

// As many open files as the system allows. Returns how many of them may be files of processes: some
// are kept for viewers and what libraries open.
size_t rlimits_raise_files(unsigned subscribers_max);

// So that a tick waits for no page fault: keeps memory in RAM, page by page as it is used, and what
// the heap gives back with the daemon. Where a limit stands against locking all of it, which is
// said, that is as much of the code as may be: a host that thrashes takes pages of files first.
void rlimits_lock_memory(void);

#endif
