#include "daemon/notify.h"
#include "common/format.h"
#include "common/log.h"
#include "common/text.h"
#include "daemon/forensics/receipts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#define TAG_SET_ID SD_ID128_MAKE_STR(3a, d1, 34, b7, ef, d5, 4e, b8, b4, be, ac, ac, 7f, af, 85, c7)
#define TAG_CLEARED_ID \
    SD_ID128_MAKE_STR(4b, c4, 4d, 9d, 94, b2, 4d, 73, 91, 3b, 98, 33, 0a, 9e, 6d, 0a)

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

char *notify_status_text(
        char *buf, size_t cap, uint64_t processes, uint64_t viewers, uint64_t leaking)
{
    char p[FORMAT_MAX], v[FORMAT_MAX], l[FORMAT_MAX];

    snprintf(buf, cap, "%s process%s, %s viewer%s, %s leaking",
            format_count(p, sizeof(p), processes), processes == 1 ? "" : "es",
            format_count(v, sizeof(v), viewers), viewers == 1 ? "" : "s",
            format_count(l, sizeof(l), leaking));
    return buf;
}

void notify_status(notify_t *n, uint64_t processes, uint64_t viewers, uint64_t leaking)
{
    char text[sizeof(n->status)];

    if (!n->active)
        return;
    notify_status_text(text, sizeof(text), processes, viewers, leaking);
    if (strcmp(text, n->status) == 0)
        return;
    memcpy(n->status, text, sizeof(text));
    sd_notifyf(0, "STATUS=%s", text);
}

char *notify_tag_text(char *buf, size_t cap, uint64_t pid, const char *name, const char *tag,
        bool set, const char *receipt)
{
    size_t len = strlen(tag);

    if (strncmp(receipt, tag, len) == 0) {
        const char *rest = receipt + len + (receipt[len] == '?');
        if (strncmp(rest, ": ", 2) == 0)
            receipt = rest + 2;
    }
    snprintf(buf, cap, "%s (%llu): %s%s%s%s", name, (unsigned long long) pid, tag,
            set ? "" : " cleared", *receipt ? ": " : "", receipt);
    return buf;
}

void notify_tag(const event_t *e)
{
    const char *tag = receipts_tag_name(e->tag);
    char clean[96], message[EVENT_TEXT_MAX + 160];
    bool set = e->kind == EVENT_SET;

    if (!tag)
        return;
    text_sanitize(clean, sizeof(clean), e->name, e->name_len, true);
    notify_tag_text(message, sizeof(message), e->pid, clean, tag, set, e->text);
    if (!getenv("JOURNAL_STREAM")) {
        log_info("%s", message);
        return;
    }
    sd_journal_send("MESSAGE=%s", message, "PRIORITY=%i", set ? LOG_NOTICE : LOG_INFO,
            "MESSAGE_ID=%s", set ? TAG_SET_ID : TAG_CLEARED_ID, "MEMSCOPE_PID=%llu",
            (unsigned long long) e->pid, "MEMSCOPE_START_TIME=%llu",
            (unsigned long long) e->start_time, "MEMSCOPE_NAME=%s", clean, "MEMSCOPE_TAG=%s", tag,
            "MEMSCOPE_TAG_STATE=%s", set ? "set" : "cleared", "MEMSCOPE_RECEIPT=%s", e->text, NULL);
}
