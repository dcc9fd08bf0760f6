#ifndef MEMSCOPE_DAEMON_FORENSICS_WHY_CHANGE_H
#define MEMSCOPE_DAEMON_FORENSICS_WHY_CHANGE_H

// Which change of used memory a span is about. Pure functions.

#include "daemon/forensics/timeline.h"

typedef struct {
    size_t start, end;  // moments
    size_t steep_start; // the steepest step of it begins there,
    size_t steep_end;   // and ends there
} change_t;

// n ≥ 1. The greatest rise, without what was before it began and after it was over; or the greatest
// fall, where that was more than twice as much and the rise is hardly worth a word.
void change_find(const moment_t *moments, size_t n, change_t *ret);

#endif
