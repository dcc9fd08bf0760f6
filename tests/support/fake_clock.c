#include "tests/support/fake_clock.h"

uint64_t fake_clock_ahead_us;

// The linker's --wrap sends calls here.
uint64_t __real_clock_monotonic_us(void);
uint64_t __real_clock_boottime_us(void);
uint64_t __wrap_clock_monotonic_us(void);
uint64_t __wrap_clock_boottime_us(void);

uint64_t __wrap_clock_monotonic_us(void)
{
    return __real_clock_monotonic_us() + __atomic_load_n(&fake_clock_ahead_us, __ATOMIC_RELAXED);
}

uint64_t __wrap_clock_boottime_us(void)
{
    return __real_clock_boottime_us() + __atomic_load_n(&fake_clock_ahead_us, __ATOMIC_RELAXED);
}
