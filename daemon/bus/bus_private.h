#ifndef MEMSCOPE_DAEMON_BUS_BUS_PRIVATE_H
#define MEMSCOPE_DAEMON_BUS_BUS_PRIVATE_H

// Shared by the files of this folder: bus.c (connection, and telling), object.c (properties and
// methods), rights.c (who asks), answer.c, why.c and signal.c (what is said).

#include "daemon/bus/bus.h"
#include "daemon/publish/users.h"
#include <systemd/sd-bus.h>

#define BUS_NAME "org.memscope1"
#define BUS_PATH "/org/memscope1"

// Properties that change with a tick, and are told when they do.
typedef enum {
    FIGURE_PROCESSES,
    FIGURE_SUBSCRIBERS,
    FIGURE_LEAKING,
    FIGURE_SUSPECTED,
    FIGURE_SPIKING,
    FIGURE_ZOMBIES,
    FIGURES,
} bus_figure_t;

extern const char *const bus_figure_names[FIGURES];

typedef struct {
    uint32_t of[FIGURES];
} bus_figures_t;

struct bus {
    sd_event *loop;
    bus_config_t config;
    audience_policy_t policy;
    sd_bus *bus;
    uint64_t retry_us;
    unsigned asked, whys; // under way; since the last tick
    users_t users;
    bus_figures_t told; // with the last signal of a change
    bool said;
};

bus_figures_t bus_figures(const bus_t *b);

extern const sd_bus_vtable bus_vtable[];

// ---- Who asks ----------------------------------------------------------------------------------

typedef struct {
    unsigned rights; // RIGHTS_* of protocol/messages.h
    uint32_t uid, gid;
    bool known; // uid and gid are the caller's
} bus_asker_t;

// From the bus's answer to GetConnectionCredentials. 0 or -errno.
int bus_asker_read(const bus_t *b, sd_bus_message *credentials, bus_asker_t *ret);

bool bus_asker_sees(const bus_asker_t *a, owner_t owner);
bool bus_asker_sees_private(const bus_asker_t *a, owner_t owner);
// The same of a living process, which is asked whose it is by now.
bool bus_asker_sees_slot(const bus_t *b, const bus_asker_t *a, uint32_t slot, bool *ret_private);

// ---- What is said ------------------------------------------------------------------------------

// Appends {key: text}, made fit for people: the bus takes UTF-8 only.
int bus_put_text(sd_bus_message *m, const char *key, const char *text, size_t len);

// Answer the call; as sd_bus_send.
int bus_answer_tagged(bus_t *b, sd_bus_message *call, const bus_asker_t *a);
int bus_answer_process(bus_t *b, sd_bus_message *call, const bus_asker_t *a);
int bus_answer_why(bus_t *b, sd_bus_message *call, const bus_asker_t *a);
// Sends `m`, or gives it up where `r` is an error.
int bus_send_or_unref(sd_bus_message *m, int r);

// CLOCK_BOOTTIME to milliseconds since 1970.
uint64_t bus_real_ms(const bus_t *b, uint64_t boot_ms);

// The signals that an event is.
void bus_signal(bus_t *b, const event_t *e);

#endif
