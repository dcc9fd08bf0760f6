#ifndef MEMSCOPE_DAEMON_FORENSICS_OOM_PRIVATE_H
#define MEMSCOPE_DAEMON_FORENSICS_OOM_PRIVATE_H

// Shared by the parts of oom.c, and by nobody else.

#include "daemon/forensics/oom.h"
#include "daemon/proc/cgroup_oom.h"

#define OOM_RECENT 64

// Who ended, or became a zombie, of late.
typedef struct {
    event_t event; // says who it is
    uint64_t held_kb, time_ms;
    bool taken;  // for the victim of a kill
    bool killed; // by signal 9, if not by the kernel for sure
} candidate_t;

struct oom {
    const capture_t *capture;
    const history_t *history;
    why_t *why;
    const procfs_t *fs;
    chronicle_t *chronicle;
    cgroup_oom_t *groups;
    uint64_t count; // of the kernel
    bool has_count;
    bool loaded;           // and not compared with the kernel's yet
    uint64_t looked_ms[2]; // when the last two captures were done, the later one first
    uint64_t pending;
    uint64_t before_ms, risen_ms;  // of the look before the kills were seen, and of that one
    uint64_t since_ms;             // who ended before is none of the pending ones
    uint64_t twice;                // so many of the pending ones may have been counted twice
    char cgroup[EVENT_CGROUP_MAX]; // of the pending ones
    struct {
        char unit[EVENT_UNIT_MAX];
        size_t len;
        uint64_t kills; // not told yet
    } victims[CGROUP_OOM_VICTIMS];
    size_t n_victims;
    candidate_t recent[OOM_RECENT];
    size_t next;
};

// The index of the group that lost a process and that it was in, or n_victims.
size_t oom_group_of(const oom_t *o, const candidate_t *c);
// Looks for those that signal 9 has ended and that are still there: dying, for it takes seconds to
// give back what is large, or not reaped.
void oom_add_killed(oom_t *o, uint64_t now_ms);
// The one that held most, if it was killed or there is nobody of its size who was; where groups are
// known to have lost processes, one of those. NULL: none is left.
candidate_t *oom_choose(oom_t *o);

#endif
