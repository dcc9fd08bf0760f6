#ifndef MEMSCOPE_DAEMON_FORENSICS_WRITERS_H
#define MEMSCOPE_DAEMON_FORENSICS_WRITERS_H

// Who filled tmpfs: nobody's memory grows by it, and the kernel does not say whose file it is.
// While shared memory rises, those are noted who wrote about as much by system calls, or mapped it;
// when it falls, what was noted last counts as given back. So many notes and no more, by all users
// (daemon/past/places.h); what they say is likely, not certain.

#include "daemon/capture/capture.h"

typedef struct writers writers_t;

typedef struct {
    uint64_t pid, start_time, uid;
    bool has_uid;
    owner_t owner;
    uint64_t kb; // of the rise, within the span
    const char *name, *unit;
    size_t name_len, unit_len; // valid until the next writers_tick
} writer_t;

// `capture` is borrowed. 0 or -errno.
int writers_new(writers_t **ret, const capture_t *capture, size_t max_slots);
void writers_free(writers_t *w);

// Somebody has ended, before writers_tick: the kernel adds what it wrote to what its parent has
// written.
void writers_died(writers_t *w, const exit_record_t *record);

// After each capture; `shmem_kb`: all shared memory, now.
void writers_tick(writers_t *w, uint64_t now_ms, int64_t shmem_kb);

// Who most likely wrote most after `from_ms` that was still there at `to_ms`; false: nobody is
// known.
bool writers_find(const writers_t *w, uint64_t from_ms, uint64_t to_ms, writer_t *ret);

// For a restart, as in daemon/past/history.h.
struct buffer; // protocol/cursor.h
uint64_t writers_layout(void);
void writers_save(const writers_t *w, struct buffer *out);
int writers_load(writers_t *w, const void *data, size_t len);

#endif
