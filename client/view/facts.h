#ifndef MEMSCOPE_CLIENT_VIEW_FACTS_H
#define MEMSCOPE_CLIENT_VIEW_FACTS_H

// What an inspected process is besides its memory, and how figures are written there.

#include "client/model/ui.h"

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

// Whether there is memory to show: kernel threads have none, neither have the dead.
bool view_has_memory(const inspect_t *i);

// Lines that say what is the matter with it (exited, a kernel thread, …). Return the rows taken.
int view_status(const inspect_t *i, const pane_t *p, int row);
int view_facts(const ui_t *ui, const pane_t *p, int row);

#endif
