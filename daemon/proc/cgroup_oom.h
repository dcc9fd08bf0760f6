#ifndef MEMSCOPE_DAEMON_PROC_CGROUP_OOM_H
#define MEMSCOPE_DAEMON_PROC_CGROUP_OOM_H

// Which cgroup's limit was reached: those whose count of "oom" in memory.events.local is another
// than when it was last looked at (memory.events before Linux 5.2, which counts descendants too).
// cgroup2 only. Looks at CGROUP_OOM_MAX groups at most.

#include <stddef.h>
#include <stdint.h>

#define CGROUP_OOM_MAX   4096
#define CGROUP_OOM_DEPTH 16

typedef struct cgroup_oom cgroup_oom_t;

// `cgroup_fd`: of the cgroup2 root, borrowed; -1: none. 0 or -errno.
int cgroup_oom_new(cgroup_oom_t **ret, int cgroup_fd);
void cgroup_oom_free(cgroup_oom_t *c);

// Looks at all groups. Where one has risen since the last look, its path is written, the innermost
// one if there are several; "" otherwise. The first look only remembers.
void cgroup_oom_look(cgroup_oom_t *c, char *ret_path, size_t cap);

#endif
