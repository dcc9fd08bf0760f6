#ifndef MEMSCOPE_CLIENT_EXPORTER_SOURCE_H
#define MEMSCOPE_CLIENT_EXPORTER_SOURCE_H

// Where metrics come from: a conversation with a daemon that goes on whatever happens to it, sums
// of processes, and how often what happened. With no daemon there are no figures, and none are
// taken for those of now that are not.

#include "client/exporter/tally.h"
#include "client/link/attach.h"

#define SOURCE_STALE_US (30 * UINT64_C(1000000)) // a daemon silent for so long is as good as gone

// How often what happened since the source began.
#define SOURCE_EVENTS 12
extern const struct source_event {
    unsigned kind; // EVENT_*; 0: anything else
    unsigned tag;  // TAG_*; 0: any
    const char *name;
} source_events[SOURCE_EVENTS];

typedef struct {
    attach_target_t target;
    group_kind_t by;
    size_t top;
    bool once;                     // nobody waits for a daemon
    bool may_start_daemon;         // where nobody is on the system's socket
    void (*say)(const char *text); // what an operator wants to know; NULL: nobody listens

    attach_t attach;
    tally_t *tally;
    uint64_t retry_us; // CLOCK_MONOTONIC: when to connect anew; 0: it is connected
    uint64_t heard_us; // of the last sample; 0: none
    bool rates;        // a sample had them
    uint64_t samples, connections;
    char said[ATTACH_ERROR_MAX]; // why there is no daemon, when it was last said

    uint64_t events[SOURCE_EVENTS];
    bool follows_events;
    uint64_t instance, event_number, events_from_ms, sample_ms;
} source_t;

// 0 or -errno with one line in `ret_error`. With nobody on the socket it waits for somebody.
int source_open(source_t *s, char *ret_error);
void source_close(source_t *s);

int source_fd(const source_t *s); // -1: none for now
short source_poll_events(const source_t *s);
uint64_t source_deadline_us(const source_t *s); // CLOCK_MONOTONIC; UINT64_MAX: none
// 0, or -ECONNRESET: a private daemon has ended.
int source_dispatch(source_t *s, uint64_t now_us);

// The sample of now; NULL: there is none.
const snapshot_t *source_sample(const source_t *s, uint64_t now_us);
const hello_message_t *source_hello(const source_t *s);

#endif
