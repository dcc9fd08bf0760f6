#include "common/cleanup.h"
#include "daemon/bus/bus_private.h"
#include "protocol/messages.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define LEDGER_NAME_(name, value, text) [value] = #name,

// "LEDGER_SHMEM" is told as "shmem".
static const char *const ledger_names[] = {LEDGER_VALUES(LEDGER_NAME_)};

static char *ledger_name(uint64_t kind, char buf[32])
{
    const char *name = kind < ARRAY_SIZE(ledger_names) ? ledger_names[kind] : NULL;
    size_t n = 0;

    for (name = name ? name + strlen("LEDGER_") : ""; name[n] && n < 31; n++)
        buf[n] = (char) tolower((unsigned char) name[n]);
    buf[n] = '\0';
    return buf;
}

static bool sees(void *user, owner_t owner, bool *ret_private)
{
    const bus_asker_t *a = user;

    *ret_private = bus_asker_sees_private(a, owner);
    return bus_asker_sees(a, owner);
}

static uint64_t boot_ms(const bus_t *b, uint64_t real_ms)
{
    uint64_t at_boot = bus_real_ms(b, 0);

    return real_ms - MIN(real_ms, at_boot);
}

// ---- The answer --------------------------------------------------------------------------------

static int put_change(bus_t *b, sd_bus_message *m, const why_answer_t *a)
{
    const struct {
        const char *key;
        uint64_t value;
    } moments[] = {{"known_ms", a->known_ms}, {"from_ms", a->from_ms}, {"to_ms", a->to_ms},
            {"change_from_ms", a->start->time_ms}, {"change_to_ms", a->end->time_ms},
            {"steepest_from_ms", a->steepest_from_ms}, {"steepest_to_ms", a->steepest_to_ms},
            {"unseen_from_ms", a->unseen_from_ms}, {"unseen_to_ms", a->unseen_to_ms}};
    const struct {
        const char *key;
        int64_t kb;
    } sizes[] = {{"used_from_bytes", a->used_from_kb}, {"used_to_bytes", a->used_to_kb},
            {"change_from_bytes", a->change_from_kb}, {"change_to_bytes", a->change_to_kb},
            {"steepest_bytes", a->steepest_kb}, {"processes_bytes", a->processes_kb},
            {"others_bytes", a->others_kb}, {"hidden_bytes", a->hidden_kb},
            {"unexplained_bytes", a->unexplained_kb},
            {"estimated_bytes", (int64_t) a->estimated_kb}};
    int r = sd_bus_message_open_container(m, 'a', "{sv}");

    for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(moments); i++)
        if (moments[i].value > 0)
            r = sd_bus_message_append(
                    m, "{sv}", moments[i].key, "t", bus_real_ms(b, moments[i].value));
    for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(sizes); i++)
        r = sd_bus_message_append(m, "{sv}", sizes[i].key, "x", sizes[i].kb * 1024);
    if (r >= 0)
        r = sd_bus_message_append(m, "{sv}", "others", "t", a->others);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

static int put_row(bus_t *b, sd_bus_message *m, const why_row_t *row)
{
    char kind[32];
    int r = sd_bus_message_open_container(m, 'a', "{sv}");

    if (r >= 0 && row->kind != 0)
        r = sd_bus_message_append(m, "{sv}", "ledger", "s", ledger_name(row->kind, kind));
    if (r >= 0)
        r = sd_bus_message_append(m, "{sv}", "count", "t", row->count);
    if (r >= 0 && row->pid != 0)
        r = sd_bus_message_append(m, "{sv}", "pid", "u", (uint32_t) row->pid);
    if (r >= 0 && row->pid != 0)
        r = sd_bus_message_append(m, "{sv}", "start_time", "t", row->start_time);
    if (r >= 0 && row->has_uid)
        r = sd_bus_message_append(m, "{sv}", "uid", "u", (uint32_t) row->uid);
    if (r >= 0 && row->exited_ms != 0)
        r = sd_bus_message_append(m, "{sv}", "exited_ms", "t", bus_real_ms(b, row->exited_ms));
    if (r >= 0)
        r = sd_bus_message_append(m, "{sv}", "start_bytes", "t", row->start_kb * 1024);
    if (r >= 0)
        r = sd_bus_message_append(m, "{sv}", "end_bytes", "t", row->end_kb * 1024);
    if (r >= 0)
        r = sd_bus_message_append(m, "{sv}", "peak_bytes", "t", row->peak_kb * 1024);
    if (r >= 0 && row->name.len > 0)
        r = bus_put_text(m, "name", row->name.data, row->name.len);
    if (r >= 0 && row->unit.len > 0)
        r = bus_put_text(m, "unit", row->unit.data, row->unit.len);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

static int put_rows(bus_t *b, sd_bus_message *m, const why_answer_t *a)
{
    int r = sd_bus_message_open_container(m, 'a', "a{sv}");

    for (size_t i = 0; r >= 0 && i < a->n_rows; i++)
        r = put_row(b, m, &a->rows[i]);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

static int put_ledger(sd_bus_message *m, const why_answer_t *a)
{
    char name[32];
    int r = sd_bus_message_open_container(m, 'a', "(sxx)");

    for (unsigned i = 1; r >= 0 && i < LEDGER_LINES; i++)
        r = sd_bus_message_append(
                m, "(sxx)", ledger_name(i, name), a->start->kb[i] * 1024, a->end->kb[i] * 1024);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

int bus_answer_why(bus_t *b, sd_bus_message *call, const bus_asker_t *asker)
{
    uint64_t now_ms = capture_current(engine_capture(b->config.engine))->system.mono_ms;
    uint64_t since, until;
    bus_asker_t a = *asker;
    why_question_t q = {.by = WHY_BY_PROCESS, .sees = sees, .user = &a};
    why_answer_t answer;
    sd_bus_message *m = NULL;
    int r = sd_bus_message_read(call, "tt", &since, &until);

    if (r < 0)
        return r;
    q.to_ms = until == 0 ? now_ms : MIN(boot_ms(b, until), now_ms);
    q.from_ms = since == 0 ? q.to_ms - MIN(q.to_ms, WHY_DEFAULT_SPAN_MS) : boot_ms(b, since);
    r = q.from_ms <= q.to_ms ? why_ask(engine_why(b->config.engine), &q, &answer) : -ENODATA;
    if (r < 0)
        return sd_bus_reply_method_errnof(call, -r, "%s",
                r == -ENODATA ? "nothing is known of that time" : "the daemon is out of memory");
    r = sd_bus_message_new_method_return(call, &m);
    if (r >= 0)
        r = put_change(b, m, &answer);
    if (r >= 0)
        r = put_rows(b, m, &answer);
    if (r >= 0)
        r = put_ledger(m, &answer);
    return bus_send_or_unref(m, r);
}
