#ifndef MEMSCOPE_TESTS_FAKE_CLOCK_H
#define MEMSCOPE_TESTS_FAKE_CLOCK_H

// The clocks of common/clock.h, for everything linked statically, run ahead by as much as a test
// wants.

#include <stdint.h>

extern uint64_t fake_clock_ahead_us; // of CLOCK_BOOTTIME and CLOCK_MONOTONIC

#endif
