#ifndef MEMSCOPE_CLIENT_MODEL_WHY_H
#define MEMSCOPE_CLIENT_MODEL_WHY_H

// Who took memory in a span of time, as the daemon answered last, and what is to be asked next.

#include "client/model/model.h"
#include "client/model/reasons.h"

#define WHY_ROWS  48
#define WHY_LEAST 0.005 // of the change: what is less is shown as 0%

typedef struct {
    unsigned span; // of inspect_spans
    unsigned by;   // WHY_BY_*
    uint64_t request;
    uint64_t asked_ms;
    uint64_t from_ms; // asked for, CLOCK_BOOTTIME
    char error[256];  // why there was none last time, "" if nothing was wrong

    bool known;        // there was an answer:
    reasons_t reasons; // of which the rows can be selected
    size_t cursor;
    bool follow;    // the cursor is to be in sight
    size_t pressed; // the row that the mouse pressed last, counted from 1, 0: none
} why_t;

#define WHY_SPAN_USUAL 2 // ten minutes

int why_new(why_t **ret, unsigned span);
void why_free(why_t *w);

// Takes up an answer if it is the one awaited. False: it is not, or it is malformed.
bool why_take(why_t *w, const why_message_t *m, userdb_t *users, bool utf8);
bool why_failed(why_t *w, const error_message_t *m, bool utf8);

// The row under the cursor, NULL: there is none.
const reason_t *why_selected(const why_t *w);
// What those that a row is about have in common, and the group that they are, as far as some of
// them live; GROUP_NONE: nobody does.
group_kind_t why_group(
        const why_t *w, const reason_t *line, const model_t *m, identity_t *ret_group);
// By so many rows, or as far as there are any. False: there is none in that direction.
bool why_move(why_t *w, int lines);

#endif
