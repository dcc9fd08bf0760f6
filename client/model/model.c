#include "client/model/model.h"

#include "client/widget/sparkline.h"
#include "common/cleanup.h"
#include "common/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

int model_init(model_t *m, bool utf8)
{
    *m = (model_t){.utf8 = utf8};
    return userdb_new(&m->users);
}

void model_done(model_t *m)
{
    free(m->processes.items);
    free(m->groups.items);
    tracks_done(&m->tracks);
    tracks_done(&m->group_tracks);
    userdb_free(m->users);
    *m = (model_t){0};
}

// Beyond any host, and far enough from the end of the type for sums, differences and rates.
#define AMOUNT_MAX (UINT64_C(1) << 45)

static void set_amount(row_t *r, value_t v, uint64_t amount)
{
    row_set(r, v, (int64_t) MIN(amount, AMOUNT_MAX));
}

// Values that are fields as they come.
static const struct {
    value_t value;
    unsigned field;
} plain[] = {
        {VALUE_SWAP, PROCESS_FIELD_swap_kb},
        {VALUE_CPU, PROCESS_FIELD_cpu_permille},
        {VALUE_THREADS, PROCESS_FIELD_threads},
        {VALUE_READ, PROCESS_FIELD_read_rate},
        {VALUE_WRITE, PROCESS_FIELD_write_rate},
        {VALUE_ANON, PROCESS_FIELD_anon_kb},
        {VALUE_FILE, PROCESS_FIELD_file_kb},
        {VALUE_SHMEM, PROCESS_FIELD_shmem_kb},
        {VALUE_USS, PROCESS_FIELD_uss_kb},
        {VALUE_PEAK, PROCESS_FIELD_hwm_kb},
        {VALUE_MINFLT, PROCESS_FIELD_minflt_rate},
        {VALUE_MAJFLT, PROCESS_FIELD_majflt_rate},
};

// Fills what comes straight from the snapshot.
static void fill_row(row_t *r, const process_snapshot_t *p, uint64_t now_ms)
{
    uint64_t kb, age;
    bool estimated;

    *r = (row_t){
            .id = {p->pid, p->start_time},
            .name = (uint32_t) p->name,
            .cmdline = (uint32_t) p->cmdline,
            .unit = (uint32_t) p->unit,
            .uid = (uint32_t) p->uid,
            .ppid = p->ppid,
            .tags = (uint32_t) p->tags,
            .zombies = (uint32_t) p->zombies,
            .state = p->state > 0x20 && p->state < 0x7f ? (char) p->state : '\0',
    };
    if (p->flags & PROCESS_KERNEL_THREAD)
        r->flags |= ROW_KERNEL_THREAD;
    if (PROCESS_KNOWN(p, uid))
        r->flags |= ROW_UID_KNOWN;
    if (PROCESS_KNOWN(p, ppid))
        r->flags |= ROW_PPID_KNOWN;
    if (PROCESS_KNOWN(p, name))
        r->flags |= ROW_NAME_KNOWN;
    row_set(r, VALUE_PID, (int64_t) p->pid);
    row_set(r, VALUE_COUNT, 1);
    if (snapshot_rss_kb(p, &kb)) {
        set_amount(r, VALUE_RSS, kb);
        set_amount(r, VALUE_MEM, kb);
    }
    if (snapshot_pss_kb(p, now_ms, &kb, &estimated, &age)) {
        set_amount(r, VALUE_PSS, kb);
        set_amount(r, VALUE_PSS_AGE, age);
        if (estimated)
            r->flags |= ROW_PSS_ESTIMATED;
    }
    // There is nothing left of a zombie that anybody could have a share of.
    if (r->state == 'Z' && row_knows(r, VALUE_RSS) && r->values[VALUE_RSS] == 0)
        set_amount(r, VALUE_PSS, 0);
    if (snapshot_private_kb(p, &kb))
        set_amount(r, VALUE_PRIVATE, kb);
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (p->known >> plain[i].field & 1)
            set_amount(r, plain[i].value, p->values[plain[i].field]);
}

static void set_delta(row_t *r, const track_t *track, const process_snapshot_t *p)
{
    if (!row_knows(r, VALUE_PRIVATE))
        return;
    if (track->has_baseline)
        row_set(r, VALUE_DELTA, r->values[VALUE_PRIVATE] - track->baseline_kb);
    else if (PROCESS_KNOWN(p, baseline_kb))
        row_set(r, VALUE_DELTA,
                r->values[VALUE_PRIVATE] - (int64_t) MIN(p->baseline_kb, AMOUNT_MAX));
}

static int reserve(rows_t *rows, size_t n)
{
    row_t *grown;

    if (n <= rows->cap)
        return 0;
    n += n / 8 + 64;
    grown = realloc(rows->items, n * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    rows->items = grown;
    rows->cap = n;
    return 0;
}

// What is to be said of all of them.
static void survey(model_t *m)
{
    uint64_t largest = 0;

    memset(m->tagged, 0, sizeof(m->tagged));
    for (size_t i = 0; i < m->processes.n; i++) {
        uint32_t tags = m->processes.items[i].tags;

        largest = MAX(largest, m->processes.items[i].id.pid);
        for (size_t t = 0; t < N_TAGS && tags != 0; t++)
            m->tagged[t] += (tags & tag_infos[t].tag) != 0;
    }
    for (m->pid_width = 1; largest >= 10; largest /= 10)
        m->pid_width++;
}

static int touch_living(model_t *m, const snapshot_t *s)
{
    track_t *track;
    int r = 0;

    for (size_t i = 0; i < s->n_slots && r == 0; i++) {
        const process_snapshot_t *p = &s->processes[i];

        if (p->known != 0)
            r = tracks_touch(&m->tracks, (identity_t){p->pid, p->start_time}, (uint32_t) i, &track);
    }
    return r;
}

// The row of a process, with what this viewer remembers of it.
static void make_row(model_t *m, const snapshot_t *s, size_t index)
{
    track_t *track = &m->tracks.items[index];
    const process_snapshot_t *p = &s->processes[track->slot];
    row_t *row = &m->processes.items[index];
    int64_t rate;

    fill_row(row, p, m->tracks.now_ms);
    row->slot = track->slot;
    row->track = (uint32_t) index;
    set_delta(row, track, p);
    if (row_knows(row, VALUE_PRIVATE)) {
        uint64_t private_kb = (uint64_t) row->values[VALUE_PRIVATE];

        track_add(&m->tracks, track, private_kb);
        if (track_rate(&m->tracks, track, private_kb, &rate))
            row_set(row, VALUE_RATE, rate);
    }
}

// A process has its row where it has its track: the same from tick to tick, but for those that take
// the places of the dead.
int model_update(model_t *m, const snapshot_t *s, uint64_t now_ms)
{
    rows_t *rows = &m->processes;
    int r = reserve(rows, s->n_slots);

    if (r < 0)
        return r;
    m->system = s->system;
    m->strings = s->strings;
    m->grouped_by = GROUP_NONE;
    tracks_begin(&m->tracks, SYSTEM_KNOWN(&s->system, mono_ms) ? s->system.mono_ms : now_ms);
    r = touch_living(m, s);
    tracks_end(&m->tracks);
    rows->n = m->tracks.n;
    for (size_t i = 0; i < rows->n; i++)
        make_row(m, s, i);
    survey(m);
    return r < 0 ? r : model_record_groups(m);
}

void model_reset_baselines(model_t *m)
{
    for (size_t i = 0; i < m->processes.n; i++) {
        row_t *row = &m->processes.items[i];
        track_t *track = &m->tracks.items[row->track];

        if (!row_knows(row, VALUE_PRIVATE))
            continue;
        track->baseline_kb = row->values[VALUE_PRIVATE];
        track->has_baseline = true;
        row_set(row, VALUE_DELTA, 0);
    }
}

const row_t *model_find(const model_t *m, identity_t id)
{
    const track_t *track = tracks_find(&m->tracks, id);

    if (track)
        return &m->processes.items[track - m->tracks.items];
    for (size_t i = 0; id.pid == 0 && i < m->groups.n; i++)
        if (identity_equal(m->groups.items[i].id, id))
            return &m->groups.items[i];
    return NULL;
}

char *model_string(const model_t *m, uint32_t id, char *buf, size_t cap)
{
    size_t len = 0;
    const char *s = m->strings ? intern_get(m->strings, id, &len) : "";

    buf[0] = '\0';
    if (len > 0)
        text_name(buf, cap, s, len, m->utf8);
    return buf;
}

char *model_name(const model_t *m, const row_t *r, char *buf, size_t cap)
{
    model_string(m, r->name, buf, cap);
    if (!buf[0] && r->flags & ROW_NAME_KNOWN)
        text_name(buf, cap, "", 0, m->utf8);
    return buf;
}

char *model_command(const model_t *m, const row_t *r, char *buf, size_t cap)
{
    size_t len = 0;
    const char *s = m->strings ? intern_get(m->strings, r->cmdline, &len) : "";
    char joined[INTERN_MAX_LEN];

    while (len > 0 && s[len - 1] == '\0')
        len--;
    for (size_t i = 0; i < len; i++)
        joined[i] = s[i] == '\0' ? ' ' : s[i];
    text_sanitize(buf, cap, joined, len, m->utf8);
    if (text_is_blank(buf)) {
        // Like ps: a kernel thread, or a process that has no arguments, by its name.
        model_name(m, r, joined, sizeof(joined));
        snprintf(buf, cap, "[%s]", joined);
    }
    return buf;
}

const char *model_user(const model_t *m, const row_t *r)
{
    return r->flags & ROW_UID_KNOWN ? userdb_name(m->users, r->uid) : NULL;
}

size_t model_series(const model_t *m, const row_t *r, int64_t values[TRACK_POINTS])
{
    for (size_t i = 0; i < TRACK_POINTS; i++)
        values[i] = SPARKLINE_GAP;
    if (!(r->flags & ROW_GROUP))
        return track_series(&m->tracks, &m->tracks.items[r->track], false, values);
    if (!m->partial)
        return model_group_series(m, r->id, values);
    // Of some members only: what those had that live.
    for (uint32_t i = r->member; i != ROW_NOBODY; i = m->processes.items[i].member)
        track_series(&m->tracks, &m->tracks.items[m->processes.items[i].track], true, values);
    return m->tracks.filled;
}

bool model_started_ms(const system_snapshot_t *s, uint64_t start_time, uint64_t *ret_ms)
{
    uint64_t ticks = s->clock_ticks, ms;

    if (ticks == 0)
        return false;
    ms = start_time / ticks * 1000 + start_time % ticks * 1000 / ticks;
    if (ms > s->mono_ms && (s->system_flags & SYSTEM_REPLAY))
        return false;
    *ret_ms = ms;
    return true;
}
