#ifndef MEMSCOPE_DAEMON_ENGINE_STATUS_H
#define MEMSCOPE_DAEMON_ENGINE_STATUS_H

// How the daemon itself is doing: what its ticks cost, what it holds, what it may not read.
// A tick is what is done from its start until its frame is with the subscribers.

#include "daemon/engine/engine.h"
#include "protocol/message.h"

#define STATUS_COSTS 300

typedef struct {
    uint64_t minor, major;
} faults_t;

typedef struct {
    uint64_t started_us; // CLOCK_MONOTONIC
    uint64_t pss_budget_ppm;
    uint64_t ticks;
    size_t state_bytes;              // that wait for a restart
    uint64_t late_ticks;             // scheduled ones that began late
    uint32_t costs_us[STATUS_COSTS]; // of the last captures
    faults_t faults;                 // of ticks
    faults_t before;                 // the thread's, when the tick began
} status_t;

void status_init(status_t *s, uint64_t pss_budget_ppm);
// Both by the thread that ticks.
void status_tick_begin(status_t *s);
void status_tick_end(status_t *s, engine_t *e);
// Of the captures that are remembered; 0: none yet.
uint64_t status_p99_us(const status_t *s);

// Everything but the request and who is attached.
void status_fill(const status_t *s, engine_t *e, status_message_t *ret);

#endif
