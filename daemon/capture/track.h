#ifndef MEMSCOPE_DAEMON_CAPTURE_TRACK_H
#define MEMSCOPE_DAEMON_CAPTURE_TRACK_H

// What capture remembers of one process between ticks, and the visit that brings its record up to
// date. Internal to daemon/capture.

#include "daemon/capture/descriptors.h"
#include "daemon/proc/owner.h"
#include "daemon/proc/pid_io.h"
#include "daemon/proc/pid_stat.h"
#include "daemon/proc/procfs.h"
#include "protocol/snapshot.h"

typedef struct {
    uint64_t pid; // 0: nobody in this slot
    uint64_t start_time;
    descriptors_t files;

    pid_schedstat_t sched;
    uint64_t resident, shared; // pages
    uint64_t utime, stime, minflt, majflt;
    uint64_t start_stack;
    uint64_t rchar, wchar, read_bytes, write_bytes;

    // Used, less what its rates have told so far.
    int64_t cpu_rest_ns, read_rest, write_rest;
    uint64_t io_at_us;
    uint64_t program_ms; // since when it is known to run this program, CLOCK_BOOTTIME

    // What it had when its memory went; a zombie's last figures.
    struct {
        uint64_t anon_kb, file_kb, shmem_kb, swap_kb;
    } held;

    // What the reader brought since the last capture.
    struct {
        uint64_t pss_kb, uss_kb, rss_kb, time_ms;
        uint32_t source;  // PSS_SOURCE_*, 0: nothing new
        uint32_t cmdline; // string id, held; 0: nothing new
    } news;

    uint32_t status_at_s, slow_at_s; // CLOCK_BOOTTIME
    owner_t owner;
    uint32_t files_uid;   // who owned the files in its directory when `owner` was found
    uint32_t pss_cost_us; // CPU time of the last PSS reading
    uint32_t pss_not_before_s;
    uint32_t pss_rest_s;           // between readings while it is not stirred
    int16_t io_error, smaps_error; // of the last attempt, 0 or errno
    bool multi : 1;                // has more than one thread, so schedstat is not the whole
    bool kthread : 1;
    bool has_sched : 1;
    bool has_cpu : 1; // the totals above are from a visit
    bool has_io : 1;
    bool ran_since_slow : 1;
    bool stirred : 1;    // it ran or its memory changed since the last PSS reading
    bool active : 1;     // its rates are not all zero
    bool wants_text : 1; // cmdline is to be read (again)
    bool text_asked : 1;
    bool smaps_asked : 1;
    bool details_asked : 1;
    bool has_held : 1;
    bool is_given : 1;  // by capture_given: /proc knows nothing of it
    bool in_sample : 1; // that is being given
} tracked_t;

// What one tick's visits share.
typedef struct {
    const procfs_t *fs;
    descriptor_pool_t *pool;
    intern_t *strings;
    const snapshot_t *previous; // the sample before
    char *buf;
    size_t buf_cap;
    uint64_t now_us;      // CLOCK_BOOTTIME
    uint64_t interval_us; // since the capture before, 0 in the first
    bool swap_in_use;
    bool swap_known;
    unsigned memory_turn;   // the memory of those that did not run is read every so many ticks
    bool check_idle_owners; // what is known of owners is old: of all, not of those that ran only
    bool check_owner;       // somebody's view depends on who owns what
    uint64_t failed_reads;
    size_t new_zombies;
} visit_t;

// A process seen for the first time. 0; -ESRCH: there is no such process, or the number is a
// thread's; other -errno: nothing could be read of it. `p` is empty before.
int track_begin(visit_t *v, uint32_t slot, tracked_t *t, process_snapshot_t *p, uint64_t pid);

// 0; -ESRCH: it has ended.
int track_visit(visit_t *v, uint32_t slot, tracked_t *t, process_snapshot_t *p);

// Its parent has ended: finds out who is its parent now.
void track_parent(visit_t *v, uint32_t slot, tracked_t *t, process_snapshot_t *p);

// Its memory is about to be gone: what it has is kept.
void track_hold(tracked_t *t, const process_snapshot_t *p);
// The record of one that has ended, as it was when it last had memory.
void track_last(const tracked_t *t, const process_snapshot_t *p, process_snapshot_t *ret);

// Gives back descriptors and strings.
void track_end(visit_t *v, uint32_t slot, tracked_t *t, process_snapshot_t *p);

#endif
