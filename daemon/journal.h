#ifndef MEMSCOPE_DAEMON_JOURNAL_H
#define MEMSCOPE_DAEMON_JOURNAL_H

// Events that are worth a message in the journal: a tag that was set or cleared, an OOM kill; with
// MEMSCOPE_PID=, MEMSCOPE_TAG= and more. Without a journal it is a line of the log.

#include "daemon/forensics/events.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void journal_event(const event_t *x);

// The text of it, "name (PID): LEAK: +12.00 MB in 45 s": a receipt begins with its tag, which is
// said once. `name` is clean. Returns `buf`.
char *journal_tag_text(char *buf, size_t cap, uint64_t pid, const char *name, const char *tag,
        bool set, const char *receipt);

#endif
