#include "daemon/trace/judge.h"
#include "common/cleanup.h"
#include "common/procmap.h"
#include "daemon/forensics/receipts.h"
#include "daemon/trace/trace_row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROCESSES_MAX (1u << 18) // at one time
#define NAME_MAX_LEN  EVENT_NAME_MAX

typedef struct {
    uint64_t seen; // number of the sample that had it last
    uint32_t next; // who came after it then
    uint32_t name_len;
    char name[NAME_MAX_LEN];
} subject_t;

struct judge {
    tags_t *tags;
    snapshot_t snapshot;
    subject_t *subjects; // by slot
    procmap_t slots;
    uint32_t *free_slots;
    size_t n_free;
    uint64_t mem_total_kb;
    uint64_t time_ms, before_ms; // of this sample and the one before
    uint32_t last;               // slot of the row before, PROCMAP_NONE: none
    judge_counts_t counts;
    void (*found)(void *user, const event_message_t *m);
    void *user;
};

// ---- What was found ----------------------------------------------------------------------------

static uint64_t trace_time(uint64_t rules_ms)
{
    return rules_ms > TRACE_CLOCK_MS ? rules_ms - TRACE_CLOCK_MS : 0;
}

static event_t event_about(const judge_t *j, uint32_t slot, uint64_t tag, unsigned kind)
{
    const process_snapshot_t *p = &j->snapshot.processes[slot];
    const subject_t *subject = &j->subjects[slot];
    event_t e = {.time_ms = j->time_ms,
            .kind = kind,
            .tag = tag,
            .has = EVENT_HAS_PROCESS,
            .pid = p->pid,
            .start_time = p->start_time,
            .name_len = subject->name_len};

    memcpy(e.name, subject->name, subject->name_len);
    return e;
}

static void send(const judge_t *j, const event_t *e)
{
    event_message_t m = {0};

    event_to_message(e, &m);
    j->found(j->user, &m);
}

static void on_changed(void *user, uint32_t slot, uint64_t tag, tag_news_t change)
{
    const judge_t *j = user;
    event_t e = event_about(j, slot, tag, receipts_event_kind(change));

    receipts_fill(&e, j->tags, &j->snapshot, slot, UINT64_MAX);
    e.since_ms = trace_time(e.since_ms);
    send(j, &e);
}

typedef struct {
    const judge_t *judge;
    uint32_t slot;
} ending_t;

static void on_ended(void *user, uint64_t tag)
{
    const ending_t *ending = user;
    const judge_t *j = ending->judge;
    event_t e = event_about(j, ending->slot, tag, EVENT_CLEARED);

    receipts_fill_ended(&e, j->tags, ending->slot, TRACE_CLOCK_MS + j->time_ms);
    e.since_ms = trace_time(e.since_ms);
    send(j, &e);
}

// ---- Samples -----------------------------------------------------------------------------------

static void bury_absent(judge_t *j)
{
    for (uint32_t slot = 0; slot < j->snapshot.n_slots; slot++) {
        process_snapshot_t *p = &j->snapshot.processes[slot];

        if (p->known == 0 || j->subjects[slot].seen == j->counts.samples)
            continue;
        receipts_ended(p->tags, on_ended, &(ending_t){j, slot});
        tags_died(j->tags, slot);
        procmap_remove(&j->slots, p->pid, p->start_time);
        *p = (process_snapshot_t){0};
        j->free_slots[j->n_free++] = slot;
    }
}

static void finish_sample(judge_t *j)
{
    system_snapshot_t *y = &j->snapshot.system;

    bury_absent(j);
    SYSTEM_SET(y, tick, j->counts.samples);
    SYSTEM_SET(y, mono_ms, TRACE_CLOCK_MS + j->time_ms);
    SYSTEM_SET(y, mem_total_kb, j->mem_total_kb);
    tags_run(j->tags, &j->snapshot);
}

static int take_slot(judge_t *j, uint32_t *ret)
{
    if (j->n_free > 0) {
        *ret = j->free_slots[--j->n_free];
        return 0;
    }
    if (j->snapshot.n_slots == PROCESSES_MAX)
        return -E2BIG;
    *ret = (uint32_t) j->snapshot.n_slots++;
    return 0;
}

static int bear(judge_t *j, const trace_row_t *row, uint32_t *ret_slot)
{
    process_snapshot_t *p;
    uint32_t slot;
    int r = take_slot(j, &slot);

    if (r < 0)
        return r;
    r = procmap_put(&j->slots, row->pid, row->start_time, slot);
    if (r < 0) {
        j->free_slots[j->n_free++] = slot;
        return r;
    }
    p = &j->snapshot.processes[slot];
    *p = (process_snapshot_t){0};
    PROCESS_SET(p, pid, row->pid);
    PROCESS_SET(p, start_time, row->start_time);
    trace_row_set_memory(p, row);
    j->subjects[slot] = (subject_t){.next = PROCMAP_NONE};
    tags_born(j->tags, slot, p, TRACE_CLOCK_MS + j->time_ms,
            trace_row_age_ms(j->counts.samples == 1, j->before_ms, j->time_ms, row->start_time));
    j->counts.processes++;
    *ret_slot = slot;
    return 0;
}

// Mostly the one that came next in the sample before as well.
static uint32_t find(const judge_t *j, const trace_row_t *row)
{
    uint32_t guess = j->last != PROCMAP_NONE ? j->subjects[j->last].next : PROCMAP_NONE;

    if (guess != PROCMAP_NONE && j->snapshot.processes[guess].known != 0 &&
            j->snapshot.processes[guess].pid == row->pid &&
            j->snapshot.processes[guess].start_time == row->start_time)
        return guess;
    return procmap_get(&j->slots, row->pid, row->start_time);
}

static void begin_sample(judge_t *j, uint64_t time_ms)
{
    if (j->counts.samples > 0)
        finish_sample(j);
    j->counts.samples++;
    j->before_ms = j->time_ms;
    j->time_ms = time_ms;
    j->last = PROCMAP_NONE;
}

int judge_row(judge_t *j, const trace_row_t *row, const char **ret_why)
{
    subject_t *subject;
    uint32_t slot;
    int r;

    if (j->counts.samples > 0 && row->time_ms < j->time_ms) {
        *ret_why = "time goes back: rows have to be in order of time_s";
        return -EINVAL;
    }
    if (j->counts.samples == 0 || row->time_ms > j->time_ms)
        begin_sample(j, row->time_ms);
    slot = find(j, row);
    if (slot == PROCMAP_NONE) {
        r = bear(j, row, &slot);
        if (r < 0)
            return r;
    } else {
        trace_row_set_memory(&j->snapshot.processes[slot], row);
    }
    subject = &j->subjects[slot];
    j->counts.rows++;
    // Two rows of a process at one time: the clock of the recording was too coarse, the later
    // counts.
    if (subject->seen == j->counts.samples)
        return 0;
    subject->seen = j->counts.samples;
    subject->name_len = (uint32_t) MIN(row->comm_len, sizeof(subject->name));
    memcpy(subject->name, row->comm, subject->name_len);
    if (j->last != PROCMAP_NONE)
        j->subjects[j->last].next = slot;
    j->last = slot;
    return 0;
}

void judge_end(judge_t *j)
{
    if (j->counts.samples > 0)
        finish_sample(j);
}

const judge_counts_t *judge_counts(const judge_t *j)
{
    return &j->counts;
}

// ---- Life --------------------------------------------------------------------------------------

int judge_new(judge_t **ret, uint64_t mem_total_kb,
        void (*found)(void *user, const event_message_t *m), void *user)
{
    judge_t *j = calloc(1, sizeof(*j));

    if (!j)
        return -ENOMEM;
    j->mem_total_kb = mem_total_kb;
    j->found = found;
    j->user = user;
    j->last = PROCMAP_NONE;
    // Zeroed pages cost nothing until they are used.
    j->snapshot.processes = calloc(PROCESSES_MAX, sizeof(*j->snapshot.processes));
    j->subjects = calloc(PROCESSES_MAX, sizeof(*j->subjects));
    j->free_slots = calloc(PROCESSES_MAX, sizeof(*j->free_slots));
    if (!j->snapshot.processes || !j->subjects || !j->free_slots ||
            tags_new(&j->tags, PROCESSES_MAX) < 0) {
        judge_free(j);
        return -ENOMEM;
    }
    tags_notify(j->tags, on_changed, j);
    *ret = j;
    return 0;
}

void judge_free(judge_t *j)
{
    if (!j)
        return;
    tags_free(j->tags);
    procmap_done(&j->slots);
    free(j->snapshot.processes);
    free(j->subjects);
    free(j->free_slots);
    free(j);
}
