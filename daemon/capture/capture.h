#ifndef MEMSCOPE_DAEMON_CAPTURE_CAPTURE_H
#define MEMSCOPE_DAEMON_CAPTURE_CAPTURE_H

// The capture of every process, once a tick, at about the price of two small preads for one that
// does nothing.
//
// How old a field of process_snapshot_t can be at the end of a tick:
//   cpu, faults, threads, ppid, zombies, blocked             this tick
//   state                                                    this tick, but of one that waits for a
//                                                            processor since it last ran: as it was
//   anon, file + shmem                                       this tick where the process ran, or
//                                                            where the host swapped or reclaimed
//                                                            much (1/CAPTURE_MUCH_RECLAIM of RAM);
//                                                            CAPTURE_IDLE_TICKS where it reclaimed
//                                                            some, else CAPTURE_CALM_TICKS: then
//                                                            only another process can have changed
//                                                            them
//   io                                                       this tick; CAPTURE_IO_S with more than
//                                                            one thread and no CPU time to speak of
//   swap                                                     as anon; 0 while no swap is in use
//   file against shmem                                       this tick where their sum changed;
//                                                            CAPTURE_SLOW_S where the process ran,
//                                                            else CAPTURE_IDLE_S
//   hwm                                                      the same, but never less than the RSS
//                                                            of any tick
//   name                                                     the tick after the process ran
//   uid, owner                                               the same while they are watched, else
//                                                            as unit
//   unit, cmdline                                            birth, exec, else CAPTURE_SLOW_S where
//                                                            it ran, else CAPTURE_IDLE_S (an exec
//                                                            that keeps the name shows only to
//                                                            those who may trace)
//   pss, uss                                                 pss_time_ms says it
//
// What is not read because it cannot have changed: all of what a process with a single thread does,
// when its run time (schedstat) is what it was; the memory of kernel threads; the list of processes
// when no PID was handed out since (the last field of loadavg) and none ended, but for a scan every
// CAPTURE_SCAN_TICKS.

#include "daemon/capture/reader.h"
#include "daemon/capture/sample.h"
#include "daemon/past/exits.h"
#include "daemon/proc/owner.h"
#include "daemon/proc/procfs.h"

#define CAPTURE_SLOW_S     30
#define CAPTURE_IDLE_S     300
#define CAPTURE_IDLE_TICKS 4
#define CAPTURE_CALM_TICKS 16 // a multiple of the former
#define CAPTURE_IO_S       8
#define CAPTURE_SCAN_TICKS 16

#define CAPTURE_MUCH_RECLAIM 1024

typedef struct capture capture_t;

typedef struct {
    const procfs_t *fs;      // borrowed
    size_t max_processes;    // more are left out of the sample, which says so
    size_t descriptors_max;  // files of processes that may stay open
    uint64_t pss_budget_ppm; // CPU for PSS readings in millionths of one core; 0: only on demand
} capture_config_t;

typedef struct {
    // A reading asked for with capture_read_details came back. Its process may be gone by now.
    void (*reading)(void *user, const reader_result_t *result);
    // The process in `slot` is gone; its record of the tick before is still there.
    void (*died)(void *user, uint32_t slot, const exit_record_t *record);
    // A process was first seen; its record is complete but for what the reader brings.
    void (*born)(void *user, uint32_t slot);
    void *user;
} capture_handlers_t;

int capture_new(
        capture_t **ret, const capture_config_t *config, const capture_handlers_t *handlers);
void capture_free(capture_t *c);

// Takes one capture of everything. What cannot be read of one process is unknown in its record.
// 0, or -errno when new processes could not be looked for: the sample has all the others then.
int capture_run(capture_t *c);

// A sample that was taken elsewhere, in place of capture_run: begins it, takes its processes one by
// one (state, name and memory; what is unknown of them stays so), and ends it, when those that were
// not given have ended. `system` has mono_ms, and its texts are unknown. Such a capture has an
// `fs` with no descriptor, so that nothing here is taken for what was there. 0 or -ENOMEM.
int capture_given_begin(capture_t *c, const system_snapshot_t *system);
int capture_given(capture_t *c, const process_snapshot_t *given, const char *name, size_t name_len);
void capture_given_end(capture_t *c);

// What memory is used for now, after the capture; the rest is as in the last one. Some ten us.
void capture_read_memory(capture_t *c, system_snapshot_t *ret);

const snapshot_t *capture_current(const capture_t *c);
const snapshot_t *capture_previous(const capture_t *c);
// What was captured of the process in the slot before; NULL: it has been born since.
const process_snapshot_t *capture_before(const capture_t *c, uint32_t slot);
// The present one, for those that add to the sample what capture does not know (tags).
snapshot_t *capture_current_writable(capture_t *c);

// PROCMAP_NONE where there is no such process. start_time 0: whoever has the pid now.
uint32_t capture_find(const capture_t *c, uint64_t pid, uint64_t start_time);

// For what a restart keeps.
exits_t *capture_exits(capture_t *c);
// Most recently ended first; NULL when there are no more.
const exit_record_t *capture_exit(const capture_t *c, size_t index);
const exit_record_t *capture_find_exit(const capture_t *c, uint64_t pid, uint64_t start_time);

// Asks the reader for cmdline, exe and the breakdown, before all that nobody looks at, unless that
// was asked already and has not come back. A breakdown that costs much is not read at each asking
// (costly.h): then the one before comes once more. 0, -EAGAIN, or -ENODATA where samples are given.
int capture_read_details(capture_t *c, uint32_t slot);
// CPU that this would take of the reader, by what is known of the process. 0: none that would not
// be taken anyway.
uint64_t capture_details_cost_us(const capture_t *c, uint32_t slot);

// The reader's descriptor: when it is readable call capture_collect, though each capture does too.
int capture_reader_fd(const capture_t *c);
void capture_collect(capture_t *c);

void capture_totals(const capture_t *c, uint32_t slot, exit_totals_t *ret);

// The process as which another one began that has just been born, with the same program in the same
// memory; PROCMAP_NONE: it has executed something since, or the kernel does not tell.
uint32_t capture_original(const capture_t *c, uint32_t slot);

// Whether somebody's view depends on who owns what: then a change of credentials is noticed in the
// tick after which the process ran, else as uid above. Off at first. False: what is known of owners
// may be as old as that until the next capture.
bool capture_watch_owners(capture_t *c, bool watch);
owner_t capture_owner(const capture_t *c, uint32_t slot);

void capture_set_pss_budget(capture_t *c, uint64_t ppm);

typedef struct {
    size_t processes, descriptors, bytes;
    uint64_t pss_spent_us; // CPU, since the start
    uint64_t failed_reads; // failed for another reason than that the process ended
} capture_usage_t;

void capture_usage(const capture_t *c, capture_usage_t *ret);

#endif
