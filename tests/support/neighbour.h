#ifndef MEMSCOPE_TESTS_SUPPORT_NEIGHBOUR_H
#define MEMSCOPE_TESTS_SUPPORT_NEIGHBOUR_H

// A client that must not notice what others do to the daemon. It reads in a process of its own: one
// that waits for the test to come round to it would be sent less.

#include <stdbool.h>
#include <sys/types.h>

// Returns when it has what there is and keeps up, where the host is fast enough for that.
pid_t neighbour_start(const char *socket_path);
// From then on each tick built on the one before, and with `all` the daemon left none out, unless
// the host has kept even this client waiting.
void neighbour_stop(pid_t pid, bool all);

#endif
