// The engine over a restart.

#include "common/clock.h"
#include "daemon/engine/engine_private.h"

static void save_history(const engine_t *e, struct buffer *out)
{
    history_save(e->history, out);
}

static int load_history(engine_t *e, const void *data, size_t len)
{
    return history_load(e->history, data, len, clock_boottime_us() / USEC_PER_MSEC);
}

// The living, too: they may have ended when somebody asks again.
static void save_departed(const engine_t *e, struct buffer *out)
{
    const snapshot_t *s = capture_current(e->capture);

    departed_save(e->departed, out);
    for (uint32_t slot = 0; slot < s->n_slots; slot++)
        if (s->processes[slot].known != 0 && e->series[slot] != HISTORY_NONE)
            departed_save_living(e->series[slot], &s->processes[slot],
                    capture_owner(e->capture, slot), s->strings, out);
}

static int load_departed(engine_t *e, const void *data, size_t len)
{
    return departed_load(e->departed, data, len);
}

static void save_exits(const engine_t *e, struct buffer *out)
{
    exits_save(capture_exits(e->capture), out);
}

static int load_exits(engine_t *e, const void *data, size_t len)
{
    return exits_load(capture_exits(e->capture), data, len);
}

static void save_timeline(const engine_t *e, struct buffer *out)
{
    timeline_save(e->timeline, out);
}

static int load_timeline(engine_t *e, const void *data, size_t len)
{
    return timeline_load(e->timeline, data, len);
}

static void save_writers(const engine_t *e, struct buffer *out)
{
    writers_save(e->writers, out);
}

static int load_writers(engine_t *e, const void *data, size_t len)
{
    return writers_load(e->writers, data, len);
}

static void save_tags(const engine_t *e, struct buffer *out)
{
    tags_save(e->tags, capture_current(e->capture), out);
}

static int load_tags(engine_t *e, const void *data, size_t len)
{
    return tags_load(e->tags, data, len);
}

static void save_lineage(const engine_t *e, struct buffer *out)
{
    lineage_save(chronicle_lineage(e->chronicle), out);
}

static int load_lineage(engine_t *e, const void *data, size_t len)
{
    return chronicle_load_lineage(e->chronicle, data, len);
}

static void save_oom(const engine_t *e, struct buffer *out)
{
    oom_save(e->oom, out);
}

static int load_oom(engine_t *e, const void *data, size_t len)
{
    return oom_load(e->oom, data, len);
}

static void save_inspections(const engine_t *e, struct buffer *out)
{
    inspections_save(&e->inspections, out);
}

static int load_inspections(engine_t *e, const void *data, size_t len)
{
    return inspections_load(&e->inspections, data, len);
}

static void save_events(const engine_t *e, struct buffer *out)
{
    events_save(chronicle_events(e->chronicle), out);
}

static int load_events(engine_t *e, const void *data, size_t len)
{
    return events_load(chronicle_events(e->chronicle), data, len);
}

const engine_section_t engine_sections[ENGINE_SECTIONS] = {
        {"history", history_layout, save_history, load_history},
        {"names of the dead", departed_layout, save_departed, load_departed},
        {"exits", exits_layout, save_exits, load_exits},
        {"ledgers", timeline_layout, save_timeline, load_timeline},
        {"writers of tmpfs", writers_layout, save_writers, load_writers},
        {"tags", tags_layout, save_tags, load_tags},
        {"stories of leaks", lineage_layout, save_lineage, load_lineage},
        {"OOM kills that were told", oom_layout, save_oom, load_oom},
        {"inspections", inspections_layout, save_inspections, load_inspections},
        {"events", events_layout, save_events, load_events},
};
