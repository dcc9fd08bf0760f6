#include "protocol/sent_strings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct sent_string {
    uint32_t stamp;
    uint32_t index;
} entry_t;

void sent_strings_done(sent_strings_t *s)
{
    free(s->entries);
    *s = (sent_strings_t){0};
}

void sent_strings_restart(sent_strings_t *s)
{
    s->count = 0;
    if (++s->stamp == 0) {
        if (s->n_entries > 0)
            memset(s->entries, 0, s->n_entries * sizeof(*s->entries));
        s->stamp = 1;
    }
}

static int grow(sent_strings_t *s, uint32_t id)
{
    size_t n = s->n_entries ? s->n_entries : 256;
    entry_t *grown;

    while (n <= id)
        n *= 2;
    grown = realloc(s->entries, n * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    memset(grown + s->n_entries, 0, (n - s->n_entries) * sizeof(*grown));
    s->entries = grown;
    s->n_entries = n;
    return 0;
}

int sent_strings_add(sent_strings_t *s, uint32_t id, uint32_t *ret_index)
{
    entry_t *entry;

    if (id >= s->n_entries && grow(s, id) < 0)
        return -ENOMEM;
    entry = &s->entries[id];
    if (entry->stamp == s->stamp) {
        *ret_index = entry->index;
        return 0;
    }
    *entry = (entry_t){.stamp = s->stamp, .index = s->count++};
    *ret_index = entry->index;
    return 1;
}
