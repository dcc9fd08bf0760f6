#ifndef MEMSCOPE_TESTS_BENCH_FORENSICS_TRACES_H
#define MEMSCOPE_TESTS_BENCH_FORENSICS_TRACES_H

// Recordings of real programs: CSV as the daemon reads it. NAME-leak-from-N.csv leaks from second N
// of its first process on, any other name is of healthy programs.

#include "tests/bench/forensics_series.h"

// Calls `each` for every process of a file. 0 or -errno.
int traces_read(const char *path, void (*each)(const series_t *s, void *data), void *data);

#endif
