#ifndef MEMSCOPE_DAEMON_PROC_PROCFS_H
#define MEMSCOPE_DAEMON_PROC_PROCFS_H

// The proc root as a directory descriptor, so that every reader also runs against a tree of
// fixtures, and what this kernel's /proc can do.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

typedef struct {
    int fd;             // of the proc root
    int cgroup_fd;      // of the root of the cgroups that limit memory: cgroup2's, or that of the
                        // memory controller of v1; -1 without one
    uint64_t page_kb;   // KiB a page
    uint64_t clock_hz;  // clock ticks per second in stat
    bool live;          // it is this process's own /proc: pids are those of our namespace
    bool mounted;       // procfs itself, where an open file never speaks for the next process of a
                        // PID; else a tree of copies, whose files are replaced
    bool has_schedstat; // run time in nanoseconds, per thread
    uint64_t user_namespace; // inode of our own, 0: none, or a tree of copies
} procfs_t;

// Opens the tree at `root` ("/proc"). 0 or -errno.
int procfs_init(procfs_t *fs, const char *root);
void procfs_done(procfs_t *fs);

// Calls `found` for every numeric entry of the root. `buf` is scratch for directory entries.
// 0 or -errno.
int procfs_scan(const procfs_t *fs, void *buf, size_t cap, void (*found)(void *user, uint64_t pid),
        void *user);

// Whether it is what it was taken for: there are processes in it, and what else there is beside
// them.
bool procfs_is_root(const procfs_t *fs);

// "PID/NAME" below the root; returns a descriptor or -errno.
int procfs_open(const procfs_t *fs, uint64_t pid, const char *name);
// The same file, read to the end or to `cap - 1` bytes and ended with a NUL. Returns the number of
// bytes or -errno.
ssize_t procfs_read(const procfs_t *fs, uint64_t pid, const char *name, char *buf, size_t cap);
// What the file itself is, as stat(2). 0 or -errno.
int procfs_stat(const procfs_t *fs, uint64_t pid, const char *name, struct stat *ret);
// The process's directory, which keeps meaning the same process even after its PID is reused.
int procfs_open_dir(const procfs_t *fs, uint64_t pid);

#endif
