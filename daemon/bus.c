#include "daemon/bus.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/text.h"
#include "config.h"
#include "daemon/bus_answer.h"
#include "daemon/forensics/receipts.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define NAME          "org.memscope1"
#define PATH          "/org/memscope1"
#define RETRY_US      (5 * USEC_PER_SEC)
#define ASK_US        (10 * USEC_PER_SEC)
#define ASKED_AT_ONCE 32 // callers whose rights are being found out

// What a change signal was last sent for.
typedef struct {
    uint32_t processes, subscribers, leaking, suspected, spiking, zombies;
} figures_t;

struct bus {
    sd_event *loop;
    bus_config_t config;
    audience_policy_t policy;
    sd_bus *bus;
    uint64_t retry_us;
    unsigned asked;
    figures_t told;
    uint64_t oom_kills;
    bool has_oom_kills, said;
};

static figures_t figures(const bus_t *b)
{
    const tags_counts_t *n = tags_counts(engine_tags(b->config.engine));

    return (figures_t){
            .processes =
                    (uint32_t) capture_current(engine_capture(b->config.engine))->system.processes,
            .subscribers = b->config.subscribers(b->config.user),
            .leaking = (uint32_t) n->leaking,
            .suspected = (uint32_t) n->suspected,
            .spiking = (uint32_t) n->spiking,
            .zombies = (uint32_t) n->zombies};
}

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
    const figures_t f = figures(user);
    const struct {
        const char *name;
        uint32_t value;
    } all[] = {{"Processes", f.processes}, {"Subscribers", f.subscribers}, {"Leaking", f.leaking},
            {"Suspected", f.suspected}, {"Spiking", f.spiking}, {"Zombies", f.zombies}};

    (void) bus, (void) path, (void) interface, (void) error;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (strcmp(all[i].name, property) == 0)
            return sd_bus_message_append(reply, "u", all[i].value);
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

// ---- Who asks ----------------------------------------------------------------------------------

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

static int read_groups(sd_bus_message *m, gid_t group, bool *ret_in_group)
{
    const void *ids;
    size_t size;
    int r = sd_bus_message_enter_container(m, 'v', "au");

    if (r > 0)
        r = sd_bus_message_read_array(m, 'u', &ids, &size);
    for (size_t i = 0; r > 0 && i < size / sizeof(uint32_t); i++)
        if (((const uint32_t *) ids)[i] == group && group != (gid_t) -1)
            *ret_in_group = true;
    return r < 0 ? r : sd_bus_message_exit_container(m);
}

// RIGHTS_* of whom the bus describes; nothing but what is public where it does not say enough.
static int read_rights(const bus_t *b, sd_bus_message *m, unsigned *ret)
{
    bool in_group = false;
    uint32_t uid = UINT32_MAX;
    const char *key;
    int r = sd_bus_message_enter_container(m, 'a', "{sv}");

    while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        r = sd_bus_message_read(m, "s", &key);
        if (r >= 0 && strcmp(key, "UnixUserID") == 0)
            r = sd_bus_message_read(m, "v", "u", &uid);
        else if (r >= 0 && strcmp(key, "UnixGroupIDs") == 0)
            r = read_groups(m, b->policy.group, &in_group);
        else if (r >= 0)
            r = sd_bus_message_skip(m, "v");
        if (r >= 0)
            r = sd_bus_message_exit_container(m);
    }
    *ret = uid == 0 || in_group ? RIGHTS_ALL : b->policy.hidepid ? RIGHTS_HIDEPID : RIGHTS_OWN;
    return r;
}

static int on_credentials(sd_bus_message *m, void *user, sd_bus_error *error)
{
    question_t *q = user;
    unsigned rights;
    int r;

    (void) error;
    if (sd_bus_message_is_method_error(m, NULL) || read_rights(q->b, m, &rights) < 0)
        return sd_bus_reply_method_errnof(q->call, EACCES, "the bus does not say who asks");
    if (sd_bus_message_is_method_call(q->call, NAME, "ListTagged"))
        r = bus_answer_tagged(q->call, q->b->config.engine, rights);
    else
        r = bus_answer_process(q->call, q->b->config.engine, rights);
    return r;
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
        return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "too many at once: ask again");
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

static const sd_bus_vtable vtable[] = {SD_BUS_VTABLE_START(0),
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

static int on_name(sd_bus_message *m, void *user, sd_bus_error *error)
{
    bus_t *b = user;
    const sd_bus_error *e = sd_bus_message_get_error(m);
    uint32_t answer = 0;

    (void) error;
    if (!e && sd_bus_message_read(m, "u", &answer) >= 0 && (answer == 1 || answer == 4))
        return 1;
    if (!b->said)
        log_warning("not on the bus as " NAME ": %s",
                e && e->message ? e->message : "another one has the name");
    b->said = true;
    return 1;
}

static void disconnect(bus_t *b)
{
    b->bus = sd_bus_close_unref(b->bus);
    b->retry_us = clock_monotonic_us() + RETRY_US;
}

static void connect_to_bus(bus_t *b)
{
    int r = sd_bus_open_system(&b->bus);

    if (r >= 0)
        r = sd_bus_set_exit_on_disconnect(b->bus, false);
    if (r >= 0)
        r = sd_bus_attach_event(b->bus, b->loop, SD_EVENT_PRIORITY_NORMAL);
    if (r >= 0)
        r = sd_bus_add_object_vtable(b->bus, NULL, PATH, NAME, vtable, b);
    if (r >= 0)
        r = sd_bus_request_name_async(b->bus, NULL, NAME, 0, on_name, b);
    if (r < 0)
        disconnect(b);
}

// ---- Telling -----------------------------------------------------------------------------------

static bool is_open(const bus_t *b)
{
    return b->bus && sd_bus_is_ready(b->bus) > 0;
}

static void tell_figures(bus_t *b)
{
    const figures_t now = figures(b);
    const struct {
        const char *name;
        uint32_t before, now;
    } all[] = {{"Processes", b->told.processes, now.processes},
            {"Subscribers", b->told.subscribers, now.subscribers},
            {"Leaking", b->told.leaking, now.leaking},
            {"Suspected", b->told.suspected, now.suspected},
            {"Spiking", b->told.spiking, now.spiking}, {"Zombies", b->told.zombies, now.zombies}};
    char *changed[ARRAY_SIZE(all) + 1], names[ARRAY_SIZE(all)][16];
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (all[i].before == all[i].now)
            continue;
        strcpy(names[n], all[i].name);
        changed[n] = names[n];
        n++;
    }
    changed[n] = NULL;
    b->told = now;
    if (n > 0)
        sd_bus_emit_properties_changed_strv(b->bus, PATH, NAME, changed);
}

// Everybody on the bus hears a signal: with hidepid in force that would be too many.
static bool may_tell(const bus_t *b)
{
    return is_open(b) && !b->policy.hidepid;
}

static void tell_oom(bus_t *b)
{
    const system_snapshot_t *s = &capture_current(engine_capture(b->config.engine))->system;
    uint64_t kills;

    if (!SYSTEM_KNOWN(s, oom_kill))
        return;
    kills = b->has_oom_kills && s->oom_kill > b->oom_kills ? s->oom_kill - b->oom_kills : 0;
    b->oom_kills = s->oom_kill;
    b->has_oom_kills = true;
    if (kills > 0 && is_open(b))
        sd_bus_emit_signal(b->bus, PATH, NAME, "OutOfMemory", "ta{sv}", kills, 3, "time_ms", "t",
                s->real_ms, "available_bytes", "t", s->mem_available_kb * 1024, "swap_free_bytes",
                "t", s->swap_free_kb * 1024);
}

void bus_tick(bus_t *b)
{
    if (b->bus && sd_bus_is_open(b->bus) <= 0)
        disconnect(b);
    if (!b->bus && clock_monotonic_us() >= b->retry_us)
        connect_to_bus(b);
    tell_oom(b);
    if (is_open(b))
        tell_figures(b);
}

void bus_tag(bus_t *b, const event_t *e)
{
    const char *tag = receipts_tag_name(e->tag);
    bool set = e->kind == EVENT_SET, spike = set && e->tag == TAG_SPIKE;
    uint32_t pid = (uint32_t) e->pid;
    sd_bus_message *m = NULL;
    char name[96];

    if (!tag || !may_tell(b))
        return;
    text_sanitize(name, sizeof(name), e->name, e->name_len, true);
    for (int i = 0; i <= spike; i++) {
        int r = sd_bus_message_new_signal(b->bus, &m, PATH, NAME,
                i     ? "Spike"
                : set ? "TagSet"
                      : "TagCleared");

        if (r >= 0)
            r = i ? sd_bus_message_append(m, "us", pid, name)
                  : sd_bus_message_append(m, "uss", pid, name, tag);
        if (r >= 0)
            r = bus_append_receipt(m, b->config.engine, e);
        if (r >= 0)
            sd_bus_send(b->bus, m, NULL);
        m = sd_bus_message_unref(m);
    }
}

// ---- Life --------------------------------------------------------------------------------------

int bus_new(bus_t **ret, sd_event *loop, const bus_config_t *config)
{
    bus_t *b = calloc(1, sizeof(*b));

    if (!b)
        return -ENOMEM;
    b->loop = sd_event_ref(loop);
    b->config = *config;
    audience_policy_init(&b->policy, config->group, config->proc_root);
    *ret = b;
    return 0;
}

void bus_free(bus_t *b)
{
    if (!b)
        return;
    sd_bus_flush_close_unref(b->bus);
    sd_event_unref(b->loop);
    free(b);
}
