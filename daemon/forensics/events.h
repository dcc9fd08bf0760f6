#ifndef MEMSCOPE_DAEMON_FORENSICS_EVENTS_H
#define MEMSCOPE_DAEMON_FORENSICS_EVENTS_H

// What happened, kept after the process that it happened to: a bounded number, apart for what is
// rare (LEAK, OOM kills) and what is common (spikes, exits), so that the one is not pushed out by
// the other, nor what is one user's by another's (daemon/past/places.h). Strings are copies. Adding
// allocates nothing.

#include "daemon/proc/owner.h"
#include "protocol/message.h"
#include "protocol/snapshot.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTS_RARE   512
#define EVENTS_COMMON 1024
#define EVENTS_OOM    16 // OOM kills whose minutes before are kept

#define EVENT_NAME_MAX   64
#define EVENT_UNIT_MAX   128
#define EVENT_CGROUP_MAX 256
#define EVENT_TEXT_MAX   480

// What of the numbers is known is what `has` says, bits of EVENT_HAS_*.
enum {
    EVENT_HAS_PROCESS = 1 << 0, // pid, start_time, name
    EVENT_HAS_SINCE = 1 << 1,
    EVENT_HAS_SIZE = 1 << 2,
    EVENT_HAS_PEAK = 1 << 3,
    EVENT_HAS_RATE = 1 << 4,
    EVENT_HAS_CONFIDENCE = 1 << 5, // and ruled_out
    EVENT_HAS_LEFT = 1 << 6,
    EVENT_HAS_DURATION = 1 << 7,
    EVENT_HAS_OUTCOME = 1 << 8,
    EVENT_HAS_COUNT = 1 << 9,
    EVENT_HAS_STORY = 1 << 10,
    EVENT_HAS_UID = 1 << 11,
    EVENT_ONLY_SUSPECTED = 1 << 12, // the tag that was cleared was never set
};

// The fields of EVENT in protocol/messages.h.
typedef struct {
    uint64_t number, time_ms;
    uint32_t kind, has;
    uint64_t tag;
    uint64_t pid, start_time, uid;
    owner_t owner;
    uint64_t since_ms, size_kb, peak_kb;
    uint64_t rate, rate_low, rate_high;
    uint64_t confidence, left_s, ruled_out;
    uint64_t duration_ms, given_back, count;
    uint64_t story, story_ms, story_kb;
    char name[EVENT_NAME_MAX];
    uint32_t name_len, unit_len;
    char unit[EVENT_UNIT_MAX];
    char cgroup[EVENT_CGROUP_MAX]; // "": none
    char text[EVENT_TEXT_MAX];
    uint32_t others_at; // from there on `text` tells of other processes; 0: nowhere
} event_t;

// An event about a process, whose names are copied.
event_t event_of(unsigned kind, uint64_t time_ms, const process_snapshot_t *p, owner_t owner,
        const intern_t *strings);
// Adds to its text, as far as there is room.
void event_say(event_t *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

// All of it that is its own. What `m` has of texts is the event's.
void event_to_message(const event_t *e, event_message_t *m);

typedef struct events events_t;

// `now_ms`: nothing is known of the time before. 0 or -errno.
int events_new(events_t **ret, uint64_t now_ms);
void events_free(events_t *e);

// Copies it and gives it a number, which is returned.
uint64_t events_add(events_t *e, const event_t *event);

// The oldest one with a greater number, NULL: none. Numbers begin with 1.
const event_t *events_next(const events_t *e, uint64_t after);
uint64_t events_last(const events_t *e); // number of the newest one, 0: none

// Since when every event is still there.
uint64_t events_since_ms(const events_t *e);

// What was before an OOM kill, packed as in EVENT; what does not fit is left out.
#define EVENT_GROWN_MAX 2048
#define EVENT_USED_MAX  1024

typedef struct {
    uint64_t number; // of the event
    uint64_t step_ms;
    size_t grown_len, used_len;
    unsigned char grown[EVENT_GROWN_MAX], used[EVENT_USED_MAX];
} event_before_t;

void events_keep_before(events_t *e, const event_before_t *before);
const event_before_t *events_before(const events_t *e, uint64_t number); // NULL: not known

// For a restart, as in daemon/past/history.h.
struct buffer; // protocol/cursor.h
uint64_t events_layout(void);
void events_save(const events_t *e, struct buffer *out);
int events_load(events_t *e, const void *data, size_t len);

#endif
