#ifndef MEMSCOPE_DAEMON_PROC_CGROUP_OOM_H
#define MEMSCOPE_DAEMON_PROC_CGROUP_OOM_H

// Which cgroups lost processes to OOM kills, and whose limit that was: by the counts of "oom_kill"
// and "oom" in memory.events.local (memory.events before Linux 5.2, which counts descendants too),
// or with cgroup v1 by memory.oom_control, and the limit that was reached at some time. Looks at
// CGROUP_OOM_MAX groups at most.

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGROUP_OOM_MAX     4096
#define CGROUP_OOM_DEPTH   16
#define CGROUP_OOM_VICTIMS 8

// What memory.events, memory.events.local and memory.oom_control of v1 say, as far as they do: the
// last one has only "oom_kill".
typedef struct {
    uint64_t ooms, kills, whole; // the last: groups that were killed as a whole
    bool has_ooms, has_kills, has_whole;
} cgroup_counts_t;

void cgroup_counts_parse(const char *text, size_t len, cgroup_counts_t *ret);

typedef struct cgroup_oom cgroup_oom_t;

typedef struct {
    // The innermost group whose limit was reached, of those that the victims were in; "": none.
    char limit[PATH_MAX];
    struct {
        char path[PATH_MAX];
        uint64_t kills;
    } victims[CGROUP_OOM_VICTIMS];
    size_t n_victims;
    // Groups that were killed as a whole: the kernel may count whom it chose a second time then.
    uint64_t whole;
} cgroup_kills_t;

// `cgroup_fd`: as in procfs_t, borrowed; -1: none. 0 or -errno.
int cgroup_oom_new(cgroup_oom_t **ret, int cgroup_fd);
void cgroup_oom_free(cgroup_oom_t *c);

// Looks at all groups, for what has risen since the last look; the first one only remembers. Valid
// until the next look.
const cgroup_kills_t *cgroup_oom_look(cgroup_oom_t *c);

// Whether, in that look, there was a group of this unit, and none of them had lost anybody. One
// that is new does not say: it may have taken the place of one that had.
bool cgroup_oom_spared(const cgroup_oom_t *c, const char *unit, size_t len);

#endif
