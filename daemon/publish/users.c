#include "daemon/publish/users.h"
#include "common/cleanup.h"
#include "common/clock.h"

#include <stdlib.h>

#define CONNECT_US (USEC_PER_SEC / USER_CONNECTS_PER_S) // that one more pays off

user_t *users_get(users_t *u, uid_t uid)
{
    user_t *user;

    for (user = u->first; user; user = user->next)
        if (user->uid == uid)
            return user;
    user = calloc(1, sizeof(*user));
    if (!user)
        return NULL;
    user->uid = uid;
    user->next = u->first;
    u->first = user;
    return user;
}

void wanted_tick(wanted_t *w)
{
    *w = (wanted_t){.before_us = w->now_us};
}

void users_tick(users_t *u, uint64_t now_us)
{
    for (user_t **link = &u->first; *link;) {
        user_t *user = *link;

        user->whys = 0;
        user->spent_us = 0;
        wanted_tick(&user->wanted);
        if (user->connections > 0 || user->due_us > now_us) {
            link = &user->next;
        } else {
            *link = user->next;
            free(user);
        }
    }
}

uint64_t user_reading_turns(user_t *user, wanted_t *own, uint64_t cost_us)
{
    const wanted_t *all = &user->wanted;
    uint64_t now_us = all->now_us - MIN(all->now_us, own->now_us);
    uint64_t before_us = all->before_us - MIN(all->before_us, own->before_us);

    user->wanted.now_us += cost_us;
    own->now_us += cost_us;
    return cost_us > 0 ? 1 + MAX(now_us, before_us) / USER_READING_US : 1;
}

bool user_may_connect(user_t *user, uint64_t now_us)
{
    uint64_t due_us = MAX(user->due_us, now_us) + CONNECT_US;

    if (due_us - now_us > USER_CONNECTS_AT_ONCE * CONNECT_US)
        return false;
    user->due_us = due_us;
    return true;
}

void users_done(users_t *u)
{
    while (u->first) {
        user_t *user = u->first;

        u->first = user->next;
        free(user);
    }
}
