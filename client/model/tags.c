#include "client/model/tags.h"

#define TEXT_OF(field) offsetof(details_message_t, field)

const tag_info_t tag_infos[] = {
        {TAG_LEAK, STYLE_LEAK, "leak", TEXT_OF(leak_text), "Leak"},
        {TAG_SPIKE, STYLE_SPIKE, "spike", TEXT_OF(spike_text), "Spike"},
        {TAG_LEAK_SUSPECTED, STYLE_SUSPECT, "leak_suspected", TEXT_OF(leak_text), NULL},
        {TAG_UNREAPED, STYLE_ZOMBIE, "unreaped", TEXT_OF(zombie_text), NULL},
        {TAG_ZOMBIE, STYLE_ZOMBIE, "zombie", TEXT_OF(zombie_text), "Zombie"},
        {TAG_BLOCKED, STYLE_ALERT, "blocked", TEXT_OF(unreadable), NULL},
};

_Static_assert(sizeof(tag_infos) / sizeof(tag_infos[0]) == N_TAGS, "each tag has a line here");

size_t tag_place(uint32_t tag)
{
    size_t place = 0;

    while (place < N_TAGS - 1 && tag_infos[place].tag != tag)
        place++;
    return place;
}

const text_view_t *tag_receipt(const tag_info_t *t, const details_message_t *d)
{
    return (const text_view_t *) (const void *) ((const char *) d + t->receipt);
}

uint32_t tags_sharing(const tag_info_t *t)
{
    uint32_t set = 0;

    for (size_t i = 0; i < N_TAGS; i++)
        if (tag_infos[i].receipt == t->receipt)
            set |= tag_infos[i].tag;
    return set;
}

const tag_info_t *tags_urgent(uint32_t set)
{
    for (size_t i = 0; i < N_TAGS; i++)
        if (set & tag_infos[i].tag)
            return &tag_infos[i];
    return NULL;
}

int tags_weight(uint32_t set)
{
    int weight = 0;

    for (size_t i = 0; i < N_TAGS; i++)
        weight = weight << 1 | ((set & tag_infos[i].tag) != 0);
    return weight;
}
