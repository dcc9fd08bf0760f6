#include "daemon/forensics/writers.h"
#include "common/arena.h"
#include "common/cleanup.h"
#include "common/procmap.h"
#include "daemon/past/places.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOTES    256
#define RISE_KB  4096 // of shared memory between two captures, that is worth a look
#define LEAST    4    // who wrote less than such a part of the rise is none
#define NAME_LEN 64
#define UNIT_LEN 128

#define BEQUESTS     32   // by those that ended of late
#define BEQUEST_KB   1024 // what is less is not worth it
#define BEQUEST_LEFT 2    // captures in which it can show

#define UNCLAIMED_MS 5000 // a call that writes for longer is not waited for

// What a process had written when it was last looked at.
typedef struct {
    uint64_t pid, start_time;
    uint64_t wchar;
} written_t;

typedef struct {
    uint64_t time_ms;
    uint64_t written_kb;       // also where that is more than shared memory rose by
    uint64_t gone_kb, gone_ms; // what has likely been given back of the rise since, and when last
    writer_t who;              // whose texts are these
    char name[NAME_LEN], unit[UNIT_LEN];
} note_t;

// What one that has ended had written: when it is reaped, the kernel adds that to what its parent
// has written.
typedef struct {
    uint64_t parent; // PID
    uint64_t kb;
    unsigned left; // captures; 0: this is none
    bool wrote;    // to tmpfs, when it was last looked at:
    note_t by;
} bequest_t;

struct writers {
    const capture_t *capture;
    arena_t arena;
    written_t *written; // by slot
    size_t max_slots;
    int64_t shmem_kb;
    bool begun;
    // What shared memory rose by of late without anybody's having written as much: the kernel
    // counts what a call writes when it returns, and captures fall into it.
    int64_t unclaimed_kb;
    uint64_t unclaimed_since_ms, risen_ms;
    bool claimed; // in this tick
    bequest_t bequests[BEQUESTS];
    places_t places; // of the notes
    note_t notes[NOTES];
};

int writers_new(writers_t **ret, const capture_t *capture, size_t max_slots)
{
    writers_t *w = calloc(1, sizeof(*w));
    int r;

    if (!w)
        return -ENOMEM;
    w->capture = capture;
    w->max_slots = max_slots;
    r = arena_init(&w->arena, max_slots * sizeof(written_t));
    if (r < 0) {
        free(w);
        return r;
    }
    w->written = (written_t *) (void *) w->arena.base;
    places_init(&w->places, NOTES);
    *ret = w;
    return 0;
}

void writers_free(writers_t *w)
{
    if (!w)
        return;
    arena_done(&w->arena);
    free(w);
}

static note_t *take_note(writers_t *w, const writer_t *who)
{
    return &w->notes[places_take(&w->places, who->has_uid ? (uint32_t) who->uid : PLACES_NOBODY)];
}

static void describe(const writers_t *w, const process_snapshot_t *p, owner_t owner, note_t *ret)
{
    const intern_t *strings = capture_current(w->capture)->strings;

    *ret = (note_t){.who = {.pid = p->pid,
                            .start_time = p->start_time,
                            .uid = p->uid,
                            .has_uid = PROCESS_KNOWN(p, uid),
                            .owner = owner}};
    ret->who.name_len = intern_copy(strings, (uint32_t) p->name, ret->name, sizeof(ret->name));
    ret->who.unit_len = intern_copy(strings, (uint32_t) p->unit, ret->unit, sizeof(ret->unit));
}

static void put_note(writers_t *w, const note_t *by, uint64_t now_ms, uint64_t kb, int64_t rise)
{
    note_t *n = take_note(w, &by->who);

    w->claimed = true;
    *n = *by;
    n->time_ms = now_ms;
    n->written_kb = kb;
    n->who.kb = MIN(kb, (uint64_t) rise);
}

static void note(writers_t *w, uint64_t now_ms, uint32_t slot, uint64_t kb, int64_t rise)
{
    note_t by;

    describe(
            w, &capture_current(w->capture)->processes[slot], capture_owner(w->capture, slot), &by);
    put_note(w, &by, now_ms, kb, rise);
}

// What it wrote since it was last looked at, or since it began.
static uint64_t take_written(writers_t *w, uint32_t slot, const process_snapshot_t *p, bool known)
{
    written_t *before = &w->written[slot];
    bool same = before->pid == p->pid && before->start_time == p->start_time;
    exit_totals_t totals;
    uint64_t since;

    capture_totals(w->capture, slot, &totals);
    if (!totals.has_io)
        return 0;
    since = !same                          ? (known ? 0 : totals.wchar)
            : totals.wchar > before->wchar ? totals.wchar - before->wchar
                                           : 0;
    *before = (written_t){p->pid, p->start_time, totals.wchar};
    return since / 1024;
}

static bool was_noted(const writers_t *w, const process_snapshot_t *p, uint64_t time_ms)
{
    for (size_t i = 0; i < w->places.count; i++) {
        const note_t *n = &w->notes[i];

        if (n->time_ms == time_ms && n->who.pid == p->pid && n->who.start_time == p->start_time)
            return true;
    }
    return false;
}

void writers_died(writers_t *w, const exit_record_t *e)
{
    bequest_t *free = NULL;

    for (size_t i = 0; i < BEQUESTS; i++) {
        bequest_t *b = &w->bequests[i];

        if (b->left == 0)
            free = b;
        else if (b->parent == e->last.pid)
            b->parent = e->last.ppid;
    }
    if (!free || !e->totals.has_io || e->totals.wchar / 1024 < BEQUEST_KB)
        return;
    *free = (bequest_t){.parent = e->last.ppid,
            .kb = e->totals.wchar / 1024,
            .left = BEQUEST_LEFT,
            .wrote = w->claimed && was_noted(w, &e->last, w->risen_ms)};
    if (free->wrote)
        describe(w, &e->last, e->owner, &free->by);
}

// Orphans are the first process's.
static void find_heirs(writers_t *w)
{
    for (size_t i = 0; i < BEQUESTS; i++) {
        bequest_t *b = &w->bequests[i];

        if (b->left > 0 && capture_find(w->capture, b->parent, 0) == PROCMAP_NONE)
            b->parent = 1;
    }
}

// What of `kb` the process wrote itself, and not one that it reaped. What that one wrote after it
// was last looked at is noted of it.
static uint64_t less_bequests(
        writers_t *w, const process_snapshot_t *p, uint64_t kb, uint64_t now_ms, int64_t rise)
{
    for (size_t i = 0; i < BEQUESTS && kb > 0; i++) {
        bequest_t *b = &w->bequests[i];

        if (b->left == 0 || b->parent != p->pid || kb < b->kb)
            continue;
        b->left = 0;
        kb -= b->kb;
        if (!b->wrote)
            continue;
        if (rise >= RISE_KB && kb >= (uint64_t) rise / LEAST)
            put_note(w, &b->by, now_ms, kb, rise);
        kb = 0;
    }
    return kb;
}

static uint64_t mapped_since(const process_snapshot_t *p, const process_snapshot_t *before)
{
    uint64_t was = before && PROCESS_KNOWN(before, shmem_kb) ? before->shmem_kb : 0;

    if (!PROCESS_KNOWN(p, shmem_kb) || (before && !PROCESS_KNOWN(before, shmem_kb)))
        return 0;
    return p->shmem_kb > was ? p->shmem_kb - was : 0;
}

static uint64_t left_kb(const note_t *n)
{
    return n->who.kb - n->gone_kb;
}

// What was written last is likely what is gone: who fills and frees in turn has no more for that.
static void give_back(writers_t *w, uint64_t now_ms, uint64_t kb)
{
    while (kb > 0) {
        note_t *last = NULL;
        uint64_t part;

        for (size_t i = 0; i < w->places.count; i++) {
            note_t *n = &w->notes[i];

            if (left_kb(n) > 0 &&
                    (!last || n->time_ms > last->time_ms ||
                            (n->time_ms == last->time_ms && left_kb(n) > left_kb(last))))
                last = n;
        }
        if (!last)
            return;
        part = MIN(kb, left_kb(last));
        last->gone_kb += part;
        last->gone_ms = now_ms;
        kb -= part;
    }
}

// Returns what there is to be claimed.
static int64_t take_rise(writers_t *w, uint64_t now_ms, int64_t rise)
{
    if (w->claimed || now_ms - w->unclaimed_since_ms > UNCLAIMED_MS)
        w->unclaimed_kb = 0;
    w->claimed = false;
    if (rise <= -RISE_KB)
        give_back(w, now_ms, (uint64_t) MAX(-rise - w->unclaimed_kb, INT64_C(0)));
    if (w->unclaimed_kb == 0)
        w->unclaimed_since_ms = now_ms;
    if (rise > 0)
        w->risen_ms = now_ms;
    w->unclaimed_kb = MAX(w->unclaimed_kb + rise, INT64_C(0));
    return w->unclaimed_kb;
}

void writers_tick(writers_t *w, uint64_t now_ms, int64_t shmem_kb)
{
    const snapshot_t *s = capture_current(w->capture);
    int64_t rise = take_rise(w, now_ms, w->begun ? shmem_kb - w->shmem_kb : 0);

    find_heirs(w);
    for (uint32_t slot = 0; slot < s->n_slots && slot < w->max_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        const process_snapshot_t *before = capture_before(w->capture, slot);
        uint64_t kb;

        if (p->known == 0 || p->flags & PROCESS_KERNEL_THREAD)
            continue;
        kb = take_written(w, slot, p, before != NULL || !w->begun);
        kb = less_bequests(w, p, kb, w->risen_ms, rise);
        if (rise < RISE_KB)
            continue;
        kb = MAX(kb, mapped_since(p, before));
        if (kb >= (uint64_t) rise / LEAST)
            note(w, w->risen_ms, slot, kb, rise);
    }
    for (size_t i = 0; i < BEQUESTS; i++)
        w->bequests[i].left -= w->bequests[i].left > 0;
    w->shmem_kb = shmem_kb;
    w->begun = true;
}

typedef struct {
    uint64_t kb;
    double likely_kb; // less where more was written than went to tmpfs: it may all have gone
                      // elsewhere
} sum_t;

static sum_t sum_of(const writers_t *w, uint64_t from_ms, uint64_t to_ms, const writer_t *who)
{
    sum_t sum = {0};

    for (size_t i = 0; i < w->places.count; i++) {
        const note_t *n = &w->notes[i];
        uint64_t kb = n->gone_ms > 0 && n->gone_ms <= to_ms ? left_kb(n) : n->who.kb;

        if (n->time_ms <= from_ms || n->time_ms > to_ms || n->who.pid != who->pid ||
                n->who.start_time != who->start_time || kb == 0)
            continue;
        sum.kb += kb;
        sum.likely_kb += (double) kb * (double) n->who.kb / (double) n->written_kb;
    }
    return sum;
}

bool writers_find(const writers_t *w, uint64_t from_ms, uint64_t to_ms, writer_t *ret)
{
    double most = 0;

    for (size_t i = 0; i < w->places.count; i++) {
        const note_t *n = &w->notes[i];
        sum_t sum = {0};

        if (n->time_ms > from_ms && n->time_ms <= to_ms)
            sum = sum_of(w, from_ms, to_ms, &n->who);
        if (sum.likely_kb <= most)
            continue;
        most = sum.likely_kb;
        *ret = n->who;
        ret->kb = sum.kb;
        ret->name = n->name;
        ret->unit = n->unit;
    }
    return most > 0;
}

// ---- Restart -----------------------------------------------------------------------------------

uint64_t writers_layout(void)
{
    return (uint64_t) sizeof(note_t) << 40 | 1;
}

void writers_save(const writers_t *w, buffer_t *out)
{
    for (size_t i = 0; i < w->places.count; i++)
        buffer_put(out, &w->notes[places_nth(&w->places, i)], sizeof(note_t));
}

int writers_load(writers_t *w, const void *data, size_t len)
{
    const unsigned char *at = data;
    size_t n = len / sizeof(note_t);
    note_t note;

    if (len % sizeof(note_t) != 0 || n > NOTES)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++) {
        memcpy(&note, at + i * sizeof(note), sizeof(note));
        if (note.who.name_len > NAME_LEN || note.who.unit_len > UNIT_LEN ||
                note.gone_kb > note.who.kb || note.who.kb > note.written_kb)
            return -EBADMSG;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(&note, at + i * sizeof(note), sizeof(note));
        *take_note(w, &note.who) = note;
    }
    return 0;
}
