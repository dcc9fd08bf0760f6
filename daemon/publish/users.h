#ifndef MEMSCOPE_DAEMON_PUBLISH_USERS_H
#define MEMSCOPE_DAEMON_PUBLISH_USERS_H

// What the connections of one user take of the daemon, all together, from tick to tick. It outlives
// them until the next tick, so that whoever connects again is not forgotten.

#include <stdint.h>
#include <sys/types.h>

// CPU that is spent on the connections of one user between two ticks; what they ask beyond waits.
#define USER_BUDGET_US 50000

typedef struct user {
    struct user *next;
    uid_t uid;
    unsigned connections;
    unsigned whys;     // questions why since the last tick
    uint64_t spent_us; // CPU since then
} user_t;

typedef struct {
    user_t *first;
} users_t;

user_t *users_get(users_t *u, uid_t uid); // made when it is the first; NULL without memory
void users_tick(users_t *u);              // a second later; forgets who has no connections
void users_done(users_t *u);

#endif
