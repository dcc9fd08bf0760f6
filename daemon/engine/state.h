#ifndef MEMSCOPE_DAEMON_ENGINE_STATE_H
#define MEMSCOPE_DAEMON_ENGINE_STATE_H

// What a restart must not cost: history, who the dead were, exits, ledgers, who wrote to tmpfs,
// tags with all they were judged by, baselines, stories of leaks, OOM kills, events, who inspected
// what. Every few seconds it is written, in turn, into one of two memfds that systemd keeps (so
// that one is whole whenever the daemon dies), and on a clean stop to one of two files in the state
// directory, which are open before the daemon gives up opening any. What is of another boot, of
// another layout or damaged is refused section by section.

#include "daemon/engine/engine.h"
#include <stddef.h>

#define STATE_COPIES     2
#define STATE_INTERVAL_S 5   // at least,
#define STATE_SHARE      100 // and so many times what writing took

typedef struct state state_t;

extern const char *const state_memfd_names[STATE_COPIES]; // in systemd's store

// `memfds`: those that systemd handed over, -1: none; taken. `directory`: NULL: none. Opens what is
// written later. 0 or -errno; a file that cannot be opened was logged and is done without.
int state_new(state_t **ret, const int memfds[STATE_COPIES], const char *directory);
void state_free(state_t *s);

// Before the first tick of `e`. What was refused is logged.
void state_load(state_t *s, engine_t *e);
// After each tick.
void state_tick(state_t *s, engine_t *e);
// On a clean stop.
void state_store(state_t *s, engine_t *e);

// Memory that the copies hold.
size_t state_bytes(const state_t *s);

#endif
