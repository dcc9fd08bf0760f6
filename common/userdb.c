#include "common/userdb.h"

#include "common/cleanup.h"
#include "common/text.h"
#include <errno.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

#define NAME_MAX_BYTES 64
#define ASKED_MAX      64

typedef struct {
    uint32_t uid;
    bool asked; // its name is known, or will come
    char name[NAME_MAX_BYTES];
} entry_t;

// Between the owner of a db and the thread that waits for the directory service, which may take
// longer than the db lives: whoever leaves last frees it.
typedef struct {
    pthread_mutex_t lock;
    bool running, abandoned;
    int fd;
    uint32_t uids[ASKED_MAX];
    size_t n_uids;
    entry_t *found;
    size_t n_found;
} desk_t;

struct userdb {
    entry_t **entries; // sorted by uid
    size_t count, cap;
    desk_t *desk; // NULL: its caller waits
};

// ---- Looking up --------------------------------------------------------------------------------

static void take_name(entry_t *e, const struct passwd *found)
{
    if (found && found->pw_name[0])
        text_sanitize(e->name, sizeof(e->name), found->pw_name, strlen(found->pw_name), true);
    else
        snprintf(e->name, sizeof(e->name), "%u", e->uid);
}

static void look_up(entry_t *e)
{
    char buf[4096];
    struct passwd pw, *found = NULL;

    if (getpwuid_r(e->uid, &pw, buf, sizeof(buf), &found) != 0)
        found = NULL;
    take_name(e, found);
}

static bool look_up_in_file(entry_t *e)
{
    _cleanup_fclose_ FILE *file = fopen("/etc/passwd", "re");
    char buf[4096];
    struct passwd pw, *found = NULL;

    while (file && fgetpwent_r(file, &pw, buf, sizeof(buf), &found) == 0)
        if (found->pw_uid == e->uid) {
            take_name(e, found);
            return true;
        }
    take_name(e, NULL);
    return false;
}

// ---- Beside the caller -------------------------------------------------------------------------

static void desk_free(desk_t *d)
{
    close(d->fd);
    pthread_mutex_destroy(&d->lock);
    free(d->found);
    free(d);
}

static void keep_found(desk_t *d, const entry_t *e)
{
    entry_t *grown = reallocarray(d->found, d->n_found + 1, sizeof(*grown));

    if (!grown)
        return;
    d->found = grown;
    d->found[d->n_found++] = *e;
    eventfd_write(d->fd, 1);
}

static void *wait_for_names(void *user)
{
    desk_t *d = user;
    bool abandoned;

    pthread_mutex_lock(&d->lock);
    while (d->n_uids > 0 && !d->abandoned) {
        entry_t e = {.uid = d->uids[--d->n_uids]};

        pthread_mutex_unlock(&d->lock);
        look_up(&e);
        pthread_mutex_lock(&d->lock);
        keep_found(d, &e);
    }
    d->running = false;
    abandoned = d->abandoned;
    pthread_mutex_unlock(&d->lock);
    if (abandoned)
        desk_free(d);
    return NULL;
}

// Signals are the caller's.
static bool start(desk_t *d)
{
    pthread_t thread;
    sigset_t all, old;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    r = pthread_create(&thread, NULL, wait_for_names, d);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (r == 0)
        pthread_detach(thread);
    return r == 0;
}

// False: too many are asked for already.
static bool ask(desk_t *d, uint32_t uid)
{
    bool asked = false;

    pthread_mutex_lock(&d->lock);
    if (d->n_uids < ASKED_MAX) {
        d->uids[d->n_uids++] = uid;
        d->running = d->running || start(d);
        asked = d->running;
        d->n_uids -= !asked;
    }
    pthread_mutex_unlock(&d->lock);
    return asked;
}

int userdb_go_aside(userdb_t *db)
{
    desk_t *d = calloc(1, sizeof(*d));

    if (!d)
        return -ENOMEM;
    d->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (d->fd < 0) {
        free(d);
        return -errno;
    }
    pthread_mutex_init(&d->lock, NULL);
    db->desk = d;
    return d->fd;
}

static void abandon(desk_t *d)
{
    bool running;

    pthread_mutex_lock(&d->lock);
    d->abandoned = true;
    running = d->running;
    pthread_mutex_unlock(&d->lock);
    if (!running)
        desk_free(d);
}

// ---- The table ---------------------------------------------------------------------------------

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
    if (db->desk)
        abandon(db->desk);
    for (size_t i = 0; i < db->count; i++)
        free(db->entries[i]);
    free(db->entries);
    free(db);
}

static size_t place_of(const userdb_t *db, uint32_t uid)
{
    size_t low = 0, high = db->count;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (db->entries[mid]->uid < uid)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static entry_t *find(const userdb_t *db, uint32_t uid)
{
    size_t place = place_of(db, uid);

    return place < db->count && db->entries[place]->uid == uid ? db->entries[place] : NULL;
}

static entry_t *add(userdb_t *db, uint32_t uid)
{
    size_t place = place_of(db, uid);
    entry_t *e;

    if (db->count == db->cap) {
        size_t cap = db->cap ? db->cap * 2 : 16;
        entry_t **grown = realloc(db->entries, cap * sizeof(entry_t *));

        if (!grown)
            return NULL;
        db->entries = grown;
        db->cap = cap;
    }
    e = calloc(1, sizeof(*e));
    if (!e)
        return NULL;
    e->uid = uid;
    memmove(&db->entries[place + 1], &db->entries[place], (db->count - place) * sizeof(entry_t *));
    db->entries[place] = e;
    db->count++;
    if (db->desk)
        e->asked = look_up_in_file(e);
    else
        look_up(e);
    return e;
}

const char *userdb_name(userdb_t *db, uint32_t uid)
{
    entry_t *e = find(db, uid);

    if (!e)
        e = add(db, uid);
    if (!e)
        return "?";
    if (db->desk && !e->asked)
        e->asked = ask(db->desk, uid);
    return e->name;
}

bool userdb_take(userdb_t *db)
{
    _cleanup_free_ entry_t *found = NULL;
    bool changed = false;
    eventfd_t count;
    size_t n;

    if (!db->desk)
        return false;
    pthread_mutex_lock(&db->desk->lock);
    eventfd_read(db->desk->fd, &count);
    found = take_ptr(db->desk->found);
    n = db->desk->n_found;
    db->desk->n_found = 0;
    pthread_mutex_unlock(&db->desk->lock);
    for (size_t i = 0; i < n; i++) {
        entry_t *e = find(db, found[i].uid);

        if (!e || strcmp(e->name, found[i].name) == 0)
            continue;
        memcpy(e->name, found[i].name, sizeof(e->name));
        changed = true;
    }
    return changed;
}
