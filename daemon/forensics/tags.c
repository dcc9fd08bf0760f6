#include "daemon/forensics/tags.h"
#include "common/cleanup.h"
#include "daemon/forensics/tags_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEARCHES_MAX 256 // through all processes in one tick

// Of a leak it is told also that it is suspected, of the others when they are set and cleared.
#define TOLD_PLAINLY (TAGS_TOLD & ~(TAG_LEAK | TAG_LEAK_SUSPECTED))

int tags_new(tags_t **ret, size_t max_slots)
{
    tags_t *t = calloc(1, sizeof(*t));
    int r;

    if (!t)
        return -ENOMEM;
    r = arena_init(&t->arena, max_slots * sizeof(state_t));
    if (r < 0) {
        free(t);
        return r;
    }
    t->states = (state_t *) (void *) t->arena.base;
    t->max_slots = max_slots;
    *ret = t;
    return 0;
}

void tags_free(tags_t *t)
{
    if (!t)
        return;
    tags_forget(t);
    arena_done(&t->arena);
    free(t);
}

void tags_notify(tags_t *t,
        void (*changed)(void *user, uint32_t slot, uint64_t tag, tag_news_t change), void *user)
{
    t->changed = changed;
    t->user = user;
}

// The first value that is known is where its series begin: from a made-up one before it, it would
// look like a jump.
static void begin_series(state_t *s, uint64_t now_ms, uint64_t private_kb)
{
    uint64_t since_ms = now_ms > s->born_ms ? now_ms - s->born_ms : 0;
    uint64_t age_ms = s->age_ms < UINT64_MAX - since_ms ? s->age_ms + since_ms : UINT64_MAX;

    leak_init(&s->leak, now_ms, age_ms, private_kb);
    spike_init(&s->spike, now_ms, age_ms, private_kb);
}

void tags_born(
        tags_t *t, uint32_t slot, const process_snapshot_t *p, uint64_t now_ms, uint64_t age_ms)
{
    state_t *s = &t->states[slot];
    uint64_t private_kb = 0;

    if (slot >= t->max_slots)
        return;
    memset(s, 0, sizeof(*s));
    s->pid = p->pid;
    s->born_ms = now_ms;
    s->age_ms = age_ms;
    s->measured = snapshot_private_kb(p, &private_kb);
    begin_series(s, now_ms, private_kb);
}

void tags_copied(tags_t *t, uint32_t slot, uint64_t kb)
{
    if (slot < t->max_slots)
        spike_copied(&t->states[slot].spike, kb);
}

void tags_died(tags_t *t, uint32_t slot)
{
    if (slot < t->max_slots)
        t->states[slot].pid = 0;
}

// Its index, or n_parents.
static size_t find_parent(const tags_t *t, const process_snapshot_t *p)
{
    size_t i = 0;

    while (i < t->n_parents &&
            (t->parents[i].pid != p->pid || t->parents[i].start_time != p->start_time))
        i++;
    return i;
}

static const process_snapshot_t *find_process(const snapshot_t *s, uint64_t pid)
{
    for (uint32_t slot = 0; slot < s->n_slots; slot++)
        if (s->processes[slot].known != 0 && s->processes[slot].pid == pid)
            return &s->processes[slot];
    return NULL;
}

// The index of the one that has `pid` now, added where it is new; PARENTS_MAX: none. Zombies come
// in swarms of one parent, so that its process is looked for once in a tick.
static size_t parent_of(tags_t *t, const snapshot_t *s, uint64_t pid)
{
    const process_snapshot_t *p;
    size_t i;

    for (i = 0; i < t->n_parents; i++)
        if (t->parents[i].pid == pid && t->parents[i].count > 0)
            return i;
    if (t->lost_parent == pid || t->searches++ >= SEARCHES_MAX)
        return PARENTS_MAX;
    p = find_process(s, pid);
    i = p ? find_parent(t, p) : PARENTS_MAX;
    if (i == PARENTS_MAX)
        t->lost_parent = pid;
    else if (i == t->n_parents)
        t->parents[t->n_parents++] = (parent_t){.pid = p->pid, .start_time = p->start_time};
    return i;
}

static void run_parents(tags_t *t, snapshot_t *s, uint64_t now_ms)
{
    for (size_t i = 0; i < t->n_parents; i++)
        t->parents[i].count = t->parents[i].fresh = 0;
    t->lost_parent = t->searches = 0;
    for (uint32_t slot = 0; slot < s->n_slots && t->counts.zombies > 0; slot++) {
        const state_t *state = &t->states[slot];
        size_t i;

        if (slot >= t->max_slots || state->pid == 0 || !state->zombie.tagged)
            continue;
        i = parent_of(t, s, s->processes[slot].ppid);
        if (i == PARENTS_MAX)
            continue;
        t->parents[i].count++;
        t->parents[i].fresh += state->fresh;
    }
    for (size_t i = 0; i < t->n_parents;) {
        parent_t *parent = &t->parents[i];
        zombie_verdict_t v =
                zombie_parent_update(&parent->state, now_ms, parent->count, parent->fresh);

        if (!v.tagged && parent->count == 0)
            *parent = t->parents[--t->n_parents];
        else
            i++;
    }
}

// Dying, when all was given back and it is not gone: what is large takes seconds for that.
static bool is_on_its_way_out(const process_snapshot_t *p, uint64_t private_kb)
{
    uint64_t rss_kb;

    return private_kb == 0 && snapshot_rss_kb(p, &rss_kb) && rss_kb == 0;
}

static const uint64_t tag_of_leak[] = {
        [LEAK_SUSPECTED] = TAG_LEAK_SUSPECTED, [LEAK_SET] = TAG_LEAK};

static void count(tags_t *t, uint64_t tags)
{
    t->counts.leaking += (tags & TAG_LEAK) != 0;
    t->counts.suspected += (tags & TAG_LEAK_SUSPECTED) != 0;
    t->counts.spiking += (tags & TAG_SPIKE) != 0;
}

static uint64_t judge(tags_t *t, state_t *s, const process_snapshot_t *p, uint64_t now_ms)
{
    uint64_t tags = p->blocked_s > 0 ? TAG_BLOCKED : 0, private_kb;
    bool is_zombie = snapshot_is_zombie(p), known;
    zombie_verdict_t zombie = zombie_update(&s->zombie, now_ms, is_zombie);

    s->fresh = zombie.tagged && !zombie.was;
    if (zombie.tagged) {
        t->counts.zombies++;
        tags |= TAG_ZOMBIE;
    }
    if (is_zombie)
        return tags;
    known = snapshot_private_kb(p, &private_kb);
    if (known && !s->measured)
        begin_series(s, now_ms, private_kb);
    s->measured |= known;
    if (!known || is_on_its_way_out(p, private_kb)) { // nothing that was told is untrue by that
        tags |= s->told & (TAG_LEAK | TAG_LEAK_SUSPECTED | TAG_SPIKE);
    } else {
        tags |= tag_of_leak[leak_update(&s->leak, now_ms, private_kb).tag];
        if (spike_update(&s->spike, &t->spike_config, now_ms, private_kb).tagged)
            tags |= TAG_SPIKE;
    }
    count(t, tags);
    return tags;
}

static void tell_leak(tags_t *t, uint32_t slot, uint64_t was, uint64_t is)
{
    if (was & ~is & TAG_LEAK)
        t->changed(t->user, slot, TAG_LEAK, TAG_WAS_CLEARED);
    if (is & ~was & TAG_LEAK)
        t->changed(t->user, slot, TAG_LEAK, TAG_WAS_SET);
    if (is & ~was & TAG_LEAK_SUSPECTED)
        t->changed(t->user, slot, TAG_LEAK, TAG_SUSPECTED);
    if ((was & ~is & TAG_LEAK_SUSPECTED) && !(is & TAG_LEAK))
        t->changed(t->user, slot, TAG_LEAK, TAG_WAS_DROPPED);
}

static void tell(tags_t *t, const snapshot_t *s)
{
    for (uint32_t slot = 0; slot < s->n_slots && slot < t->max_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        state_t *state = &t->states[slot];
        uint64_t was = state->told;

        if (p->known == 0 || state->pid == 0 || ((p->tags ^ was) & TAGS_TOLD) == 0)
            continue;
        state->told = p->tags;
        tell_leak(t, slot, was, p->tags);
        for (uint64_t left = (was ^ p->tags) & TOLD_PLAINLY; left; left &= left - 1) {
            uint64_t tag = left & -left;

            t->changed(t->user, slot, tag, p->tags & tag ? TAG_WAS_SET : TAG_WAS_CLEARED);
        }
    }
}

// Sets the tags that a process has for itself.
static void judge_all(tags_t *t, snapshot_t *s)
{
    uint64_t now_ms = s->system.mono_ms;

    if (t->spike_config.mem_total_kb != s->system.mem_total_kb)
        spike_config_default(&t->spike_config, s->system.mem_total_kb);
    t->counts = (tags_counts_t){0};
    for (uint32_t slot = 0; slot < s->n_slots && slot < t->max_slots; slot++) {
        process_snapshot_t *p = &s->processes[slot];

        if (p->known == 0 || t->states[slot].pid == 0)
            continue;
        p->tags = judge(t, &t->states[slot], p, now_ms);
        t->news |= ((p->tags ^ t->states[slot].told) & TAGS_TOLD) != 0;
    }
}

static void tag_parents(tags_t *t, snapshot_t *s)
{
    run_parents(t, s, s->system.mono_ms);
    for (uint32_t slot = 0; slot < s->n_slots && t->n_parents > 0; slot++) {
        process_snapshot_t *p = &s->processes[slot];

        if (p->known != 0 && p->zombies > 0 && find_parent(t, p) < t->n_parents)
            p->tags |= TAG_UNREAPED;
    }
}

void tags_run(tags_t *t, snapshot_t *s)
{
    t->news = t->n_parents > 0;
    judge_all(t, s);
    if (t->counts.zombies > 0 || t->n_parents > 0)
        tag_parents(t, s);
    if (t->changed && (t->news || t->n_parents > 0))
        tell(t, s);
}

const tags_counts_t *tags_counts(const tags_t *t)
{
    return &t->counts;
}

void tags_leak_receipt(
        const tags_t *t, uint32_t slot, uint64_t now_ms, uint64_t headroom_kb, leak_receipt_t *ret)
{
    leak_receipt(&t->states[slot].leak, now_ms, headroom_kb, ret);
}

bool tags_spike_receipt(const tags_t *t, uint32_t slot, spike_receipt_t *ret)
{
    return spike_receipt(&t->states[slot].spike, ret);
}

bool tags_zombie_receipt(
        const tags_t *t, const snapshot_t *s, uint32_t slot, uint64_t now_ms, zombie_receipt_t *ret)
{
    const process_snapshot_t *p = &s->processes[slot];
    size_t parent;

    if (t->states[slot].zombie.tagged) {
        zombie_receipt(&t->states[slot].zombie, ret);
        return true;
    }
    parent = find_parent(t, p);
    if (parent == t->n_parents)
        return false;
    zombie_parent_receipt(&t->parents[parent].state, now_ms, ret);
    return true;
}
