#ifndef MEMSCOPE_TESTS_BENCH_CROWD_H
#define MEMSCOPE_TESTS_BENCH_CROWD_H

// Many processes to be looked at: most sleep, the first `active` of them do a little of everything
// (CPU, faults, memory) five times a second. They end with this process.

#include <stddef.h>
#include <sys/types.h>

typedef struct {
    pid_t *pids;
    size_t count;
} crowd_t;

// Ends the program with a message when they cannot be started.
crowd_t crowd_start(size_t count, size_t active);
// The same with work of the caller's own, which does not return; NULL: as above.
crowd_t crowd_start_with(size_t count, size_t active, void (*work)(void));
void crowd_stop(crowd_t *c);

#endif
