#include "common/cleanup.h"
#include "common/text.h"
#include "daemon/bus/bus_private.h"
#include "daemon/forensics/receipts.h"
#include "protocol/messages.h"

#include <string.h>

uint64_t bus_real_ms(const bus_t *b, uint64_t boot_ms)
{
    const system_snapshot_t *y = &capture_current(engine_capture(b->config.engine))->system;

    return y->real_ms + boot_ms - y->mono_ms;
}

static int put_numbers(bus_t *b, sd_bus_message *m, const event_t *e)
{
    const struct {
        const char *key;
        uint32_t bit;
        uint64_t value;
    } all[] = {
            {"start_time", EVENT_HAS_PROCESS, e->start_time},
            {"since_ms", EVENT_HAS_SINCE, bus_real_ms(b, e->since_ms)},
            {"size_bytes", EVENT_HAS_SIZE, e->size_kb * 1024},
            {"peak_bytes", EVENT_HAS_PEAK, e->peak_kb * 1024},
            {"bytes_per_second", EVENT_HAS_RATE, e->rate},
            {"bytes_per_second_low", EVENT_HAS_RATE, e->rate_low},
            {"bytes_per_second_high", EVENT_HAS_RATE, e->rate_high},
            {"confidence", EVENT_HAS_CONFIDENCE, e->confidence},
            {"ruled_out", EVENT_HAS_CONFIDENCE, e->ruled_out},
            {"left_seconds", EVENT_HAS_LEFT, e->left_s},
            {"duration_ms", EVENT_HAS_DURATION, e->duration_ms},
            {"given_back", EVENT_HAS_OUTCOME, e->given_back},
            {"count", EVENT_HAS_COUNT, e->count},
            {"times", EVENT_HAS_STORY, e->story},
            {"times_bytes", EVENT_HAS_STORY, e->story_kb * 1024},
    };
    int r = sd_bus_message_append(m, "{sv}", "time_ms", "t", bus_real_ms(b, e->time_ms));

    for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(all); i++)
        if (e->has & all[i].bit)
            r = sd_bus_message_append(m, "{sv}", all[i].key, "t", all[i].value);
    return r;
}

// `process`: it may be told of.
static int put_receipt(bus_t *b, sd_bus_message *m, const event_t *e, bool process)
{
    int r = sd_bus_message_open_container(m, 'a', "{sv}");

    if (r >= 0 && process)
        r = put_numbers(b, m, e);
    if (r >= 0 && process && e->has & EVENT_HAS_UID)
        r = sd_bus_message_append(m, "{sv}", "uid", "u", (uint32_t) e->uid);
    if (r >= 0 && process && e->unit_len > 0)
        r = bus_put_text(m, "unit", e->unit, e->unit_len);
    if (r >= 0 && process && e->kind == EVENT_OOM_KILL && e->has & EVENT_HAS_PROCESS)
        r = sd_bus_message_append(m, "{sv}", "pid", "u", (uint32_t) e->pid);
    if (r >= 0 && process && e->kind == EVENT_OOM_KILL && e->has & EVENT_HAS_PROCESS)
        r = bus_put_text(m, "name", e->name, e->name_len);
    if (r >= 0 && process && e->cgroup[0])
        r = bus_put_text(m, "cgroup", e->cgroup, strlen(e->cgroup));
    if (r >= 0 && process && e->text[0])
        r = bus_put_text(m, "text", e->text, strlen(e->text));
    return r < 0 ? r : sd_bus_message_close_container(m);
}

static void send(bus_t *b, const char *signal, const event_t *e, bool with_tag, bool process)
{
    char name[96];
    sd_bus_message *m = NULL;
    int r = sd_bus_message_new_signal(b->bus, &m, BUS_PATH, BUS_NAME, signal);

    text_sanitize(name, sizeof(name), e->name, e->name_len, true);
    if (r >= 0 && e->kind == EVENT_OOM_KILL)
        r = sd_bus_message_append(m, "t", e->has & EVENT_HAS_COUNT ? e->count : 1);
    else if (r >= 0)
        r = sd_bus_message_append(m, "us", (uint32_t) e->pid, name);
    if (r >= 0 && with_tag)
        r = sd_bus_message_append(m, "s", receipts_tag_name(e->tag));
    if (r >= 0)
        r = put_receipt(b, m, e, process);
    if (r >= 0)
        sd_bus_send(b->bus, m, NULL);
    sd_bus_message_unref(m);
}

// Everybody on the bus hears a signal: with hidepid in force that is too many.
void bus_signal(bus_t *b, const event_t *e)
{
    bool process = !b->policy.hidepid;

    if (e->kind == EVENT_OOM_KILL) {
        send(b, "OutOfMemory", e, false, process);
        return;
    }
    if (!process || !receipts_tag_name(e->tag))
        return;
    if (e->kind == EVENT_SET) {
        send(b, "TagSet", e, true, true);
        if (e->tag == TAG_SPIKE)
            send(b, "Spike", e, false, true);
    } else if (e->kind == EVENT_CLEARED && !(e->has & EVENT_ONLY_SUSPECTED)) {
        send(b, "TagCleared", e, true, true);
    }
}
