#include "daemon/forensics/lineage.h"
#include "common/cleanup.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <string.h>

#define SERVICE ".service"

static bool is_service(const char *unit, size_t len)
{
    size_t n = strlen(SERVICE);

    return len > n && memcmp(unit + len - n, SERVICE, n) == 0;
}

static bool same_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
    b_len = MIN(b_len, (size_t) LINEAGE_TEXT);
    return a_len == b_len && memcmp(a, b, b_len) == 0;
}

static bool is_run(const lineage_run_t *r, uint64_t pid, uint64_t start_time)
{
    return r->pid == pid && r->start_time == start_time;
}

uint64_t lineage_place(const story_t *s, uint64_t pid, uint64_t start_time)
{
    for (uint64_t n = s->times; n > 0 && n + LINEAGE_RUNS > s->times; n--)
        if (is_run(&s->runs[(n - 1) % LINEAGE_RUNS], pid, start_time))
            return n;
    return 0;
}

const lineage_run_t *lineage_last(const story_t *s)
{
    return &s->runs[(s->times - 1) % LINEAGE_RUNS];
}

static bool is_last(const story_t *s, const lineage_process_t *p)
{
    return is_run(lineage_last(s), p->pid, p->start_time);
}

static bool is_of(const story_t *s, const lineage_process_t *p)
{
    bool same_unit = p->unit_len > 0 && same_text(s->unit, s->unit_len, p->unit, p->unit_len);

    if (!same_text(s->name, s->name_len, p->name, p->name_len) ||
            s->by_unit != is_service(p->unit, p->unit_len))
        return false;
    if (s->by_unit)
        return same_unit;
    if (s->ppid == p->ppid && s->parent_start_time == p->parent_start_time)
        return true;
    return same_unit && (s->ended || is_last(s, p));
}

// Its index, or `count`.
static size_t index_of(const lineage_t *l, const lineage_process_t *p)
{
    size_t i = 0;

    while (i < l->count && !is_of(&l->stories[i], p))
        i++;
    return i;
}

const story_t *lineage_story(const lineage_t *l, const lineage_process_t *p)
{
    size_t i = index_of(l, p);

    return i < l->count ? &l->stories[i] : NULL;
}

const story_t *lineage_find(const lineage_t *l, const lineage_process_t *p)
{
    const story_t *s = lineage_story(l, p);

    return s && lineage_place(s, p->pid, p->start_time) == 0 ? s : NULL;
}

static size_t take_place(lineage_t *l)
{
    size_t oldest = 0;

    if (l->count < LINEAGE_STORIES)
        return l->count++;
    for (size_t i = 1; i < l->count; i++)
        if (l->stories[i].last_ms < l->stories[oldest].last_ms)
            oldest = i;
    return oldest;
}

static void copy_text(char *to, size_t *ret_len, const char *from, size_t len)
{
    *ret_len = MIN(len, (size_t) LINEAGE_TEXT);
    memcpy(to, from, *ret_len);
}

static void begin(story_t *s, const lineage_process_t *p, uint64_t now_ms)
{
    *s = (story_t){.by_unit = is_service(p->unit, p->unit_len),
            .ppid = p->ppid,
            .parent_start_time = p->parent_start_time,
            .runs = {{p->pid, p->start_time}},
            .first_ms = p->since_ms ? p->since_ms : now_ms,
            .times = 1,
            .in_a_row = true};
    copy_text(s->name, &s->name_len, p->name, p->name_len);
    copy_text(s->unit, &s->unit_len, p->unit, p->unit_len);
}

const story_t *lineage_leaks(
        lineage_t *l, const lineage_process_t *p, uint64_t now_ms, uint64_t growth_kb)
{
    size_t i = index_of(l, p);
    story_t *s;

    if (i == l->count) {
        i = take_place(l);
        begin(&l->stories[i], p, now_ms);
    }
    s = &l->stories[i];
    if (lineage_place(s, p->pid, p->start_time) == 0) {
        s->in_a_row &= s->ended;
        s->times++;
        s->runs[(s->times - 1) % LINEAGE_RUNS] = (lineage_run_t){p->pid, p->start_time};
        s->ended = false;
        s->before += s->grew_kb;
        s->grew_kb = 0;
    }
    s->last_ms = now_ms;
    if (is_last(s, p))
        s->grew_kb = MAX(s->grew_kb, growth_kb);
    return s;
}

void lineage_ends(lineage_t *l, uint64_t pid, uint64_t start_time)
{
    for (size_t i = 0; i < l->count; i++)
        if (is_run(lineage_last(&l->stories[i]), pid, start_time))
            l->stories[i].ended = true;
}

uint64_t lineage_run(const lineage_t *l, uint64_t pid, uint64_t start_time)
{
    for (size_t i = 0; i < l->count; i++) {
        uint64_t n = lineage_place(&l->stories[i], pid, start_time);

        if (n > 0)
            return l->stories[i].in_a_row ? n : 0;
    }
    return 0;
}

// ---- Restart -----------------------------------------------------------------------------------

uint64_t lineage_layout(void)
{
    return (uint64_t) sizeof(story_t) << 40 | (uint64_t) LINEAGE_RUNS << 16 | 1;
}

void lineage_save(const lineage_t *l, buffer_t *out)
{
    buffer_put(out, l->stories, l->count * sizeof(story_t));
}

int lineage_load(lineage_t *l, const void *data, size_t len)
{
    if (len % sizeof(story_t) != 0 || len > sizeof(l->stories))
        return -EBADMSG;
    memcpy(l->stories, data, len);
    l->count = len / sizeof(story_t);
    for (size_t i = 0; i < l->count; i++) {
        const story_t *s = &l->stories[i];

        if (s->times > 0 && s->name_len <= LINEAGE_TEXT && s->unit_len <= LINEAGE_TEXT)
            continue;
        l->count = 0;
        return -EBADMSG;
    }
    return 0;
}
