#ifndef MEMSCOPE_DAEMON_PROC_CGROUP_H
#define MEMSCOPE_DAEMON_PROC_CGROUP_H

// /proc/PID/cgroup and what a path in it says about the systemd unit.

#include "daemon/proc/procfs.h"
#include <stddef.h>
#include <stdint.h>

#define CGROUP_FILE_MAX 8192 // bytes that are read of it: in v1 a line for each hierarchy

typedef struct {
    const char *path; // within the text given; starts with '/'
    size_t path_len;
    const char *unit; // part of the path; may be empty
    size_t unit_len;
} cgroup_t;

// The cgroup2 path ("0::"); on hosts with cgroup v1 that of systemd's hierarchy, else of the memory
// controller, unless they are all "/". 0, or -EBADMSG if there is none.
int cgroup_parse(const char *text, size_t len, cgroup_t *ret);

// The innermost *.service or *.scope, else *.slice, else the last part of the path.
void cgroup_unit_of(const char *path, size_t len, const char **ret_unit, size_t *ret_len);

// The number that is all of a file below `fd`. 0; -ENODATA: it is none ("max"); -errno.
int cgroup_read_number(int fd, const char *name, uint64_t *ret);

// The lowest memory limit on the way from `path` up, and what the group that has it uses (KiB).
// 0; -ENODATA: no limit, or no memory controller. `cgroup_fd` as in procfs_t.
int cgroup_memory_limit(
        int cgroup_fd, const char *path, size_t len, uint64_t *ret_limit_kb, uint64_t *ret_used_kb);

// The same for the cgroup that the process is in now.
int cgroup_memory_limit_of(
        const procfs_t *fs, uint64_t pid, uint64_t *ret_limit_kb, uint64_t *ret_used_kb);

#endif
