#ifndef MEMSCOPE_TESTS_BENCH_OBSERVED_H
#define MEMSCOPE_TESTS_BENCH_OBSERVED_H

// What a process takes, as others see it.

#include <stdbool.h>
#include <sys/types.h>

double observed_cpu_us(pid_t pid);        // of all its threads so far, by schedstat
double observed_private_bytes(pid_t pid); // resident, and of nobody else
// Memory that the kernel charges it for what it sent and nobody has read yet. False: it may not be
// asked.
bool observed_kernel_bytes(pid_t pid, double *ret);

#endif
