#ifndef MEMSCOPE_CLIENT_MODEL_WHY_H
#define MEMSCOPE_CLIENT_MODEL_WHY_H

// Who took memory in a span of time, as the daemon answered last, and what is to be asked next.

#include "protocol/message.h"
#include <stddef.h>

#define WHY_ROWS     48
#define WHY_LEDGER   24
#define WHY_TEXT_MAX 130

typedef struct {
    uint64_t kind; // 0: processes, else LEDGER_*
    uint64_t count, pid, start_time, uid, exited_ms;
    bool has_uid;
    int64_t start_kb, end_kb;
    char name[WHY_TEXT_MAX]; // safe to show
} why_line_t;

typedef struct {
    unsigned span; // of inspect_spans
    unsigned by;   // WHY_BY_*
    uint64_t request;
    uint64_t asked_ms;
    char error[256]; // why there was none last time, "" if nothing was wrong

    bool known;           // there was an answer:
    why_message_t answer; // without what is packed in it
    why_line_t rows[WHY_ROWS], ledger[WHY_LEDGER];
    size_t n_rows, n_ledger;
    // What hardly changed is counted with the others.
    uint64_t others;
    int64_t others_kb;
    size_t cursor;  // of the rows
    bool follow;    // the cursor is to be in sight
    size_t pressed; // the row that the mouse pressed last, counted from 1, 0: none
} why_t;

#define WHY_SPAN_USUAL 2 // ten minutes

int why_new(why_t **ret, unsigned span);
void why_free(why_t *w);

// Takes up an answer if it is the one awaited. False: it is not, or it is malformed.
bool why_take(why_t *w, const why_message_t *m, bool utf8);
bool why_failed(why_t *w, const error_message_t *m, bool utf8);

// The row under the cursor, NULL: there is none.
const why_line_t *why_selected(const why_t *w);
// False: there is no row in that direction.
bool why_move(why_t *w, int lines);

#endif
