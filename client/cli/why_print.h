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
    size_t columns; // of the terminal, 0: it is none
} why_view_t;

// Whether something was asked for that nothing is known of.
bool why_is_cut(const why_view_t *v);

// Whether there is something behind this line of the ledger.
bool why_is_recorded(const why_view_t *v, const ledger_line_t *l);

#define WHY_SENTENCE_MAX 2048

// What goes first; returns `buf`.
char *why_sentence(const why_view_t *v, char buf[WHY_SENTENCE_MAX]);

void why_print(const why_view_t *v);
void why_print_json(const why_view_t *v);

#endif
