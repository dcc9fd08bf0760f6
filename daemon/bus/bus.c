#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "daemon/bus/bus_private.h"

#include <errno.h>

#define RETRY_US (5 * USEC_PER_SEC)

const char *const bus_figure_names[FIGURES] = {[FIGURE_PROCESSES] = "Processes",
        [FIGURE_SUBSCRIBERS] = "Subscribers",
        [FIGURE_LEAKING] = "Leaking",
        [FIGURE_SUSPECTED] = "Suspected",
        [FIGURE_SPIKING] = "Spiking",
        [FIGURE_ZOMBIES] = "Zombies"};

bus_figures_t bus_figures(const bus_t *b)
{
    const system_snapshot_t *y = &capture_current(engine_capture(b->config.engine))->system;
    const tags_counts_t *n = tags_counts(engine_tags(b->config.engine));

    return (bus_figures_t){.of = {[FIGURE_PROCESSES] = (uint32_t) y->processes,
                                   [FIGURE_SUBSCRIBERS] = b->config.subscribers(b->config.user),
                                   [FIGURE_LEAKING] = (uint32_t) n->leaking,
                                   [FIGURE_SUSPECTED] = (uint32_t) n->suspected,
                                   [FIGURE_SPIKING] = (uint32_t) n->spiking,
                                   [FIGURE_ZOMBIES] = (uint32_t) n->zombies}};
}

// ---- The connection ----------------------------------------------------------------------------

static int on_name(sd_bus_message *m, void *user, sd_bus_error *error)
{
    bus_t *b = user;
    const sd_bus_error *e = sd_bus_message_get_error(m);
    uint32_t answer = 0;

    (void) error;
    if (!e && sd_bus_message_read(m, "u", &answer) >= 0 && (answer == 1 || answer == 4))
        return 1;
    if (!b->said)
        log_warning("not on the bus as " BUS_NAME ": %s",
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
        r = sd_bus_add_object_vtable(b->bus, NULL, BUS_PATH, BUS_NAME, bus_vtable, b);
    if (r >= 0)
        r = sd_bus_request_name_async(b->bus, NULL, BUS_NAME, 0, on_name, b);
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
    const bus_figures_t now = bus_figures(b);
    char *changed[FIGURES + 1] = {NULL};
    size_t n = 0;

    for (size_t i = 0; i < FIGURES; i++)
        if (b->told.of[i] != now.of[i])
            changed[n++] = (char *) (uintptr_t) bus_figure_names[i]; // only read
    b->told = now;
    if (n > 0)
        sd_bus_emit_properties_changed_strv(b->bus, BUS_PATH, BUS_NAME, changed);
}

void bus_tick(bus_t *b)
{
    b->whys = 0;
    users_tick(&b->users, clock_monotonic_us());
    if (b->bus && sd_bus_is_open(b->bus) <= 0)
        disconnect(b);
    if (!b->bus && clock_monotonic_us() >= b->retry_us)
        connect_to_bus(b);
    if (is_open(b))
        tell_figures(b);
}

void bus_event(bus_t *b, const event_t *e)
{
    if (is_open(b))
        bus_signal(b, e);
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
    users_done(&b->users);
    sd_event_unref(b->loop);
    free(b);
}
