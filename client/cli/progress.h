#ifndef MEMSCOPE_CLIENT_CLI_PROGRESS_H
#define MEMSCOPE_CLIENT_CLI_PROGRESS_H

// A line on a terminal's stderr that says how far long work has come; nothing elsewhere, and
// nothing for work that is over soon.

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool terminal; // stderr is one
    bool shown;
    uint64_t start_us, drawn_us;
} progress_t;

progress_t progress_begin(void);
// `total` 0: unknown; then `what` alone is shown, such as "1,204 rows".
void progress_show(progress_t *p, uint64_t done, uint64_t total, const char *what);
// Wipes the line, before something else is written to a terminal and at the end.
void progress_hide(progress_t *p);

#endif
