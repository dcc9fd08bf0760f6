#include "daemon/notify.h"
#include "common/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

void notify_init(notify_t *n)
{
    *n = (notify_t){.active = getenv("NOTIFY_SOCKET") != NULL};
}

static void tell(const notify_t *n, const char *state)
{
    if (n->active)
        sd_notify(0, state);
}

void notify_ready(const notify_t *n)
{
    tell(n, "READY=1");
}

void notify_reloading(const notify_t *n)
{
    tell(n, "RELOADING=1");
}

void notify_stopping(const notify_t *n)
{
    tell(n, "STOPPING=1");
}

static void status_text(
        char *buf, size_t cap, uint64_t processes, uint64_t viewers, uint64_t leaking)
{
    char p[FORMAT_MAX], v[FORMAT_MAX], l[FORMAT_MAX];

    snprintf(buf, cap, "%s process%s, %s viewer%s, %s leaking",
            format_count(p, sizeof(p), processes), processes == 1 ? "" : "es",
            format_count(v, sizeof(v), viewers), viewers == 1 ? "" : "s",
            format_count(l, sizeof(l), leaking));
}

void notify_status(notify_t *n, uint64_t processes, uint64_t viewers, uint64_t leaking)
{
    char text[sizeof(n->status)];

    if (!n->active)
        return;
    status_text(text, sizeof(text), processes, viewers, leaking);
    if (strcmp(text, n->status) == 0)
        return;
    memcpy(n->status, text, sizeof(text));
    sd_notifyf(0, "STATUS=%s", text);
}
