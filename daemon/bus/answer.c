#include "common/cleanup.h"
#include "common/procmap.h"
#include "common/text.h"
#include "daemon/bus/bus_private.h"
#include "daemon/forensics/receipts.h"
#include "protocol/messages.h"
#include "protocol/schema.h"

#include <errno.h>
#include <string.h>

int bus_put_text(sd_bus_message *m, const char *key, const char *text, size_t len)
{
    char clean[4096];
    _cleanup_free_ char *spaced = malloc(len + 1);

    if (!spaced)
        return -ENOMEM;
    for (size_t i = 0; i < len; i++)
        spaced[i] = text[i] ? text[i] : ' '; // between arguments
    text_sanitize(clean, sizeof(clean), spaced, len, true);
    return sd_bus_message_append(m, "{sv}", key, "s", clean);
}

static int put_field(
        sd_bus_message *m, const snapshot_t *s, const process_snapshot_t *p, unsigned field)
{
    const field_info_t *f = &process_fields[field];
    size_t len;
    const char *text;

    if (f->kind != FIELD_STRING)
        return sd_bus_message_append(m, "{sv}", f->name, "t", p->values[field]);
    text = intern_get(s->strings, (uint32_t) p->values[field], &len);
    return bus_put_text(m, f->name, text, len);
}

// Every tag that is on, with its receipt.
static int put_receipts(sd_bus_message *m, engine_t *e, uint32_t slot, uint64_t tags)
{
    const snapshot_t *now = capture_current(engine_capture(e));
    uint64_t headroom =
            receipts_headroom_of(engine_procfs(e), &now->system, now->processes[slot].pid);
    char receipt[LEAK_TEXT_MAX];
    int r = sd_bus_message_open_container(m, 'e', "sv");

    if (r >= 0)
        r = sd_bus_message_append(m, "s", "receipts");
    if (r >= 0)
        r = sd_bus_message_open_container(m, 'v', "a{ss}");
    if (r >= 0)
        r = sd_bus_message_open_container(m, 'a', "{ss}");
    for (unsigned tag = 1; r >= 0 && tag != 0 && tag <= tags; tag <<= 1)
        if (tags & tag & TAGS_TOLD)
            r = sd_bus_message_append(m, "{ss}", tag_word(tag),
                    receipts_text(
                            engine_tags(e), now, slot, tag, headroom, receipt, sizeof(receipt)));
    for (int i = 0; r >= 0 && i < 3; i++)
        r = sd_bus_message_close_container(m);
    return r;
}

static int put_process(sd_bus_message *m, engine_t *e, uint32_t slot, bool with_private)
{
    const snapshot_t *s = capture_current(engine_capture(e));
    const process_snapshot_t *p = &s->processes[slot];
    int r = sd_bus_message_open_container(m, 'a', "{sv}");

    for (unsigned i = 0; r >= 0 && i < PROCESS_FIELD_COUNT; i++)
        if ((p->known >> i & 1) && (with_private || process_fields[i].audience == FIELD_PUBLIC))
            r = put_field(m, s, p, i);
    if (r >= 0 && p->tags != 0)
        r = put_receipts(m, e, slot, p->tags);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

int bus_send_or_unref(sd_bus_message *m, int r)
{
    if (r >= 0)
        r = sd_bus_send(NULL, m, NULL);
    sd_bus_message_unref(m);
    return r;
}

int bus_answer_tagged(bus_t *b, sd_bus_message *call, const bus_asker_t *a)
{
    engine_t *e = b->config.engine;
    const snapshot_t *s = capture_current(engine_capture(e));
    sd_bus_message *m = NULL;
    int r = sd_bus_message_new_method_return(call, &m);

    if (r >= 0)
        r = sd_bus_message_open_container(m, 'a', "a{sv}");
    for (uint32_t slot = 0; r >= 0 && slot < s->n_slots; slot++) {
        bool see_private;

        if (s->processes[slot].known != 0 && s->processes[slot].tags != 0 &&
                bus_asker_sees_slot(b, a, slot, &see_private))
            r = put_process(m, e, slot, see_private);
    }
    if (r >= 0)
        r = sd_bus_message_close_container(m);
    return bus_send_or_unref(m, r);
}

int bus_answer_process(bus_t *b, sd_bus_message *call, const bus_asker_t *a)
{
    engine_t *e = b->config.engine;
    sd_bus_message *m = NULL;
    uint32_t pid, slot;
    bool see_private;
    int r = sd_bus_message_read(call, "u", &pid);

    if (r < 0)
        return r;
    slot = capture_find(engine_capture(e), pid, 0);
    if (pid == 0 || slot == PROCMAP_NONE || !bus_asker_sees_slot(b, a, slot, &see_private))
        return sd_bus_reply_method_errnof(call, ESRCH, "there is no process %u", pid);
    r = sd_bus_message_new_method_return(call, &m);
    if (r >= 0)
        r = put_process(m, e, slot, see_private);
    return bus_send_or_unref(m, r);
}
