#ifndef MEMSCOPE_CLIENT_VIEW_FACTS_H
#define MEMSCOPE_CLIENT_VIEW_FACTS_H

// What an inspected process is besides its memory.

#include "client/model/ui.h"

// Whether there is memory to show: kernel threads have none, neither have the dead.
bool view_has_memory(const inspect_t *i);

// Lines that say what is the matter with it (exited, a kernel thread, …). Return the rows taken.
int view_status(const inspect_t *i, const pane_t *p, int row);
// What is made of its memory: why it has its tags, or has none, and what it runs into.
int view_verdict(const ui_t *ui, const pane_t *p, int row);
int view_facts(const ui_t *ui, const pane_t *p, int row);

#endif
