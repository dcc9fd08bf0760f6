#include "daemon/journal.h"
#include "common/log.h"
#include "common/text.h"
#include "daemon/forensics/receipts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#define CLEAN_MAX 96 // bytes of a name

#define TAG_SET_ID SD_ID128_MAKE_STR(3a, d1, 34, b7, ef, d5, 4e, b8, b4, be, ac, ac, 7f, af, 85, c7)
#define OOM_KILL_ID \
    SD_ID128_MAKE_STR(77, 0b, 2f, 85, 9a, 4f, 41, 69, 89, 64, 64, 10, 66, f4, 01, eb)
#define TAG_CLEARED_ID \
    SD_ID128_MAKE_STR(4b, c4, 4d, 9d, 94, b2, 4d, 73, 91, 3b, 98, 33, 0a, 9e, 6d, 0a)
#define FIELDS_MAX 12

static void send_fields(const char *message, const char *id, int priority, const char *receipt,
        const char *const *more, size_t n)
{
    char first[4][EVENT_TEXT_MAX + 256];
    struct iovec fields[FIELDS_MAX];
    size_t used = 0;

    if (!getenv("JOURNAL_STREAM")) {
        log_info("%s", message);
        return;
    }
    snprintf(first[0], sizeof(first[0]), "MESSAGE=%s", message);
    snprintf(first[1], sizeof(first[1]), "MESSAGE_ID=%s", id);
    snprintf(first[2], sizeof(first[2]), "PRIORITY=%d", priority);
    snprintf(first[3], sizeof(first[3]), "MEMSCOPE_RECEIPT=%s", receipt);
    for (size_t i = 0; i < 4; i++)
        fields[used++] = (struct iovec){first[i], strlen(first[i])};
    for (size_t i = 0; i < n && used < FIELDS_MAX; i++)
        if (*more[i])
            fields[used++] = (struct iovec){(void *) (uintptr_t) more[i], strlen(more[i])};
    sd_journal_sendv(fields, (int) used);
}

static void say(const event_t *x, const char *id, int priority, const char *tag, const char *state,
        const char *message, const char *name)
{
    char pid[32] = "", start_time[48] = "", named[CLEAN_MAX + 16] = "", tagged[48] = "";
    char of_state[48] = "";

    // Empty fields are none: only what is known of the event is sent.
    if (x->has & EVENT_HAS_PROCESS) {
        snprintf(pid, sizeof(pid), "MEMSCOPE_PID=%llu", (unsigned long long) x->pid);
        snprintf(start_time, sizeof(start_time), "MEMSCOPE_START_TIME=%llu",
                (unsigned long long) x->start_time);
        snprintf(named, sizeof(named), "MEMSCOPE_NAME=%s", name);
    }
    if (tag) {
        snprintf(tagged, sizeof(tagged), "MEMSCOPE_TAG=%s", tag);
        snprintf(of_state, sizeof(of_state), "MEMSCOPE_TAG_STATE=%s", state);
    }
    send_fields(message, id, priority, x->text,
            (const char *[]){pid, start_time, named, tagged, of_state}, 5);
}

char *journal_tag_text(char *buf, size_t cap, uint64_t pid, const char *name, const char *tag,
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

void journal_event(const event_t *x)
{
    const char *tag = receipts_tag_name(x->tag);
    char name[CLEAN_MAX], message[700];

    text_sanitize(name, sizeof(name), x->name, x->name_len, true);
    if (x->kind == EVENT_OOM_KILL) {
        snprintf(message, sizeof(message), "out of memory: %s%s%s", name, *name ? ": " : "",
                x->text);
        say(x, OOM_KILL_ID, LOG_WARNING, NULL, NULL, message, name);
        return;
    }
    if (!tag || (x->kind != EVENT_SET && x->kind != EVENT_CLEARED) ||
            (x->kind == EVENT_CLEARED && x->has & EVENT_ONLY_SUSPECTED))
        return;
    journal_tag_text(message, sizeof(message), x->pid, name, tag, x->kind == EVENT_SET, x->text);
    if (x->kind == EVENT_SET)
        say(x, TAG_SET_ID, LOG_NOTICE, tag, "set", message, name);
    else
        say(x, TAG_CLEARED_ID, LOG_INFO, tag, "cleared", message, name);
}
