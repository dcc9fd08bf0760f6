#ifndef MEMSCOPE_DAEMON_WATCH_H
#define MEMSCOPE_DAEMON_WATCH_H

// Looks at available memory with each pulse (daemon/pulse.h), to catch what lives between two
// ticks: when it has fallen by 1% of RAM or more, or anonymous and shared memory have risen by as
// much, since the last capture or within WATCH_SPAN looks, it is time for one out of turn. (Memory
// that was just freed is kept by the processor that freed it, up to gigabytes, and the kernel
// counts it neither as free nor as available: who takes that moves only the other number.) So that
// what takes memory is seen with all that it took and not only with what it had by then, each look
// within such a fall wants a capture, where a tenth of that has gone since the last one. Otherwise
// less than 1%, but 32 MiB and 0.1% of RAM, is reason enough, and is followed to its end, as long
// as such captures take no more than half a percent of a core; the dearest are allowed every two
// seconds, and some are saved up. Where the kernel lets us, it also wakes us as soon as tasks wait
// for memory (Documentation/accounting/psi.rst): a host that stalls is worth a look at once.

#include "daemon/proc/meminfo.h"
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define WATCH_SPAN 10

typedef struct {
    int fd;          // of meminfo
    int pressure_fd; // a trigger; -1: none
    sd_event_source *pressure;
    void (*wanted)(void *user); // it fired: it is time for a capture
    void *user;
    uint64_t highest_kb; // available since the last capture
    uint64_t lowest_kb;  // taken since then
    meminfo_levels_t looks[WATCH_SPAN];
    unsigned next, count;
    uint64_t spent_us; // CPU time, on captures for small falls, that no look has earned yet
    uint64_t cost_us;  // of the last capture
} watch_t;

#define WATCH_NONE                  \
    (watch_t)                       \
    {                               \
        .fd = -1, .pressure_fd = -1 \
    }

// Opens what takes rights. `live`: the proc root is the kernel's own. 0, or -errno: it is
// WATCH_NONE then.
int watch_init(watch_t *w, int proc_fd, bool live);
// From now on `wanted` is called when tasks wait for memory. 0, also without a trigger, or -errno.
int watch_start(watch_t *w, sd_event *loop, void (*wanted)(void *user), void *user);
void watch_done(watch_t *w);

// Whether there is anything to look at.
bool watch_can_look(const watch_t *w);

// Looks. True when a capture should be taken now, and again until watch_captured says that one was.
bool watch_look(watch_t *w, uint64_t mem_total_kb);
// After each capture: what it found, and how much CPU time it took.
void watch_captured(watch_t *w, meminfo_levels_t levels, uint64_t cost_us);

// The rule alone: takes in the new value.
bool watch_judge(watch_t *w, meminfo_levels_t now, uint64_t mem_total_kb);

#endif
