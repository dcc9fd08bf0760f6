#ifndef MEMSCOPE_DAEMON_CAPTURE_TURN_H
#define MEMSCOPE_DAEMON_CAPTURE_TURN_H

// One process's turn within a tick: reads its files and takes what they say into its record.
// Internal to daemon/capture; track.c decides what is read when. Functions return 0 (or what they
// say) and -errno; -ESRCH: the process has ended.

#include "daemon/capture/track.h"

// A file opened by its path may belong to the next owner of the PID; it is taken for the right one
// only when `stat`, read after it, still has the same start_time.
typedef struct {
    visit_t *v;
    tracked_t *t;
    process_snapshot_t *p;
    uint32_t slot;
    bool unverified;
} turn_t;

uint32_t turn_now_s(const visit_t *v);
// Into the visit's buffer, with a NUL at the end; the descriptor is kept where there is room for
// it. `watch`: it is the file that the process is watched with. Returns the number of bytes or
// -errno.
ssize_t turn_read_file(turn_t *turn, proc_file_t file, bool watch);
uint64_t turn_rate(uint64_t before, uint64_t now, uint64_t interval_us);
void turn_set_cpu(turn_t *turn, uint64_t used_ns, uint64_t interval_us);
// What is left to be told of its I/O, at this rate in KiB/s at most, as a rate over interval_us.
void turn_set_io(turn_t *turn, uint64_t reads_max, uint64_t writes_max, uint64_t interval_us);
// So much of what this tick told of its I/O, or has left to be told, is no I/O of now and is not
// told. False: there is not so much.
bool turn_take_back_io(turn_t *turn, uint64_t read_bytes, uint64_t write_bytes);
void turn_set_rates_zero(turn_t *turn);
// True: it was another, or unknown.
bool turn_set_text(
        intern_t *strings, process_snapshot_t *p, unsigned field, const char *text, size_t len);
// 1: it ran since the last visit, 0: it did not, or -errno.
int turn_read_schedstat(turn_t *turn, pid_schedstat_t *ret);
// 1: its memory changed, 0: it did not, or -errno. *ret_shared: the part that it may share did.
int turn_read_statm(turn_t *turn, bool *ret_shared);
// As owner_files.
uint32_t turn_files_owner(turn_t *turn);
int turn_read_status(turn_t *turn);
// It took `took_us` for what it did since this was last read; 0: nobody knows.
int turn_read_io(turn_t *turn, uint64_t took_us);
int turn_read_stat(turn_t *turn, bool watch, pid_stat_t *ret);
// Takes over what stat says; true if the process now runs another program.
bool turn_apply_stat(turn_t *turn, const pid_stat_t *s, uint64_t run_ns, bool has_run_ns);
void turn_read_cgroup(turn_t *turn);

#endif
