#ifndef MEMSCOPE_DAEMON_PAST_DEPARTED_H
#define MEMSCOPE_DAEMON_PAST_DEPARTED_H

// Who the dead were whose past is kept: beside each series of history, a name.

#include "daemon/past/exits.h"

typedef struct departed departed_t;

typedef struct {
    const char *name, *unit; // raw; valid until the next departed_put
    size_t name_len, unit_len;
    uint64_t uid;
    bool has_uid;
    owner_t owner;
} departed_identity_t;

// `max_series`: as history_series_max. 0 or -errno.
int departed_new(departed_t **ret, size_t max_series);
void departed_free(departed_t *d);

// Whoever had the series before is forgotten. `strings`: of the record.
void departed_put(
        departed_t *d, uint32_t series, const exit_record_t *record, const intern_t *strings);

// False: not known, or somebody else's.
bool departed_get(const departed_t *d, uint32_t series, uint64_t pid, uint64_t start_time,
        departed_identity_t *ret);

// For a restart, as in daemon/past/history.h: of the series that history has by then. `living` adds
// those who live: by the time that it is loaded they may have ended unseen.
struct buffer; // protocol/cursor.h
uint64_t departed_layout(void);
void departed_save(const departed_t *d, struct buffer *out);
void departed_save_living(uint32_t series, const process_snapshot_t *p, owner_t owner,
        const intern_t *strings, struct buffer *out);
int departed_load(departed_t *d, const void *data, size_t len);

#endif
