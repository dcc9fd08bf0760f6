#ifndef MEMSCOPE_TESTS_SUPPORT_LIVE_H
#define MEMSCOPE_TESTS_SUPPORT_LIVE_H

// A capture of this host, whenever a test wants one.

#include "daemon/capture/capture.h"
#include "tests/support/cmocka.h"
#include <sys/types.h>

typedef struct {
    procfs_t fs;
    capture_t *capture;
} live_t;

void live_init(live_t *l, size_t descriptors_max);
void live_done(live_t *l);
void live_tick(live_t *l);

// NULL: no such process.
const process_snapshot_t *live_find(const live_t *l, pid_t pid);
bool live_is_text(const live_t *l, uint64_t id, const char *text, size_t len);

#endif
