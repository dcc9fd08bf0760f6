#ifndef MEMSCOPE_DAEMON_ENGINE_STATUS_H
#define MEMSCOPE_DAEMON_ENGINE_STATUS_H

// How the daemon itself is doing: what its ticks cost, what it holds, what it may not read.

#include "daemon/engine/engine.h"
#include "protocol/message.h"

#define STATUS_COSTS 300

typedef struct {
    uint64_t started_us; // CLOCK_MONOTONIC
    uint64_t pss_budget_ppm;
    uint64_t ticks;
    size_t state_bytes;              // that wait for a restart
    uint64_t late_ticks;             // scheduled ones that began late
    uint32_t costs_us[STATUS_COSTS]; // of the last captures
} status_t;

void status_init(status_t *s, uint64_t pss_budget_ppm);
// After each capture.
void status_tick(status_t *s, engine_t *e);
// Of the captures that are remembered; 0: none yet.
uint64_t status_p99_us(const status_t *s);

// Everything but the request and who is attached.
void status_fill(const status_t *s, engine_t *e, status_message_t *ret);

#endif
