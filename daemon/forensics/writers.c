#include "daemon/forensics/writers.h"
#include "common/arena.h"
#include "common/cleanup.h"
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

// What a process had written when it was last looked at.
typedef struct {
    uint64_t pid, start_time;
    uint64_t wchar;
} written_t;

typedef struct {
    uint64_t time_ms;
    writer_t who; // whose texts are these
    char name[NAME_LEN], unit[UNIT_LEN];
} note_t;

struct writers {
    const capture_t *capture;
    arena_t arena;
    written_t *written; // by slot
    size_t max_slots;
    int64_t shmem_kb;
    bool begun;
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

static void note(writers_t *w, uint64_t now_ms, uint32_t slot, uint64_t kb)
{
    const snapshot_t *s = capture_current(w->capture);
    const process_snapshot_t *p = &s->processes[slot];
    const writer_t who = {.pid = p->pid,
            .start_time = p->start_time,
            .uid = p->uid,
            .has_uid = PROCESS_KNOWN(p, uid),
            .owner = capture_owner(w->capture, slot),
            .kb = kb};
    note_t *n = take_note(w, &who);

    *n = (note_t){.time_ms = now_ms, .who = who};
    n->who.name_len = intern_copy(s->strings, (uint32_t) p->name, n->name, sizeof(n->name));
    n->who.unit_len = intern_copy(s->strings, (uint32_t) p->unit, n->unit, sizeof(n->unit));
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

static uint64_t mapped_since(const process_snapshot_t *p, const process_snapshot_t *before)
{
    uint64_t was = before && PROCESS_KNOWN(before, shmem_kb) ? before->shmem_kb : 0;

    if (!PROCESS_KNOWN(p, shmem_kb) || (before && !PROCESS_KNOWN(before, shmem_kb)))
        return 0;
    return p->shmem_kb > was ? p->shmem_kb - was : 0;
}

void writers_tick(writers_t *w, uint64_t now_ms, int64_t shmem_kb)
{
    const snapshot_t *s = capture_current(w->capture);
    int64_t rise = w->begun ? shmem_kb - w->shmem_kb : 0;

    for (uint32_t slot = 0; slot < s->n_slots && slot < w->max_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        const process_snapshot_t *before = capture_before(w->capture, slot);
        uint64_t kb;

        if (p->known == 0 || p->flags & PROCESS_KERNEL_THREAD)
            continue;
        kb = take_written(w, slot, p, before != NULL || !w->begun);
        if (rise < RISE_KB)
            continue;
        kb = MAX(kb, mapped_since(p, before));
        if (kb >= (uint64_t) rise / LEAST)
            note(w, now_ms, slot, MIN(kb, (uint64_t) rise));
    }
    w->shmem_kb = shmem_kb;
    w->begun = true;
}

static uint64_t sum_of(const writers_t *w, uint64_t from_ms, uint64_t to_ms, const writer_t *who)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < w->places.count; i++) {
        const note_t *n = &w->notes[i];

        if (n->time_ms > from_ms && n->time_ms <= to_ms && n->who.pid == who->pid &&
                n->who.start_time == who->start_time)
            sum += n->who.kb;
    }
    return sum;
}

bool writers_find(const writers_t *w, uint64_t from_ms, uint64_t to_ms, writer_t *ret)
{
    uint64_t most = 0;

    for (size_t i = 0; i < w->places.count; i++) {
        const note_t *n = &w->notes[i];
        uint64_t kb = n->time_ms > from_ms && n->time_ms <= to_ms
                              ? sum_of(w, from_ms, to_ms, &n->who)
                              : 0;

        if (kb <= most)
            continue;
        most = kb;
        *ret = n->who;
        ret->kb = kb;
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
        if (note.who.name_len > NAME_LEN || note.who.unit_len > UNIT_LEN)
            return -EBADMSG;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(&note, at + i * sizeof(note), sizeof(note));
        *take_note(w, &note.who) = note;
    }
    return 0;
}
