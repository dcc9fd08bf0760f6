#ifndef MEMSCOPE_COMMON_CLOCK_H
#define MEMSCOPE_COMMON_CLOCK_H

// All times are microseconds in 64 bits.

#include <stdint.h>

#define USEC_PER_SEC  UINT64_C(1000000)
#define USEC_PER_MSEC UINT64_C(1000)

uint64_t clock_monotonic_us(void); // CLOCK_MONOTONIC
uint64_t clock_boottime_us(void);  // CLOCK_BOOTTIME: the clock of a process's start_time
uint64_t clock_realtime_us(void);  // CLOCK_REALTIME
uint64_t clock_thread_cpu_us(void);

#endif
