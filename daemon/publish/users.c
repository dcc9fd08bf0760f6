#include "daemon/publish/users.h"

#include <stdlib.h>

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

void users_tick(users_t *u)
{
    for (user_t **link = &u->first; *link;) {
        user_t *user = *link;

        user->whys = 0;
        user->spent_us = 0;
        if (user->connections > 0) {
            link = &user->next;
        } else {
            *link = user->next;
            free(user);
        }
    }
}

void users_done(users_t *u)
{
    while (u->first) {
        user_t *user = u->first;

        u->first = user->next;
        free(user);
    }
}
