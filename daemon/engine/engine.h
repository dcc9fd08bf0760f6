#ifndef MEMSCOPE_DAEMON_ENGINE_ENGINE_H
#define MEMSCOPE_DAEMON_ENGINE_ENGINE_H

// One tick's work without a clock or a socket: capture, tags, events, history, ledger. The manager
// gives it the rhythm and publishes what it made.

#include "daemon/capture/capture.h"
#include "daemon/forensics/chronicle.h"
#include "daemon/forensics/tags.h"
#include "daemon/forensics/why.h"
#include "daemon/past/history.h"
#include "daemon/past/inspections.h"

typedef struct {
    const char *proc_root;   // NULL: samples are given (engine_given_begin)
    uint64_t given_ms;       // mono_ms of the first of them
    size_t memory_max;       // bytes for everything kept of processes; 0: sized from the machine
    unsigned copies;         // of what a restart keeps, which have to fit in there as well
    size_t descriptors_max;  // files of processes that may stay open
    uint64_t pss_budget_ppm; // millionths of one core
} engine_config_t;

typedef struct engine engine_t;

// `reading`: see capture_handlers_t; may be NULL. 0 or -errno.
int engine_new(engine_t **ret, const engine_config_t *config,
        void (*reading)(void *user, const reader_result_t *result), void *user);
void engine_free(engine_t *e);

// As capture_run: on failure the tick lacks new processes, and nothing else.
int engine_tick(engine_t *e);

// After what an engine_tick found was published: has memory ready for the next one.
void engine_prepare(engine_t *e);

// A sample that was taken elsewhere, in place of engine_tick: as capture_given_begin and so on.
// `age_ms`: of the process if it is new, UINT64_MAX: unknown. The ledger knows of processes only.
int engine_given_begin(engine_t *e, const system_snapshot_t *system);
int engine_given(engine_t *e, const process_snapshot_t *given, const char *name, size_t name_len,
        uint64_t age_ms);
void engine_given_end(engine_t *e);

const procfs_t *engine_procfs(const engine_t *e);
capture_t *engine_capture(engine_t *e);
tags_t *engine_tags(engine_t *e);
const chronicle_t *engine_chronicle(const engine_t *e);
events_t *engine_events(engine_t *e);
why_t *engine_why(engine_t *e);
history_t *engine_history(engine_t *e);
inspections_t *engine_inspections(engine_t *e);
size_t engine_memory_max(const engine_t *e);

// What a restart keeps, section by section; see daemon/engine/state.h. Loading is done before the
// first tick.
struct buffer; // protocol/cursor.h

typedef struct {
    const char *name;         // in the plural, by which it is found again
    uint64_t (*layout)(void); // another number where what is saved has another meaning
    void (*save)(const engine_t *e, struct buffer *out);
    int (*load)(engine_t *e, const void *data, size_t len); // 0 or -errno: nothing is loaded
} engine_section_t;

#define ENGINE_SECTIONS 10

extern const engine_section_t engine_sections[ENGINE_SECTIONS];

#endif
