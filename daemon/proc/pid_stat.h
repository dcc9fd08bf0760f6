#ifndef MEMSCOPE_DAEMON_PROC_PID_STAT_H
#define MEMSCOPE_DAEMON_PROC_PID_STAT_H

// /proc/PID/stat, statm and schedstat, as described in proc(5) and the kernel's
// Documentation/filesystems/proc.rst and Documentation/scheduler/sched-stats.rst.

#include <stddef.h>
#include <stdint.h>

#define PID_STAT_NAME_MAX 64 // TASK_COMM_LEN is 16; kernel threads' names may be longer

typedef struct {
    uint64_t pid;
    char name[PID_STAT_NAME_MAX]; // raw bytes between the first '(' and the last ')'
    size_t name_len;
    char state;
    uint64_t ppid;
    uint64_t flags; // PF_*
    uint64_t minflt, majflt;
    uint64_t utime, stime; // clock ticks
    uint64_t threads;
    uint64_t start_time; // clock ticks since boot
    uint64_t rss_pages;
    uint64_t start_stack; // changes with every exec; 0 where it may not be read
} pid_stat_t;

#define PID_STAT_FLAG_KTHREAD UINT64_C(0x00200000) // PF_KTHREAD

// 0 or -EBADMSG. The name may hold anything, parentheses and newlines included.
int pid_stat_parse(const char *text, size_t len, pid_stat_t *ret);

// Of a zombie: its wait status, which is 0 for those who may not trace it. 0 or -EBADMSG.
int pid_stat_parse_exit(const char *text, size_t len, uint64_t *ret_status);

typedef struct {
    uint64_t size, resident, shared; // pages; shared is file + shmem, resident − shared anonymous
} pid_statm_t;

int pid_statm_parse(const char *text, size_t len, pid_statm_t *ret);

typedef struct {
    uint64_t run_ns; // time on a CPU
    uint64_t slices; // times it was put on one
} pid_schedstat_t;

// -ENODATA where the kernel keeps no such account ("0 0 0").
int pid_schedstat_parse(const char *text, size_t len, pid_schedstat_t *ret);

#endif
