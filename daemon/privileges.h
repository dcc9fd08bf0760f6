#ifndef MEMSCOPE_DAEMON_PRIVILEGES_H
#define MEMSCOPE_DAEMON_PRIVILEGES_H

// The daemon gives up what it does not need before it looks at anything: another user where root
// started it, two capabilities (what reading /proc/PID/io and smaps takes), no new privileges, and
// a list of the system calls that it has a use for. CAP_SYS_PTRACE is left good for nothing but
// reading /proc: there is no ptrace, no process_vm_readv, no pidfd_getfd, no exec, no fork, no
// socket but Unix ones, and no opening of a file for writing.
//
// Not Landlock: the kernel lets nobody in a Landlock domain ptrace-read a process outside of it, so
// that io and smaps could not be read any more, whatever the rules of the domain.

#include <stdbool.h>

// Call before there are threads, and after everything was opened that is to be written.
// `user`: whom to become where root started the daemon; where there is no such user it stays root,
// with those two capabilities at most. 0 or -errno, and what went wrong was logged.
int privileges_drop(const char *user);

// The filter alone. -EOPNOTSUPP: this kernel has none, or the build is a sanitized one, whose
// runtime needs more than memscoped.
int privileges_filter(void);

// Keeps the memory in RAM, page by page as it is used, so that a tick waits for no page fault. Only
// where no limit stands against it: 0, or -errno where the memory is not locked.
int privileges_lock_memory(void);

#endif
