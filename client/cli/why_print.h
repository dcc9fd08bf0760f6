#ifndef MEMSCOPE_CLIENT_CLI_WHY_PRINT_H
#define MEMSCOPE_CLIENT_CLI_WHY_PRINT_H

// Reasons as a sentence, a table and the ledger for people, or as a JSON object.

#include "client/cli/when.h"
#include "client/model/reasons.h"

typedef struct {
    const reasons_t *reasons;
    when_clock_t clock;
    uint64_t asked_from_ms, asked_to_ms; // CLOCK_REALTIME
    bool private_daemon;
    bool replay; // a trace knows nothing of the host but its processes
    bool utf8;
} why_view_t;

void why_print(const why_view_t *v);
void why_print_json(const why_view_t *v);

#endif
