#include "tests/support/world.h"

#include <stdlib.h>
#include <string.h>

uint64_t world_random(world_t *w, uint64_t below)
{
    w->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = w->random;

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return below > 0 ? z % below : z;
}

static bool chance(world_t *w, unsigned percent)
{
    return world_random(w, 100) < percent;
}

static uint64_t any_number(world_t *w)
{
    return world_random(w, 0) >> world_random(w, 64);
}

static uint64_t any_string(world_t *w)
{
    char text[300];
    size_t len = world_random(w, chance(w, 90) ? 12 : sizeof(text));

    for (size_t i = 0; i < len; i++)
        text[i] = (char) world_random(w, chance(w, 90) ? 4 : 256);
    return intern_ref(w->strings, text, len);
}

static uint64_t fixed_string(world_t *w, const char *text)
{
    return intern_ref(w->strings, text, strlen(text));
}

static void *zeroed(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p)
        abort();
    return p;
}

void world_init(world_t *w, const world_options_t *options)
{
    memset(w, 0, sizeof(*w));
    w->options = *options;
    w->random = options->seed;
    w->next_pid = 300;
    if (intern_new(&w->strings) < 0)
        abort();
    for (size_t i = 0; i < 2; i++) {
        world_moment_t *m = &w->moments[i];

        m->snapshot.processes = zeroed(options->slots, sizeof(process_snapshot_t));
        m->snapshot.strings = w->strings;
        m->allow_public = zeroed(options->slots / 64 + 1, sizeof(uint64_t));
        m->allow_private = zeroed(options->slots / 64 + 1, sizeof(uint64_t));
    }
    w->curr = &w->moments[0];
    world_step(w);
    w->prev = NULL;
}

void world_done(world_t *w)
{
    for (size_t i = 0; i < 2; i++) {
        free(w->moments[i].snapshot.processes);
        free(w->moments[i].allow_public);
        free(w->moments[i].allow_private);
    }
    intern_free(w->strings);
}

static void quiet_birth(world_t *w, process_snapshot_t *p)
{
    PROCESS_SET(p, name, fixed_string(w, "sleep"));
    PROCESS_SET(p, cmdline,
            intern_ref(w->strings,
                    "sleep\0"
                    "600\0",
                    10));
    PROCESS_SET(p, unit, fixed_string(w, "cron.service"));
    PROCESS_SET(p, anon_kb, 90 + world_random(w, 40));
    PROCESS_SET(p, file_kb, 700 + world_random(w, 200));
    PROCESS_SET(p, shmem_kb, 0);
    PROCESS_SET(p, swap_kb, 0);
    PROCESS_SET(p, hwm_kb, p->anon_kb + p->file_kb);
    PROCESS_SET(p, cpu_permille, 0);
    PROCESS_SET(p, minflt_rate, 0);
    PROCESS_SET(p, majflt_rate, 0);
    PROCESS_SET(p, read_rate, 0);
    PROCESS_SET(p, write_rate, 0);
    PROCESS_SET(p, state, 'S');
    PROCESS_SET(p, threads, 1);
    PROCESS_SET(p, tags, 0);
    PROCESS_SET(p, baseline_kb, p->anon_kb);
    PROCESS_SET(p, uid, 1000);
    PROCESS_SET(p, ppid, 1 + world_random(w, 3));
    PROCESS_SET(p, first_seen_ms, 5000000);
    PROCESS_SET(p, flags, 0);
    PROCESS_SET(p, pss_kb, p->anon_kb + p->file_kb / 5);
    PROCESS_SET(p, pss_rss_kb, p->anon_kb + p->file_kb);
    PROCESS_SET(p, uss_kb, p->anon_kb);
    PROCESS_SET(p, pss_time_ms, 5000000 + world_random(w, 10000));
    PROCESS_SET(p, pss_source, PSS_SOURCE_ROLLUP);
}

static void set_any(world_t *w, process_snapshot_t *p, unsigned field)
{
    if (process_string_mask >> field & 1)
        p->values[field] = any_string(w);
    else if (chance(w, 50))
        p->values[field] += world_random(w, 200) - 100;
    else
        p->values[field] = any_number(w);
    p->known |= UINT64_C(1) << field;
}

static void birth(world_t *w, process_snapshot_t *p)
{
    memset(p, 0, sizeof(*p));
    if (!w->options.wild)
        quiet_birth(w, p);
    for (unsigned f = 0; w->options.wild && f < PROCESS_FIELD_COUNT; f++)
        if (chance(w, 60))
            set_any(w, p, f);
    PROCESS_SET(p, pid, w->next_pid);
    PROCESS_SET(p, start_time, 100000 + w->next_pid * 3);
    w->next_pid += 1 + world_random(w, 3);
}

static void change_any(world_t *w, process_snapshot_t *p)
{
    const uint64_t identity =
            UINT64_C(1) << PROCESS_FIELD_pid | UINT64_C(1) << PROCESS_FIELD_start_time;

    for (uint64_t n = 1 + world_random(w, 6); n > 0; n--) {
        unsigned f = (unsigned) world_random(w, PROCESS_FIELD_COUNT);

        if (identity >> f & 1)
            continue;
        if (chance(w, 70)) {
            set_any(w, p, f);
        } else {
            p->values[f] = 0;
            p->known &= ~(UINT64_C(1) << f);
        }
    }
}

// Everything that moves every second on a busy process does move.
static void change_quietly(world_t *w, process_snapshot_t *p)
{
    p->anon_kb = p->anon_kb + 4 * world_random(w, 600);
    if (p->anon_kb > 400000)
        p->anon_kb -= 4 * world_random(w, 100000);
    p->cpu_permille = 20 + world_random(w, 120);
    p->minflt_rate = 50 + world_random(w, 700);
    p->read_rate = chance(w, 50) ? p->read_rate : world_random(w, 800);
    p->write_rate = chance(w, 30) ? p->write_rate : world_random(w, 400);
    if (p->anon_kb + p->file_kb > p->hwm_kb && chance(w, 20))
        p->hwm_kb = p->anon_kb + p->file_kb;
}

static void step_system(world_t *w, system_snapshot_t *s)
{
    SYSTEM_SET(s, tick, s->tick + 1 + (chance(w, 10) ? world_random(w, 5) : 0));
    SYSTEM_SET(s, mono_ms, s->mono_ms + 998 + world_random(w, 5));
    SYSTEM_SET(s, real_ms, s->real_ms + 998 + world_random(w, 5));
    SYSTEM_SET(s, interval_us, 998000 + world_random(w, 5000));
    SYSTEM_SET(s, capture_us, 1500 + world_random(w, 1000));
    if (!w->options.wild)
        return;
    for (unsigned f = SYSTEM_FIELD_mem_free_kb; f < SYSTEM_FIELD_COUNT; f++) {
        if (chance(w, 10)) {
            s->known |= UINT64_C(1) << f;
            s->values[f] = system_string_mask >> f & 1 ? any_string(w) : any_number(w);
        } else if (chance(w, 5)) {
            s->known &= ~(UINT64_C(1) << f);
            s->values[f] = 0;
        }
    }
}

static void step_filter(world_t *w, world_moment_t *m)
{
    m->filter = (snapshot_filter_t){0};
    if (!w->options.by_viewer)
        return;
    if (chance(w, 70))
        m->filter.allow_public = m->allow_public;
    if (chance(w, 70))
        m->filter.allow_private = m->allow_private;
    for (size_t i = 0; i < w->options.slots / 64 + 1; i++) {
        if (chance(w, 20))
            m->allow_public[i] = world_random(w, 0) | world_random(w, 0);
        if (chance(w, 30))
            m->allow_private[i] = chance(w, 30) ? 0 : world_random(w, 0);
    }
}

static void step_process(world_t *w, process_snapshot_t *p, unsigned turnover)
{
    if (!p->known ? chance(w, w->options.wild ? 30 : 100) : chance(w, turnover)) {
        birth(w, p);
    } else if (p->known && w->options.wild && chance(w, turnover)) {
        memset(p, 0, sizeof(*p));
    } else if (p->known && chance(w, w->options.changes)) {
        w->options.wild ? change_any(w, p) : change_quietly(w, p);
        w->changed++;
    }
}

void world_step(world_t *w)
{
    world_moment_t *next = w->curr == &w->moments[0] ? &w->moments[1] : &w->moments[0];
    unsigned turnover = w->options.wild ? (unsigned) world_random(w, 30) : w->options.deaths;
    size_t n = w->options.slots, words = n / 64 + 1;
    snapshot_t *s = &next->snapshot;

    memcpy(s->processes, w->curr->snapshot.processes, n * sizeof(process_snapshot_t));
    memcpy(next->allow_public, w->curr->allow_public, words * sizeof(uint64_t));
    memcpy(next->allow_private, w->curr->allow_private, words * sizeof(uint64_t));
    s->system = w->curr->snapshot.system;
    s->n_slots = n - (w->options.wild ? world_random(w, 20) : 0);
    memset(s->processes + s->n_slots, 0, (n - s->n_slots) * sizeof(process_snapshot_t));
    w->changed = 0;
    for (size_t i = 0; i < s->n_slots; i++)
        step_process(w, &s->processes[i], turnover);
    step_system(w, &s->system);
    step_filter(w, next);
    w->prev = w->curr;
    w->curr = next;
}

static bool allows(const uint64_t *bitmap, size_t slot)
{
    return !bitmap || (bitmap[slot / 64] >> slot % 64 & 1);
}

bool world_sees_private(const world_moment_t *m, size_t slot)
{
    return allows(m->filter.allow_private, slot);
}

uint64_t world_visible(const world_moment_t *m, size_t slot)
{
    uint64_t known = m->snapshot.processes[slot].known;

    if (!allows(m->filter.allow_public, slot))
        return 0;
    return world_sees_private(m, slot) ? known : known & ~process_private_mask;
}
