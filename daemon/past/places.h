#ifndef MEMSCOPE_DAEMON_PAST_PLACES_H
#define MEMSCOPE_DAEMON_PAST_PLACES_H

// Who of all users gives way where a bounded number of records is kept for all of them: whoever
// has most, with the oldest one. So nobody pushes out what happened to others by having much
// happen, and who is alone has all places. Allocates nothing.

#include <stddef.h>
#include <stdint.h>

#define PLACES_MAX    1024
#define PLACES_NOBODY UINT32_MAX // for what no user is known of

typedef struct {
    size_t size, count, n_users;
    struct {
        uint16_t place, user; // of `users`
    } taken[PLACES_MAX];      // oldest first
    struct {
        uint32_t uid, count; // 0: who was it has none any more
    } users[PLACES_MAX + 1];
} places_t;

// `size`: at most PLACES_MAX.
void places_init(places_t *p, size_t size);

// The place for one more of this user's: a number below `size`. One that was taken is handed over.
size_t places_take(places_t *p, uint32_t uid);

// The places that are taken: `n` from 0, oldest first, below `count`.
size_t places_nth(const places_t *p, size_t n);

#endif
