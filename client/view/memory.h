#ifndef MEMSCOPE_CLIENT_VIEW_MEMORY_H
#define MEMSCOPE_CLIENT_VIEW_MEMORY_H

// The host's memory in the head of the screen: gauges, and what the RAM consists of.

#include "client/model/ui.h"

// "[████▓▒░░]" for RAM and, where there is room, for swap, at the right end of the first row.
void view_memory_gauges(const ui_t *ui, const pane_t *p, int room);
// Hundredths of a percent of waiting from which the host is in trouble.
#define VIEW_PRESSURE 100

// A row that says what each part of the RAM's gauge is, and how long tasks wait for memory.
void view_memory_parts(const ui_t *ui, const pane_t *p, int row);

// "PSI some 12.3% full 4.0%" of the last ten seconds. False: not known.
bool view_pressure(const system_snapshot_t *s, char *buf, size_t cap);

#endif
