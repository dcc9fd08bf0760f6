#ifndef MEMSCOPE_TESTS_SUPPORT_WITNESS_H
#define MEMSCOPE_TESTS_SUPPORT_WITNESS_H

// Somebody who counts without memscope how the memory of others moves: only what the witness has
// seen excuses an answer of memscope by a busy host.

#include <stdint.h>

// Looks until this process ends, several times a second. Others are all but this process and those
// that come of it.
void witness_start(void);

// Between the least and the most that others have had since then (CLOCK_MONOTONIC): anonymous
// memory of processes, and what is in tmpfs, whoever wrote it.
uint64_t witness_moved_kb(uint64_t since_us);

#endif
