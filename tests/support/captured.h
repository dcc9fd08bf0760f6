#ifndef MEMSCOPE_TESTS_SUPPORT_CAPTURED_H
#define MEMSCOPE_TESTS_SUPPORT_CAPTURED_H

// A made-up host (proctree) and the capture that looks at it, a second of fake_clock at a time.

#include "daemon/capture/capture.h"
#include "tests/support/cmocka.h"
#include "tests/support/proctree.h"

#define PAGE_KB 4

typedef struct {
    proctree_t tree;
    procfs_t fs;
    capture_t *capture;
    size_t born, died, readings;
    exit_record_t last_exit;
    reader_result_t last_reading;
} captured_t;

// An empty host of 8 GB; `counted`: with schedstat.
void captured_init(captured_t *h, bool counted);
// The same, with room for so many processes only.
void captured_init_small(captured_t *h, size_t max_processes);
void captured_done(captured_t *h);

// For cmocka: *state is a captured_t, an empty host with schedstat.
int captured_setup(void **state);
int captured_teardown(void **state);

void captured_tick(captured_t *h);
// That process is so by now, and then a second passes.
void captured_tick_with(captured_t *h, const proctree_process_t *p);

// NULL: no such process. Checks that it is there once and is found.
const process_snapshot_t *captured_find(const captured_t *h, uint64_t pid);
// Ticks until the field is known; the reader takes its time.
const process_snapshot_t *captured_wait(captured_t *h, uint64_t pid, unsigned field);
// Ticks until it is this text.
void captured_wait_text(captured_t *h, uint64_t pid, unsigned field, const char *text, size_t len);

bool captured_is_text(const captured_t *h, uint64_t id, const char *text, size_t len);
#define assert_text(h, id, text) assert_true(captured_is_text(h, id, text, strlen(text)))

// A process to begin with: PID 812, start time 4000, of 10,000 kB anonymous memory.
extern const proctree_process_t captured_postgres;

#endif
