#ifndef MEMSCOPE_DAEMON_PAST_HISTORY_H
#define MEMSCOPE_DAEMON_PAST_HISTORY_H

// The past of every process, living or dead, and of the system: each second for two minutes, each
// ten seconds for an hour, each minute for a day. Stored as runs of equal values, coded as
// differences in small chunks of one pool, so that a process that does not move costs no chunk at
// all. Recording one point is O(1) and allocates nothing.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer; // protocol/cursor.h

typedef struct history history_t;

#define HISTORY_LEVELS      3
#define HISTORY_NONE        UINT32_MAX
#define HISTORY_KEEP_DEAD_S (24 * 3600)

typedef struct {
    uint32_t step_s;
    uint32_t span_s;
} history_level_t;

extern const history_level_t history_levels[HISTORY_LEVELS];

// KiB. min and max are of the private values within the step.
typedef struct {
    uint64_t rss, private_last, private_min, private_max;
} history_value_t;

// `max_bytes`: of address space for series and chunks together; 0 or -errno.
int history_new(history_t **ret, size_t max_bytes);
void history_free(history_t *h);

// A series for (pid, start_time), or the one that it has. HISTORY_NONE when there is no room even
// after the dead were dropped: of the user who has most of them, the oldest first. pid 0: the
// system.
uint32_t history_open(history_t *h, uint64_t pid, uint64_t start_time);
// Whose it is, while it lives; of a new one, root's.
void history_set_user(history_t *h, uint32_t series, uint32_t uid);
// The process died: its past is kept for a day or until room is needed, or (keep false) dropped.
void history_close(history_t *h, uint32_t series, uint64_t now_ms, bool keep);

#define HISTORY_SHARED_POINTS 8

// What a process shares with the one that it began as a copy of, until one of them writes to it or
// has it no more: private memory of both, that was taken once.
typedef struct {
    uint64_t kb;              // now, at most; 0: nothing
    uint64_t pid, start_time; // with whom
    uint64_t until_ms;        // when that one ended; 0: it lives
    uint64_t written_kb;      // of it, by page faults of late: the kernel may have that twice soon
    uint64_t estimated_kb;    // by so much it became less by an estimate only
    struct {
        uint64_t kb, at_ms;
    } points[HISTORY_SHARED_POINTS]; // how it became so, the oldest first
    uint32_t n_points;
} history_shared_t;

const history_shared_t *history_shared(const history_t *h, uint32_t series);
void history_set_shared(history_t *h, uint32_t series, const history_shared_t *shared);
// From now on it is no more than `kb`; before_ms: when it was still as it is in *s. Its course is
// kept, as well as some points can tell it.
void history_shared_limit(history_shared_t *s, uint64_t kb, uint64_t before_ms, uint64_t now_ms);
// What of a value of that time the process took itself.
uint64_t history_own_kb(const history_shared_t *s, uint64_t private_kb, uint64_t time_ms);

// The processes that have a series, one after the other: begin with HISTORY_NONE; HISTORY_NONE: no
// more. A number below history_series_max().
typedef struct {
    uint64_t pid, start_time;
    uint64_t died_ms; // 0: lives
    history_shared_t shared;
} history_identity_t;

uint32_t history_next(const history_t *h, uint32_t after, history_identity_t *ret);
size_t history_series_max(const history_t *h);
// The most private memory that it was ever recorded with; of HISTORY_NONE: 0.
uint64_t history_peak_kb(const history_t *h, uint32_t series);
uint32_t history_find(const history_t *h, uint64_t pid, uint64_t start_time);

// Times are CLOCK_BOOTTIME and do not go back. Several points within a second: the last one counts,
// and all of them for min and max. Seconds without a point are a gap.
void history_record(
        history_t *h, uint32_t series, uint64_t now_ms, uint64_t rss_kb, uint64_t private_kb);

// Between two ticks: so that recording some more points is no page fault.
void history_prepare(history_t *h);

// Calls `run` for every run of equal points of a level in [from_s, to_s], oldest first, cut to that
// range. `first_s` is the time of the first point, the others follow each step. Gaps have a NULL
// value.
void history_read(const history_t *h, uint32_t series, unsigned level, uint64_t from_s,
        uint64_t to_s,
        void (*run)(void *user, uint64_t first_s, uint32_t count, const history_value_t *value),
        void *user);

size_t history_bytes(const history_t *h);

// For a restart. What is loaded is what was saved, in the same layout: the caller has a sum of it.
// Loading is for a history that is empty; all series are of the dead until they are opened again.
// 0, -EBADMSG or -ENOMEM.
uint64_t history_layout(void);
void history_save(const history_t *h, struct buffer *out);
int history_load(history_t *h, const void *data, size_t len, uint64_t now_ms);

#endif
