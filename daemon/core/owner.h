#ifndef MEMSCOPE_DAEMON_CORE_OWNER_H
#define MEMSCOPE_DAEMON_CORE_OWNER_H

// Who may ptrace-read a process, as far as credentials tell: the user and group that all of its
// user and group ids are, while it is dumpable and has no capabilities (ptrace(2), "Ptrace access
// mode checking").

#include <stdint.h>

#define OWNER_ROOT_ONLY UINT32_MAX

typedef struct {
    uint32_t uid, gid; // both OWNER_ROOT_ONLY where nobody but root may
} owner_t;

#endif
