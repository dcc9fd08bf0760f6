#ifndef MEMSCOPE_CLIENT_MODEL_EVENTS_H
#define MEMSCOPE_CLIENT_MODEL_EVENTS_H

// The latest events that the daemon told of, and which of them is selected.

#include "client/model/row.h"
#include "protocol/message.h"
#include <stddef.h>

#define EVENTS_MAX      256
#define EVENTS_NAME_MAX 64

typedef struct {
    uint64_t number;
    uint64_t time_ms; // CLOCK_BOOTTIME
    uint64_t kind;    // EVENT_*
    uint64_t tag;     // TAG_*
    identity_t id;    // pid 0: nobody could be named
    char name[EVENTS_NAME_MAX];
    char *text; // heap, safe to show; NULL: there is none
} event_t;

typedef struct {
    event_t items[EVENTS_MAX]; // oldest first
    size_t n;
    uint64_t request;  // whose answer is awaited, 0: none
    uint64_t asked;    // number of the last event that was looked at
    uint64_t since_ms; // how far back events are kept, 0: unknown
    uint64_t instance; // of the daemon that told
    bool complete;     // the past is there
    uint64_t cursor;   // number of the selected one, 0: always the newest
    size_t top;        // first line on the screen
    uint64_t pressed;  // number of the one that the mouse pressed last, 0: none
} events_t;

int events_new(events_t **ret);
void events_free(events_t *e);
// Those of another run of the daemon are not continued.
void events_clear(events_t *e);

// Takes up an EVENT. True: another request is due, for what comes after `asked`.
bool events_take(events_t *e, const event_message_t *m, bool utf8);

// The i-th newest, and the selected one's place among these (0 where there is none).
const event_t *events_newest(const events_t *e, size_t i);
size_t events_place(const events_t *e);
void events_move(events_t *e, long lines);

#endif
