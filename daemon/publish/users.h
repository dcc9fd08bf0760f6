#ifndef MEMSCOPE_DAEMON_PUBLISH_USERS_H
#define MEMSCOPE_DAEMON_PUBLISH_USERS_H

// What the connections of one user take of the daemon, all together, from tick to tick. It outlives
// them until the next tick, and until it could connect as often as anybody else again, so that
// whoever comes back is not forgotten.

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// CPU that is spent on the connections of one user between two ticks; what they ask beyond waits.
#define USER_BUDGET_US 50000

// CPU of readers for what the connections of one user inspect, between two ticks. Where they want
// more, they take turns.
#define USER_READING_US 250000

// Connections that a user may make: so many at once, and then so many a second.
#define USER_CONNECTS_AT_ONCE 128
#define USER_CONNECTS_PER_S   32

// CPU of readers that is wanted: since the last tick, and from the one before to it.
typedef struct {
    uint64_t now_us, before_us;
} wanted_t;

typedef struct user {
    struct user *next;
    uid_t uid;
    unsigned connections;
    unsigned whys;     // questions why since the last tick
    uint64_t spent_us; // CPU since then
    wanted_t wanted;
    uint64_t due_us; // CLOCK_MONOTONIC: until then its connections are paid off
    bool told;       // that it connects too often, to the log
} user_t;

typedef struct {
    user_t *first;
} users_t;

user_t *users_get(users_t *u, uid_t uid);     // made when it is the first; NULL without memory
void users_tick(users_t *u, uint64_t now_us); // a second later; forgets who is no longer there
void users_done(users_t *u);

void wanted_tick(wanted_t *w);

// What one of its connections inspects would take so much of a reader: it is read once in how many
// ticks. By what the others want: one connection alone has no turns to take.
uint64_t user_reading_turns(user_t *user, wanted_t *own, uint64_t cost_us);

// Whether it may connect once more now, which is counted then.
bool user_may_connect(user_t *user, uint64_t now_us);

#endif
