#include "daemon/forensics/oom_before.h"
#include "common/cleanup.h"
#include "common/format.h"
#include "daemon/proc/cgroup.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BEFORE_MS (10 * 60 * UINT64_C(1000))
#define STEP_MS   UINT64_C(10000)
#define ROWS      8
#define NAMED     3 // of them in the text
#define LEAST_KB  1024

static const ledger_t *ledger_at(const moment_t *moments, size_t n, uint64_t ms)
{
    const ledger_t *l = NULL;

    for (size_t i = 0; i < n && moments[i].ledger->time_ms <= ms; i++)
        l = moments[i].ledger;
    return l;
}

// Points of a HISTORY, each a run of its own.
static void put_used(const why_t *why, uint64_t end_ms, buffer_t *out)
{
    int64_t used = 0, swap = 0;
    const moment_t *moments;
    size_t n;

    moments = why_moments(why, &n);
    for (uint64_t i = 0; i <= BEFORE_MS / STEP_MS; i++) {
        uint64_t before = BEFORE_MS - i * STEP_MS;
        const ledger_t *l = ledger_at(moments, n, end_ms - MIN(before, end_ms));

        if (!l)
            continue;
        buffer_put_varint(out, 1 << 1);
        buffer_put_zigzag(out, l->used_kb - used);
        buffer_put_zigzag(out, l->kb[LEDGER_SWAP] - swap);
        used = l->used_kb;
        swap = l->kb[LEDGER_SWAP];
    }
}

// Where a group's limit was reached, others than its processes have nothing to do with it.
static bool is_concerned(
        const procfs_t *fs, const char *cgroup, const event_t *e, const why_row_t *r)
{
    size_t len = strlen(cgroup), unit_len;
    char text[CGROUP_FILE_MAX];
    const char *unit;
    cgroup_t cg;
    ssize_t n;

    if (r->kind || r->end_kb < r->start_kb + LEAST_KB)
        return false;
    if (len <= 1 || (r->pid == e->pid && r->start_time == e->start_time))
        return true;
    cgroup_unit_of(cgroup, len, &unit, &unit_len);
    if (r->unit.len == unit_len && memcmp(r->unit.data, unit, unit_len) == 0)
        return true;
    if (r->pid == 0)
        return false;
    n = r->exited_ms ? -ESRCH : procfs_read(fs, r->pid, "cgroup", text, sizeof(text));
    return n > 0 && cgroup_parse(text, (size_t) n, &cg) == 0 && cg.path_len > len &&
           memcmp(cg.path, cgroup, len) == 0 && cg.path[len] == '/';
}

static void say_grown(event_t *e, const why_row_t *const *rows, size_t n)
{
    char size[FORMAT_MAX], name[EVENT_NAME_MAX], which[48];
    unsigned said = 0;

    for (size_t i = 0; i < n && said < NAMED; i++) {
        const why_row_t *r = rows[i];

        snprintf(name, sizeof(name), "%.*s", (int) r->name.len, r->name.data);
        snprintf(which, sizeof(which), r->pid ? "[%" PRIu64 "]" : " (%" PRIu64 " processes)",
                r->pid ? r->pid : r->count);
        event_say(e, "%s%s%s %s", said++ ? ", " : "; grown in the ten minutes before: ", name,
                which, format_delta_kb(size, sizeof(size), (int64_t) (r->end_kb - r->start_kb)));
    }
}

// Asks before the kill: what fell with it is not what led to it. But of who began since that look
// there is no other than the one that saw the kill.
void oom_before(why_t *why, const procfs_t *fs, const char *cgroup, uint64_t before_ms,
        uint64_t end_ms, event_t *e, event_before_t *ret)
{
    bool seen_before = e->start_time * 1000 / fs->clock_hz <= before_ms;
    const why_question_t q = {.from_ms = end_ms - MIN(end_ms, BEFORE_MS),
            .to_ms = seen_before ? end_ms - 1 : end_ms,
            .whole = true,
            .pid = e->pid,
            .start_time = e->start_time};
    buffer_t grown = {.max = EVENT_GROWN_MAX}, used = {.max = EVENT_USED_MAX};
    const why_row_t *rows[ROWS];
    why_answer_t a;
    size_t n = 0;

    *ret = (event_before_t){.step_ms = STEP_MS};
    if (why_ask(why, &q, &a) < 0)
        return;
    for (size_t i = 0; i < a.n_rows && n < ROWS; i++)
        if (is_concerned(fs, cgroup, e, &a.rows[i]))
            rows[n++] = &a.rows[i];
    say_grown(e, rows, n);
    for (size_t i = 0; i < n && !grown.failed; i++) {
        why_row_put(&grown, rows[i]);
        if (!grown.failed)
            ret->grown_len = grown.len;
    }
    put_used(why, end_ms, &used);
    if (ret->grown_len > 0)
        memcpy(ret->grown, grown.data, ret->grown_len);
    ret->used_len = used.failed ? 0 : used.len;
    if (ret->used_len > 0)
        memcpy(ret->used, used.data, ret->used_len);
    buffer_done(&grown);
    buffer_done(&used);
}
