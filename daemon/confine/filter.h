#ifndef MEMSCOPE_DAEMON_CONFINE_FILTER_H
#define MEMSCOPE_DAEMON_CONFINE_FILTER_H

// The system calls that are left to memscoped, for good, in every thread: a list of those that it
// has a use for. CAP_SYS_PTRACE is then good for nothing but reading /proc: there is no ptrace, no
// process_vm_readv, no pidfd_getfd, no exec, no fork, no socket but Unix ones. And nothing of the
// file system can be changed any more: no opening for writing, and nothing that makes, removes,
// renames, links, truncates by name, or changes mode or owner. What is written to has to be open
// before. (bind(2) is left, with which sd-bus names its end of a connection.)
//
// What is refused says EPERM.

// 0; -EOPNOTSUPP: this kernel has no filters, or this build has none (FILTER_LEFT_OUT); or -errno.
int filter_daemon(void);

// For the process that waits to remove the socket: reading, locking, unlink, exit.
int filter_sweeper(void);

// Whether this is a build whose runtime needs more than memscoped.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FILTER_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
        __has_feature(memory_sanitizer)
#define FILTER_SANITIZED 1
#endif
#endif
#ifndef FILTER_SANITIZED
#define FILTER_SANITIZED 0
#endif

// The same of one that writes down in the end what was run.
#ifdef MEMSCOPE_COVERED
#define FILTER_LEFT_OUT 1
#else
#define FILTER_LEFT_OUT FILTER_SANITIZED
#endif

#endif
