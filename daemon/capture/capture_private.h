#ifndef MEMSCOPE_DAEMON_CAPTURE_CAPTURE_PRIVATE_H
#define MEMSCOPE_DAEMON_CAPTURE_CAPTURE_PRIVATE_H

// What the parts of the capture share: capture.c the tick, capture_lives.c who comes and goes,
// capture_reaped.c whose I/O comes to its parent, capture_reader.c what is read beside the tick,
// capture_given.c samples that were taken elsewhere.

#include "common/arena.h"
#include "common/procmap.h"
#include "daemon/capture/capture.h"
#include "daemon/capture/costly.h"
#include "daemon/capture/host.h"
#include "daemon/capture/pss_schedule.h"
#include "daemon/capture/track.h"

#define CAPTURE_SCRATCH    (64 * 1024)
#define CAPTURE_REAPED_MAX 256 // at one time; of more their parents' rates tell all at once

// A child that ended, until what it read and wrote shows in its parent's counters.
typedef struct {
    uint64_t pid;
    uint64_t parent, parent_start; // 0: nobody
    uint64_t read_bytes, write_bytes;
    unsigned ticks; // that it was waited for
} reaped_t;

struct capture {
    capture_config_t config;
    capture_handlers_t handlers;
    intern_t *strings;
    sample_t samples[2];
    unsigned current;
    arena_t tracked_arena;
    tracked_t *tracked; // by slot, as many as the sample has
    procmap_t by_pid;   // (pid, 0) -> slot
    uint32_t *free_slots;
    size_t n_free, max_slots;
    size_t processes;
    descriptor_pool_t pool;
    reader_t *reader;
    costly_list_t costly;
    pss_schedule_t pss;
    host_t host;
    uint64_t last_us, tick, last_pid;
    uint64_t capture_us;  // CPU of the capture before
    uint64_t recent_pids; // handed out before last_pid was read the last time
    unsigned since_scan;
    uint64_t *dead_pids; // of this tick
    size_t n_dead, zombies;
    reaped_t reaped[CAPTURE_REAPED_MAX];
    size_t n_reaped;
    exits_t exits;
    uint64_t failed_reads;
    uint64_t stuck_uids[READER_THREADS_MAX];
    size_t n_stuck;
    bool truncated;
    bool check_owner, owners_checked;
    visit_t visit;
    char *scratch;
};

static inline snapshot_t *capture_now(capture_t *c)
{
    return &c->samples[c->current].snapshot;
}

exit_totals_t capture_totals_of(const tracked_t *t);

// What the sample says of itself, with which a capture ends.
void capture_sum_up(capture_t *c);

// An empty record, and the slot that it is in. NULL where there is no room for another process,
// which the sample says then.
process_snapshot_t *capture_take_slot(capture_t *c, uint32_t *ret_slot);
void capture_give_slot_back(capture_t *c, uint32_t slot);

// The process in `slot` has ended.
void capture_bury(capture_t *c, uint32_t slot);
// After those that ended are buried: 0, or -errno when new processes could not be looked for.
int capture_find_births(capture_t *c);
void capture_adopt_orphans(capture_t *c);
void capture_count_zombies(capture_t *c);

// Before the process in `slot` is buried; and after all of them are.
void capture_note_reaped(capture_t *c, uint32_t slot);
void capture_settle_reaped(capture_t *c);

// Takes what the reader brought into the record.
void capture_apply_news(capture_t *c, tracked_t *t, process_snapshot_t *p);
// What the reader is to do until the next tick.
void capture_give_work(capture_t *c);

#endif
