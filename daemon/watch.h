#ifndef MEMSCOPE_DAEMON_WATCH_H
#define MEMSCOPE_DAEMON_WATCH_H

// Looks at available memory ten times a second, to catch what lives between two ticks: when it has
// fallen by 1% of RAM or more within WATCH_LOOKS looks, it is time for a capture out of turn.

#include <stdbool.h>
#include <stdint.h>

#define WATCH_INTERVAL_US 100000
#define WATCH_LOOKS       3

typedef struct {
    int fd; // of meminfo
    uint64_t available_kb[WATCH_LOOKS];
    unsigned count;
} watch_t;

// 0 or -errno.
int watch_init(watch_t *w, int proc_fd);
void watch_done(watch_t *w);

// Looks. True when a capture should be taken now; the looks so far are forgotten then.
bool watch_look(watch_t *w, uint64_t mem_total_kb);

// The rule alone: takes in the new value.
bool watch_judge(watch_t *w, uint64_t available_kb, uint64_t mem_total_kb);

#endif
