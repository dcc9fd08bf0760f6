#ifndef MEMSCOPE_DAEMON_CONFINE_PRIVILEGES_H
#define MEMSCOPE_DAEMON_CONFINE_PRIVILEGES_H

// The daemon gives up what it does not need before it looks at anything: another user where root
// started it, two capabilities (what reading /proc/PID/io and smaps takes), no new privileges, and
// the system calls of daemon/confine/filter.h.
//
// Not Landlock, which would be the way to say "read /proc and /sys/fs/cgroup, and nothing else":
// whoever is in a Landlock domain may ptrace-read only those of the same domain or of one inside
// it, whatever the domain's rules and whatever capabilities it has, and there is no exemption
// (tried up to Linux 6.18: io and exe of others fail with EACCES). A daemon without /proc/PID/io
// is not this one. Which files it can read is therefore a matter of its user, CAP_DAC_READ_SEARCH
// and the service's mount namespace; that it can change none is seen to by the filter.

#include <stdbool.h>

#define PRIVILEGES_USER "memscope"

// Call before there are threads, and after everything was opened that is to be written.
// `user`: whom to become where root started the daemon; where there is no such user it stays root,
// without more capabilities. `keep`: those two capabilities are kept where they are there; false:
// there is nothing to read of processes, and nobody does as a user. Where root has no
// CAP_SYS_PTRACE to keep, user and capabilities stay: it can then trace just those who have no more
// than it has itself. 0 or -errno, and what went wrong was logged.
int privileges_drop(const char *user, bool keep);

#endif
