#ifndef MEMSCOPE_DAEMON_PAST_INSPECTIONS_H
#define MEMSCOPE_DAEMON_PAST_INSPECTIONS_H

// For whom which process is read every second. Over a restart it is kept: what was inspected goes
// on being read until its viewer, who needs a moment to come back, asks for it again, or until a
// grace is over. Nobody is shown anything for it: a viewer who comes back is judged anew.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSPECTIONS_MAX      256   // more are inspected, but not remembered
#define INSPECTIONS_GRACE_MS 10000 // from the first tick on

typedef struct {
    uint64_t pid, start_time;
    uint64_t uid; // of the viewer
} inspection_t;

typedef struct {
    inspection_t now[INSPECTIONS_MAX], kept[INSPECTIONS_MAX];
    size_t count, kept_count;
    uint64_t kept_until_ms; // 0: the first tick is still to come
} inspections_t;

// With each tick: who asks now is said anew, and the grace ends some time.
void inspections_tick(inspections_t *l, uint64_t now_ms);
void inspections_add(inspections_t *l, const inspection_t *i);

// Of those that are kept.
void inspections_drop(inspections_t *l, size_t index);
bool inspections_keeps(const inspections_t *l, uint64_t pid, uint64_t start_time);

// For a restart, as in daemon/past/history.h.
struct buffer; // protocol/cursor.h
uint64_t inspections_layout(void);
void inspections_save(const inspections_t *l, struct buffer *out);
int inspections_load(inspections_t *l, const void *data, size_t len);

#endif
