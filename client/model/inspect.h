#ifndef MEMSCOPE_CLIENT_MODEL_INSPECT_H
#define MEMSCOPE_CLIENT_MODEL_INSPECT_H

// The process under inspection: its latest figures, which stay when it exits, the daemon's DETAILS
// of it and its history.

#include "client/model/model.h"
#include "client/model/series.h"

#define INSPECT_NAME_MAX 128

typedef struct {
    identity_t id;
    char name[INSPECT_NAME_MAX];
    char user[INSPECT_NAME_MAX];
    char *unit, *command;    // heap; NULL: unknown
    process_snapshot_t last; // latest figures; known == 0: none yet
    row_t row;               // the same as the list shows them; counts with `last`
    system_snapshot_t system;
    bool exited;
    uint64_t exited_ms; // CLOCK_BOOTTIME, 0: unknown

    bool has_details;
    details_message_t details; // its texts lie in `texts`
    char *texts;

    unsigned span; // of inspect_spans
    series_t series;
    uint64_t request; // number of the HISTORY that is awaited, 0: none
} inspect_t;

// What the trend can show, in seconds.
extern const unsigned inspect_spans[];
extern const unsigned n_inspect_spans;

int inspect_new(inspect_t **ret, identity_t id);
void inspect_free(inspect_t *i);

// Takes up what the model holds now, made from the snapshot `s`.
void inspect_update(inspect_t *i, const model_t *m, const snapshot_t *s);

// Takes up a DETAILS if it is about this process. False: it is not, or memory ran out.
bool inspect_details(inspect_t *i, const details_message_t *d);
// The same for a HISTORY that was awaited.
bool inspect_history(inspect_t *i, const history_message_t *h);

// Changes what the trend shows, by steps in inspect_spans; a new history is due if it returns true.
bool inspect_zoom(inspect_t *i, int steps);

#endif
