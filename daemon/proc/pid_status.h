#ifndef MEMSCOPE_DAEMON_PROC_PID_STATUS_H
#define MEMSCOPE_DAEMON_PROC_PID_STATUS_H

// /proc/PID/status. Its first line is the process's name, which the kernel escapes (\n, \\), so
// that a line always begins with the kernel's own key.

#include "daemon/proc/procfs.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PID_STATUS_HWM = 1 << 0,
    PID_STATUS_ANON = 1 << 1,
    PID_STATUS_FILE = 1 << 2,
    PID_STATUS_SHMEM = 1 << 3,
    PID_STATUS_SWAP = 1 << 4,
    PID_STATUS_LOCKED = 1 << 5,
    PID_STATUS_PTE = 1 << 6,
    PID_STATUS_SIZE = 1 << 7,
    PID_STATUS_UID = 1 << 8,
    PID_STATUS_GID = 1 << 9,
    PID_STATUS_TGID = 1 << 10,
    PID_STATUS_CAPS = 1 << 11,
};

typedef struct {
    unsigned has; // PID_STATUS_*: a kernel thread has none of the memory lines
    uint64_t hwm_kb, anon_kb, file_kb, shmem_kb, swap_kb, locked_kb, pte_kb, size_kb;
    uint32_t uid[4], gid[4]; // real, effective, saved, file system
    uint64_t tgid;
    uint64_t caps_permitted;
} pid_status_t;

// 0, or -EBADMSG if nothing of it was understood.
int pid_status_parse(const char *text, size_t len, pid_status_t *ret);
// Of the process that has the PID now. 0, -EBADMSG or -errno.
int pid_status_read(const procfs_t *fs, uint64_t pid, pid_status_t *ret);

// Whether it says whose the process is: uid and gid.
bool pid_status_has_ids(const pid_status_t *s);

#endif
