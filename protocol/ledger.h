#ifndef MEMSCOPE_PROTOCOL_LEDGER_H
#define MEMSCOPE_PROTOCOL_LEDGER_H

// All memory of the host, line by line, by the kernel's own accounting, and what it does not
// account for. A pure function of one sample.

#include "protocol/messages.h"
#include "protocol/snapshot.h"
#include <stdbool.h>
#include <stdint.h>

#define LEDGER_LINES (LEDGER_SWAP + 1) // by LEDGER_*; 0 is nobody

typedef struct {
    uint64_t time_ms; // CLOCK_BOOTTIME; 0: not known
    int64_t kb[LEDGER_LINES];
    // What neither a cache nor free memory is, and used swap without what is in RAM as well.
    int64_t used_kb;
    // Private memory of processes by the kernel's sum less that by their own: constant but for what
    // they share, unless one grew fast while the capture was taken.
    int64_t gap_kb;
    // What of the gap is for a moment only: memory of processes that were on their way out, when
    // they had none any more and the kernel had it still. Not set by the functions below.
    int64_t leaving_kb;
} ledger_t;

// `private_kb`: of all processes; also in place of AnonPages for kernels that do not say it. Lines
// that this kernel knows nothing of are 0. False: MemTotal or MemFree are not known.
bool ledger_of(const system_snapshot_t *s, uint64_t private_kb, ledger_t *ret);

// The same for the moment at which processes were looked at, which is a while: what the kernel said
// before and after it, and what lies between them goes by what processes had. `gap_kb`: of the
// ledger before this one.
bool ledger_between(const system_snapshot_t *before, const system_snapshot_t *after,
        uint64_t private_kb, int64_t gap_kb, ledger_t *ret);

// Whether the line is part of used memory.
bool ledger_is_used(unsigned line);

#endif
