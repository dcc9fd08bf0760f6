#include "common/cleanup.h"
#include "common/clock.h"
#include "config.h"
#include "daemon/bus/bus_private.h"

#include <errno.h>
#include <string.h>

#define ASK_US        (10 * USEC_PER_SEC)
#define ASKED_AT_ONCE 32 // callers whose rights are being found out
#define WHYS_OF_ONE   2  // between two ticks; root is exempt
#define WHYS_AT_ONCE  8

// ---- Properties --------------------------------------------------------------------------------

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *user, sd_bus_error *error)
{
    (void) bus, (void) path, (void) interface, (void) property, (void) user, (void) error;
    return sd_bus_message_append(reply, "s", MEMSCOPE_VERSION);
}

static int get_figure(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *user, sd_bus_error *error)
{
    const bus_figures_t f = bus_figures(user);

    (void) bus, (void) path, (void) interface, (void) error;
    for (size_t i = 0; i < FIGURES; i++)
        if (strcmp(bus_figure_names[i], property) == 0)
            return sd_bus_message_append(reply, "u", f.of[i]);
    return -ENOENT;
}

static int get_own(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *user, sd_bus_error *error)
{
    const bus_t *b = user;
    const system_snapshot_t *s = &capture_current(engine_capture(b->config.engine))->system;
    uint64_t v;

    (void) bus, (void) path, (void) interface, (void) error;
    if (strcmp(property, "UptimeUSec") == 0)
        v = clock_monotonic_us() - b->config.status->started_us;
    else if (strcmp(property, "TickCostUSec") == 0)
        v = s->capture_us;
    else if (strcmp(property, "TickCostP99USec") == 0)
        v = status_p99_us(b->config.status);
    else
        v = s->missed_ticks;
    return sd_bus_message_append(reply, "t", v);
}

// ---- Methods -----------------------------------------------------------------------------------

typedef struct {
    bus_t *b;
    sd_bus_message *call;
} question_t;

static void question_free(void *p)
{
    question_t *q = p;

    q->b->asked--;
    sd_bus_message_unref(q->call);
    free(q);
}

static int answer_why(bus_t *b, sd_bus_message *call, const bus_asker_t *a)
{
    user_t *user = users_get(&b->users, a->uid);

    if (!user || (user->whys++ >= WHYS_OF_ONE && a->uid != 0) || b->whys++ >= WHYS_AT_ONCE)
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_LIMITS_EXCEEDED,
                "too many questions at once: ask again in a second");
    return bus_answer_why(b, call, a);
}

static int on_credentials(sd_bus_message *m, void *user, sd_bus_error *error)
{
    question_t *q = user;
    bus_asker_t a;

    (void) error;
    if (sd_bus_message_is_method_error(m, NULL) || bus_asker_read(q->b, m, &a) < 0)
        return sd_bus_reply_method_errnof(q->call, EACCES, "the bus does not say who asks");
    if (sd_bus_message_is_method_call(q->call, BUS_NAME, "ListTagged"))
        return bus_answer_tagged(q->b, q->call, &a);
    if (sd_bus_message_is_method_call(q->call, BUS_NAME, "GetProcess"))
        return bus_answer_process(q->b, q->call, &a);
    return answer_why(q->b, q->call, &a);
}

// Any method: asks the bus, without waiting, who it is that calls.
static int on_method(sd_bus_message *call, void *user, sd_bus_error *error)
{
    bus_t *b = user;
    sd_bus_slot *slot = NULL;
    sd_bus_message *ask = NULL;
    question_t *q;
    int r;

    if (b->asked >= ASKED_AT_ONCE)
        return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                "too many questions at once: ask again in a second");
    q = malloc(sizeof(*q));
    if (!q)
        return -ENOMEM;
    *q = (question_t){.b = b, .call = sd_bus_message_ref(call)};
    b->asked++;
    r = sd_bus_message_new_method_call(b->bus, &ask, "org.freedesktop.DBus",
            "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionCredentials");
    if (r >= 0)
        r = sd_bus_message_append(ask, "s", sd_bus_message_get_sender(call));
    if (r >= 0)
        r = sd_bus_call_async(b->bus, &slot, ask, on_credentials, q, ASK_US);
    sd_bus_message_unref(ask);
    if (r < 0) {
        question_free(q);
        return r;
    }
    sd_bus_slot_set_destroy_callback(slot, question_free);
    sd_bus_slot_set_floating(slot, true);
    sd_bus_slot_unref(slot);
    return 1;
}

// ---- The object --------------------------------------------------------------------------------

#define CHANGES_ SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

const sd_bus_vtable bus_vtable[] = {SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("UptimeUSec", "t", get_own, 0, 0),
        SD_BUS_PROPERTY("TickCostUSec", "t", get_own, 0, 0),
        SD_BUS_PROPERTY("TickCostP99USec", "t", get_own, 0, 0),
        SD_BUS_PROPERTY("TicksMissed", "t", get_own, 0, 0),
        SD_BUS_PROPERTY("Processes", "u", get_figure, 0, CHANGES_),
        SD_BUS_PROPERTY("Subscribers", "u", get_figure, 0, CHANGES_),
        SD_BUS_PROPERTY("Leaking", "u", get_figure, 0, CHANGES_),
        SD_BUS_PROPERTY("Suspected", "u", get_figure, 0, CHANGES_),
        SD_BUS_PROPERTY("Spiking", "u", get_figure, 0, CHANGES_),
        SD_BUS_PROPERTY("Zombies", "u", get_figure, 0, CHANGES_),
        SD_BUS_METHOD_WITH_NAMES("ListTagged", NULL, , "aa{sv}", SD_BUS_PARAM(processes), on_method,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_NAMES("GetProcess", "u", SD_BUS_PARAM(pid), "a{sv}",
                SD_BUS_PARAM(process), on_method, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_NAMES("Why", "tt", SD_BUS_PARAM(since_ms) SD_BUS_PARAM(until_ms),
                "a{sv}aa{sv}a(sxx)", SD_BUS_PARAM(change) SD_BUS_PARAM(rows) SD_BUS_PARAM(ledger),
                on_method, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_NAMES("TagSet",
                "uss"
                "a{sv}",
                SD_BUS_PARAM(pid) SD_BUS_PARAM(name) SD_BUS_PARAM(tag) SD_BUS_PARAM(receipt), 0),
        SD_BUS_SIGNAL_WITH_NAMES("TagCleared",
                "uss"
                "a{sv}",
                SD_BUS_PARAM(pid) SD_BUS_PARAM(name) SD_BUS_PARAM(tag) SD_BUS_PARAM(receipt), 0),
        SD_BUS_SIGNAL_WITH_NAMES("Spike",
                "us"
                "a{sv}",
                SD_BUS_PARAM(pid) SD_BUS_PARAM(name) SD_BUS_PARAM(receipt), 0),
        SD_BUS_SIGNAL_WITH_NAMES(
                "OutOfMemory", "ta{sv}", SD_BUS_PARAM(kills) SD_BUS_PARAM(receipt), 0),
        SD_BUS_VTABLE_END};
