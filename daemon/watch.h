#ifndef MEMSCOPE_DAEMON_WATCH_H
#define MEMSCOPE_DAEMON_WATCH_H

// Looks at available memory ten times a second, to catch what lives between two ticks: when it has
// fallen by 1% of RAM or more within WATCH_LOOKS looks, it is time for a capture out of turn. So it
// is when it has fallen by less, but by 32 MiB and 0.1% of RAM, as long as that is seldom: some of
// those are saved up, and one more is allowed every two seconds. Where
// the kernel lets us, it also wakes us as soon as tasks wait for memory (Documentation/accounting/
// psi.rst): a host that stalls is worth a look at once.

#include <stdbool.h>
#include <stdint.h>

#define WATCH_INTERVAL_US 100000
#define WATCH_LOOKS       3

typedef struct {
    int fd;          // of meminfo
    int pressure_fd; // a trigger: poll it for EPOLLPRI; -1: none
    uint64_t available_kb[WATCH_LOOKS];
    unsigned count;
    unsigned spent; // looks until all captures for a small fall are saved up again
} watch_t;

// `live`: the proc root is the kernel's own. 0 or -errno.
int watch_init(watch_t *w, int proc_fd, bool live);
void watch_done(watch_t *w);

// Looks. True when a capture should be taken now; the looks so far are forgotten then.
bool watch_look(watch_t *w, uint64_t mem_total_kb);
// The trigger fired. False: it does not work, and is closed.
bool watch_pressure(watch_t *w, uint32_t events);

// The rule alone: takes in the new value.
bool watch_judge(watch_t *w, uint64_t available_kb, uint64_t mem_total_kb);

#endif
