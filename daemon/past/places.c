#include "daemon/past/places.h"
#include "common/cleanup.h"

#include <string.h>

void places_init(places_t *p, size_t size)
{
    p->size = MIN(size, (size_t) PLACES_MAX);
    p->count = p->n_users = 0;
}

size_t places_nth(const places_t *p, size_t n)
{
    return p->taken[n].place;
}

static size_t find_user(places_t *p, uint32_t uid)
{
    size_t unused = p->n_users;

    for (size_t i = 0; i < p->n_users; i++) {
        if (p->users[i].count == 0)
            unused = i;
        else if (p->users[i].uid == uid)
            return i;
    }
    p->n_users = MAX(p->n_users, unused + 1);
    p->users[unused].uid = uid;
    return unused;
}

// The oldest one of those who have most.
static size_t give_up_one(places_t *p)
{
    uint32_t most = 0;
    size_t i = 0, place;

    for (size_t k = 0; k < p->n_users; k++)
        most = MAX(most, p->users[k].count);
    while (p->users[p->taken[i].user].count < most)
        i++;
    place = p->taken[i].place;
    p->users[p->taken[i].user].count--;
    p->count--;
    memmove(&p->taken[i], &p->taken[i + 1], (p->count - i) * sizeof(p->taken[0]));
    return place;
}

size_t places_take(places_t *p, uint32_t uid)
{
    size_t user = find_user(p, uid), place = p->count;

    p->users[user].count++; // before it is asked who has most: nobody gains by it from their equals
    if (p->count == p->size)
        place = give_up_one(p);
    p->taken[p->count].place = (uint16_t) place;
    p->taken[p->count].user = (uint16_t) user;
    p->count++;
    return place;
}
