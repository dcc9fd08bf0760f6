#ifndef MEMSCOPE_DAEMON_CONFINE_RLIMITS_H
#define MEMSCOPE_DAEMON_CONFINE_RLIMITS_H

// What the daemon asks of the system for itself. Before privileges are dropped.

#include <stddef.h>

// As many open files as the system allows. Returns how many of them may be files of processes: some
// are kept for viewers and what libraries open.
size_t rlimits_raise_files(unsigned subscribers_max);

// So that a tick waits for no page fault: keeps memory in RAM, page by page as it is used, and what
// the heap gives back with the daemon. Locked only where no limit stands against it, which is said.
void rlimits_lock_memory(void);

#endif
