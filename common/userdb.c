#include "common/userdb.h"
#include "common/text.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 64

typedef struct {
    uint32_t uid;
    char name[NAME_MAX_BYTES];
} entry_t;

struct userdb {
    entry_t **entries; // sorted by uid
    size_t count, cap;
};

int userdb_new(userdb_t **ret)
{
    userdb_t *db = calloc(1, sizeof(*db));

    if (!db)
        return -ENOMEM;
    *ret = db;
    return 0;
}

void userdb_free(userdb_t *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < db->count; i++)
        free(db->entries[i]);
    free(db->entries);
    free(db);
}

static void look_up(uint32_t uid, entry_t *e)
{
    char buf[4096];
    struct passwd pw, *found = NULL;

    e->uid = uid;
    if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) == 0 && found && found->pw_name[0])
        text_sanitize(e->name, sizeof(e->name), found->pw_name, strlen(found->pw_name), true);
    else
        snprintf(e->name, sizeof(e->name), "%u", uid);
}

const char *userdb_name(userdb_t *db, uint32_t uid)
{
    size_t low = 0, high = db->count;
    entry_t *e;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (db->entries[mid]->uid < uid)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < db->count && db->entries[low]->uid == uid)
        return db->entries[low]->name;
    if (db->count == db->cap) {
        size_t cap = db->cap ? db->cap * 2 : 16;
        entry_t **grown = realloc(db->entries, cap * sizeof(entry_t *));

        if (!grown)
            return "?";
        db->entries = grown;
        db->cap = cap;
    }
    e = calloc(1, sizeof(*e));
    if (!e)
        return "?";
    look_up(uid, e);
    memmove(&db->entries[low + 1], &db->entries[low], (db->count - low) * sizeof(entry_t *));
    db->entries[low] = e;
    db->count++;
    return e->name;
}
