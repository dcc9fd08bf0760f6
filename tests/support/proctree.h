#ifndef MEMSCOPE_TESTS_SUPPORT_PROCTREE_H
#define MEMSCOPE_TESTS_SUPPORT_PROCTREE_H

// A directory that looks like /proc and says what a test wants. What cannot be set up ends the test
// program with a message.

#include "tests/support/temporary.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char path[TEMPORARY_MAX];
} proctree_t;

proctree_t proctree_new(void); // empty
void proctree_free(const proctree_t *t);

// Makes or replaces a file, and the directories on its way.
void proctree_write(const proctree_t *t, const char *name, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void proctree_write_bytes(const proctree_t *t, const char *name, const void *data, size_t len);
void proctree_remove(
        const proctree_t *t, const char *name); // a file, or a directory with all in it

// meminfo with this much, all of it free; no swap; vmstat and loadavg. With `schedstat`, a kernel
// that counts run time.
void proctree_system(const proctree_t *t, uint64_t mem_total_kb, bool schedstat);

typedef struct {
    uint64_t pid;
    const char *name;
    char state; // 0: 'S'
    uint64_t ppid, flags, minflt, majflt, utime, stime, start_time, start_stack;
    uint64_t threads; // 0: 1
    uint64_t run_ns, slices;
    uint64_t anon_pages, shared_pages; // resident
    uint64_t shmem_kb, swap_kb, hwm_kb;
    uint32_t uid, euid, gid, egid; // the saved one is the effective one
    uint64_t caps;
    uint64_t read_bytes, write_bytes, wchar;
    const char *cmdline; // NULL: the name
    const char *cgroup;  // NULL: "/system.slice/NAME.service"
    uint64_t pss_kb;     // 0: no smaps_rollup
    bool no_io, no_schedstat;
    bool not_dumpable; // its files are root's; takes root to make
} proctree_process_t;

// Writes the files of a process, anew where it is there.
void proctree_process(const proctree_t *t, const proctree_process_t *p);
void proctree_end(const proctree_t *t, uint64_t pid);

#endif
