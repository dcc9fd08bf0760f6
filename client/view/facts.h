#ifndef MEMSCOPE_CLIENT_VIEW_FACTS_H
#define MEMSCOPE_CLIENT_VIEW_FACTS_H

// What an inspected process is besides its memory, and how figures are written there.

#include "client/model/ui.h"

// In MB (or kB, GB) with a fixed number of decimals.
char *format_mb(char *buf, size_t cap, uint64_t kb, int decimals);
// Two amounts in the unit of the greater one, which alone is followed by it. FORMAT_MAX bytes each.
void format_range(char *low, char *high, uint64_t low_kb, uint64_t high_kb);

// Whether there is memory to show: kernel threads have none, neither have the dead.
bool view_has_memory(const inspect_t *i);

// Lines that say what is the matter with it (exited, a kernel thread, …). Return the rows taken.
int view_status(const inspect_t *i, const pane_t *p, int row);
int view_facts(const ui_t *ui, const pane_t *p, int row);

#endif
