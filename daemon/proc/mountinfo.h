#ifndef MEMSCOPE_DAEMON_PROC_MOUNTINFO_H
#define MEMSCOPE_DAEMON_PROC_MOUNTINFO_H

// /proc/self/mountinfo, as described in proc(5): how a proc file system is mounted.

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct {
    bool hidepid;        // in force
    gid_t hidepid_group; // exempt from it; (gid_t) -1: none
} mountinfo_proc_t;

// One line, with or without its newline. Whether it is about a proc file system at `mount_point`.
bool mountinfo_parse_proc(
        const char *line, size_t len, const char *mount_point, mountinfo_proc_t *ret);

#endif
