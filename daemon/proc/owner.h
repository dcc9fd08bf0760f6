#ifndef MEMSCOPE_DAEMON_PROC_OWNER_H
#define MEMSCOPE_DAEMON_PROC_OWNER_H

// Who may ptrace-read a process, as far as credentials tell: the user and group that all of its
// user and group ids are, while it is dumpable, has no capabilities and is in our namespace of
// users or in one that this user made (ptrace(2), "Ptrace access mode checking").

#include "daemon/proc/pid_status.h"
#include "daemon/proc/procfs.h"
#include <stdint.h>

#define OWNER_ROOT_ONLY UINT32_MAX

typedef struct {
    uint32_t uid, gid; // both OWNER_ROOT_ONLY where nobody but root may
} owner_t;

// Who owns the files of the process's directory: its effective user, or root where the process is
// not dumpable. Asked by path, for an open file would say what it was.
uint32_t owner_files(const procfs_t *fs, uint64_t pid);
// Of a process whose status and files were looked at.
owner_t owner_of(const procfs_t *fs, uint64_t pid, const pid_status_t *s, uint32_t files_uid);
// By now, whoever has the PID.
owner_t owner_now(const procfs_t *fs, uint64_t pid);

#endif
