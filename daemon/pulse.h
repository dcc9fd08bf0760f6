#ifndef MEMSCOPE_DAEMON_PULSE_H
#define MEMSCOPE_DAEMON_PULSE_H

// The daemon's rhythm: a tick each second, and looks in between (daemon/watch.h), each at a time
// that is a multiple of PULSE_LOOK_US after the first. To wake up costs more than to look, so a
// pulse serves either, and a look has no timer that would have to be read or set: the event loop
// waits until pulse_wait_us(). Times are CLOCK_MONOTONIC.

#include <stdbool.h>
#include <stdint.h>

#define PULSE_LOOK_US UINT64_C(100000)
#define PULSE_TICK_US UINT64_C(1000000) // a multiple of the former
#define PULSE_LATE_US UINT64_C(20000)

typedef struct {
    uint64_t look_us, tick_us; // when the next of each is due
    uint64_t late, missed;     // ticks, since the start
} pulse_t;

typedef enum { PULSE_NONE, PULSE_LOOK, PULSE_TICK } pulse_kind_t;

// `looks`: false where there is nothing to look at.
void pulse_init(pulse_t *p, uint64_t first_tick_us, bool looks);
uint64_t pulse_wait_us(const pulse_t *p, uint64_t now_us);
// What is due now. Looks that were missed are not made up.
pulse_kind_t pulse_take(pulse_t *p, uint64_t now_us);
// After a tick is done. Deadlines are absolute, so that ticks do not drift; one that has passed
// meanwhile is skipped.
void pulse_ticked(pulse_t *p, uint64_t now_us);

#endif
