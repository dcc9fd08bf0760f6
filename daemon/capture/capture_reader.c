// What is read beside the tick: what is asked for, and what becomes of it.

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/capture/capture_private.h"

#include <errno.h>

#define READ_STUCK_US (2 * USEC_PER_SEC)
#define BARRED_S      30

static void take_smaps(tracked_t *t, const reader_result_t *result)
{
    const smaps_breakdown_t *b = &result->smaps;
    uint64_t rest_s = MIN(result->smaps_us * PSS_BACKOFF / USEC_PER_SEC, 3600);

    t->smaps_asked = false;
    t->smaps_error = (int16_t) (result->smaps_error == -EBUSY ? 0 : -result->smaps_error);
    if (result->smaps_error != 0)
        return;
    if (b->source == PSS_SOURCE_STATUS)
        rest_s = MAX(rest_s, BARRED_S); // neither now nor soon
    if (t->stirred)
        t->pss_rest_s = PSS_UNCHANGED_S;
    else if (!result->request.urgent)
        t->pss_rest_s = MIN(MAX(t->pss_rest_s * 2, PSS_UNCHANGED_S), PSS_CALM_S);
    t->stirred = false;
    t->pss_not_before_s = (uint32_t) (result->time_ms / 1000 + rest_s);
    t->pss_cost_us = (uint32_t) MIN(result->cpu_us, UINT32_MAX);
    if (result->time_ms - result->smaps_us / USEC_PER_MSEC < t->program_ms)
        return; // of the program before the last exec
    t->news.source = b->source;
    t->news.rss_kb = b->rss_kb;
    t->news.pss_kb = b->has_pss ? b->pss_kb : 0;
    t->news.uss_kb = b->private_clean_kb + b->private_dirty_kb;
    t->news.time_ms = result->time_ms;
}

static void take_cmdline(capture_t *c, tracked_t *t, const reader_result_t *result)
{
    t->text_asked = false;
    t->wants_text |= result->cmdline_error == -EBUSY;
    if (result->cmdline_error != 0)
        return;
    intern_unref(c->strings, t->news.cmdline);
    t->news.cmdline = intern_ref(c->strings, result->cmdline, result->cmdline_len);
}

static void collect(void *user, const reader_result_t *result)
{
    capture_t *c = user;
    const reader_request_t *q = &result->request;
    tracked_t *t = q->slot < c->max_slots ? &c->tracked[q->slot] : NULL;

    if (t && t->pid == q->pid && t->start_time == q->start_time) {
        if (q->urgent)
            t->details_asked = false;
        if (q->what & READER_CMDLINE)
            take_cmdline(c, t, result);
        if (q->what & READER_SMAPS)
            take_smaps(t, result);
    }
    if (q->what & READER_SMAPS)
        pss_schedule_spend(&c->pss, q->urgent ? 0 : result->cpu_us, q->minor);
    if (!q->urgent || !c->handlers.reading)
        return;
    if (q->what & READER_SMAPS) {
        costly_keep(&c->costly, result);
        c->handlers.reading(c->handlers.user, result);
    } else {
        reader_result_t whole = *result;

        if (whole.smaps_error == 0)
            costly_fill(&c->costly, &whole);
        c->handlers.reading(c->handlers.user, &whole);
    }
}

void capture_collect(capture_t *c)
{
    reader_drain(c->reader, collect, c);
}

int capture_reader_fd(const capture_t *c)
{
    return reader_fd(c->reader);
}

void capture_apply_news(capture_t *c, tracked_t *t, process_snapshot_t *p)
{
    if (t->news.cmdline) {
        intern_unref(c->strings, (uint32_t) p->cmdline);
        PROCESS_SET(p, cmdline, t->news.cmdline);
        t->news.cmdline = 0;
    }
    if (t->news.source) {
        PROCESS_SET(p, pss_source, t->news.source);
        if (t->news.source != PSS_SOURCE_STATUS) {
            PROCESS_SET(p, pss_kb, t->news.pss_kb);
            PROCESS_SET(p, pss_rss_kb, t->news.rss_kb);
            PROCESS_SET(p, uss_kb, t->news.uss_kb);
            PROCESS_SET(p, pss_time_ms, t->news.time_ms);
        }
        t->news.source = 0;
    }
}

enum { URGENT = 1, MINOR = 2 };

static int ask(capture_t *c, uint32_t slot, unsigned what, unsigned how)
{
    tracked_t *t = &c->tracked[slot];
    reader_request_t q = {.pid = t->pid,
            .start_time = t->start_time,
            .user = capture_current(c)->processes[slot].uid,
            .slot = slot,
            .what = what,
            .urgent = (how & URGENT) != 0,
            .minor = (how & MINOR) != 0};
    int r = reader_submit(c->reader, &q);

    if (r < 0)
        return r;
    t->text_asked |= (what & READER_CMDLINE) != 0;
    t->smaps_asked |= (what & READER_SMAPS) != 0;
    return 0;
}

// No user can have all threads wait for processes that do not answer.
static bool is_barred(const capture_t *c, uint32_t slot)
{
    const process_snapshot_t *p = &capture_current(c)->processes[slot];
    size_t stuck = 0;

    for (size_t i = 0; i < c->n_stuck; i++)
        stuck += c->stuck_uids[i] == p->uid;
    return p->blocked_s > 0 || stuck >= READER_PER_USER;
}

uint64_t capture_details_cost_us(const capture_t *c, uint32_t slot)
{
    const tracked_t *t = &c->tracked[slot];
    uint64_t rss_kb = 0;

    if (!c->reader || t->details_asked ||
            !costly_is_due(&c->costly, t->pid, t->start_time, clock_boottime_us() / USEC_PER_MSEC))
        return 0;
    snapshot_rss_kb(&capture_current(c)->processes[slot], &rss_kb);
    return (uint64_t) pss_schedule_cost_us(t, rss_kb);
}

int capture_read_details(capture_t *c, uint32_t slot)
{
    tracked_t *t = &c->tracked[slot];
    uint64_t now_ms = clock_boottime_us() / USEC_PER_MSEC;
    unsigned what = READER_CMDLINE | READER_EXE;
    int r;

    if (!c->reader)
        return -ENODATA;
    if (t->details_asked)
        return 0;
    if (is_barred(c, slot))
        return -EAGAIN;
    if (costly_is_due(&c->costly, t->pid, t->start_time, now_ms))
        what |= READER_SMAPS;
    r = ask(c, slot, what, URGENT);
    t->details_asked = r == 0;
    return r;
}

static void mark_stuck(void *user, const reader_request_t *q, uint64_t since_us)
{
    capture_t *c = user;
    uint32_t slot = capture_find(c, q->pid, q->start_time);
    process_snapshot_t *p;

    if (slot == PROCMAP_NONE)
        return;
    p = &capture_now(c)->processes[slot];
    PROCESS_SET(p, blocked_s, MAX(p->blocked_s, since_us / USEC_PER_SEC));
    c->stuck_uids[c->n_stuck++] = p->uid;
}

static void ask_for_texts(capture_t *c)
{
    const snapshot_t *s = capture_current(c);

    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        tracked_t *t = &c->tracked[slot];

        if (!t->wants_text || t->text_asked || t->pid == 0 || is_barred(c, slot))
            continue;
        if (ask(c, slot, READER_CMDLINE, 0) < 0)
            break; // the queue is full: the rest at the next tick
        t->wants_text = false;
    }
}

void capture_give_work(capture_t *c)
{
    uint64_t now_ms = c->visit.now_us / USEC_PER_MSEC;
    pss_choice_t choice;

    c->n_stuck = 0;
    reader_check(c->reader, READ_STUCK_US, mark_stuck, c);
    ask_for_texts(c);
    pss_schedule_refill(&c->pss, c->visit.interval_us, c->capture_us);
    pss_schedule_choose(&c->pss, capture_current(c), c->tracked, now_ms, &choice);
    for (size_t i = 0; i < choice.count; i++) {
        uint32_t slot = choice.slots[i];

        if (is_barred(c, slot))
            c->tracked[slot].pss_not_before_s = (uint32_t) (now_ms / 1000 + BARRED_S);
        else if (ask(c, slot, READER_SMAPS, i < choice.minor_from ? 0 : MINOR) < 0)
            break;
    }
}
