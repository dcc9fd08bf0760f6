#ifndef MEMSCOPE_DAEMON_PAST_EXITS_H
#define MEMSCOPE_DAEMON_PAST_EXITS_H

// Processes that ended, with their last figures: a bounded number, apart for big and small ones, so
// that many of these do not push out one of those, nor one user's another's (places.h). Adding
// allocates nothing.

#include "common/arena.h"
#include "daemon/past/places.h"
#include "daemon/proc/owner.h"
#include "protocol/snapshot.h"
#include <stdbool.h>

#define EXITS_SHELF 512 // records
#define EXITS_MAX   ((size_t) 2 * EXITS_SHELF)

// Totals since the process began, of the last tick it ran in.
typedef struct {
    bool unknown; // all of them
    uint64_t utime_ticks, stime_ticks, minflt, majflt;
    bool has_io;
    int io_error, smaps_error; // errno of the last attempt, 0: none
    uint64_t read_bytes, write_bytes, rchar, wchar;
} exit_totals_t;

typedef struct {
    process_snapshot_t last; // string ids are held by the record
    uint64_t exited_ms;      // CLOCK_BOOTTIME of the tick that found it gone
    owner_t owner;
    exit_totals_t totals;
} exit_record_t;

typedef struct {
    places_t places;
    exit_record_t *at;
} exit_shelf_t;

typedef struct {
    exit_shelf_t big, small;
    intern_t *strings; // borrowed
} exits_t;

// Room for EXITS_MAX records is taken from `arena`. 0 or -ENOMEM.
int exits_init(exits_t *e, arena_t *arena, intern_t *strings);

// Copies it and takes a reference of its strings.
const exit_record_t *exits_add(exits_t *e, const exit_record_t *record);

// Most recently ended first; NULL when there are no more.
const exit_record_t *exits_get(const exits_t *e, size_t index);
const exit_record_t *exits_find(const exits_t *e, uint64_t pid, uint64_t start_time);

// For a restart, as in daemon/past/history.h.
struct buffer; // protocol/cursor.h
uint64_t exits_layout(void);
void exits_save(const exits_t *e, struct buffer *out);
int exits_load(exits_t *e, const void *data, size_t len);

#endif
