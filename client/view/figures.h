#ifndef MEMSCOPE_CLIENT_VIEW_FIGURES_H
#define MEMSCOPE_CLIENT_VIEW_FIGURES_H

// How figures are written in views: larger than in the cells of a list, and with their moments.

#include "protocol/snapshot.h"

// In MB (or kB, GB) with a fixed number of decimals.
char *format_mb(char *buf, size_t cap, uint64_t kb, int decimals);
// A span that a trend may have: 64 s, 2 min, 24 h.
char *format_span(char *buf, size_t cap, unsigned seconds);
// A moment of CLOCK_BOOTTIME as time of day, local; "" where that is not known.
char *format_clock(char *buf, size_t cap, const system_snapshot_t *s, uint64_t boot_ms);
// "37%", where only all of it is 100%. Of nothing: "".
void format_share(char *buf, size_t cap, uint64_t part, uint64_t whole);
// Two amounts in the unit of the greater one, which alone is followed by it. FORMAT_MAX bytes each.
void format_range(char *low, char *high, uint64_t low_kb, uint64_t high_kb);

#endif
