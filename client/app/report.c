#include "client/app/actions.h"

#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REPORT_MAX 2048

typedef struct {
    char text[REPORT_MAX];
    size_t len;
} report_t;

__attribute__((format(printf, 2, 3))) static void say(report_t *r, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(r->text + r->len, sizeof(r->text) - r->len, format, args);
    va_end(args);
    if (n > 0)
        r->len = MIN(r->len + (size_t) n, sizeof(r->text) - 1);
}

static void say_kb(report_t *r, const row_t *row, const char *title, value_t v, const char *sign)
{
    char amount[FORMAT_MAX];

    if (row_knows(row, v))
        say(r, ", %s %s%s", title, sign,
                format_kb(amount, sizeof(amount), (uint64_t) row->values[v]));
    else
        say(r, ", %s -", title);
}

static void say_change(report_t *r, const row_t *row, const char *title, value_t v, const char *per)
{
    char amount[FORMAT_MAX];

    if (row_knows(row, v))
        say(r, ", %s %s%s", title, format_delta_kb(amount, sizeof(amount), row->values[v]), per);
    else
        say(r, ", %s -", title);
}

static void say_figures(report_t *r, const row_t *row)
{
    say_kb(r, row, row->flags & ROW_GROUP ? "MEM" : "RSS", VALUE_MEM, "");
    say_kb(r, row, "PSS", VALUE_PSS, row->flags & ROW_PSS_ESTIMATED ? "~" : "");
    say_kb(r, row, "SWAP", VALUE_SWAP, "");
    say_change(r, row, "DELTA", VALUE_DELTA, "");
    say_change(r, row, "RATE", VALUE_RATE, "/min");
}

static void say_tags(report_t *r, uint32_t tags)
{
    const char *before = ", ";
    const tag_info_t *t;

    for (; (t = tags_urgent(tags)) != NULL; tags &= ~t->tag, before = " ")
        say(r, "%s%s", before, tag_word(t->tag));
}

static void say_receipt(report_t *r, const app_t *a, const text_view_t *t)
{
    char text[UI_MESSAGE_MAX * 2];

    text_sanitize(text, sizeof(text), t->data ? t->data : "", t->len, a->utf8);
    if (text[0])
        say(r, "; %s", text);
}

// Its receipts, as far as the daemon has told them.
static void say_receipts(report_t *r, const app_t *a, const row_t *row)
{
    const details_message_t *d = a->inspect ? &a->inspect->details : NULL;
    const tag_info_t *t;

    if (!a->inspect && a->receipt[0] && identity_equal(a->receipt_of, row->id))
        say(r, "; %s", a->receipt);
    if (!d || !a->inspect->has_details)
        return;
    for (uint32_t left = row->tags; (t = tags_urgent(left)) != NULL; left &= ~tags_sharing(t))
        say_receipt(r, a, tag_receipt(t, d));
}

static void say_who(report_t *r, const app_t *a, const row_t *row)
{
    const char *user = a->inspect ? a->inspect->user : model_user(&a->model, row);
    char name[INSPECT_NAME_MAX], unit[256] = "";

    if (a->inspect) {
        snprintf(name, sizeof(name), "%s", a->inspect->name);
        snprintf(unit, sizeof(unit), "%s", a->inspect->unit ? a->inspect->unit : "");
    } else {
        model_name(&a->model, row, name, sizeof(name));
        model_string(&a->model, row->unit, unit, sizeof(unit));
    }
    if (row->flags & ROW_GROUP)
        say(r, "%lld processes", (long long) row->values[VALUE_COUNT]);
    else
        say(r, "PID %llu", (unsigned long long) row->id.pid);
    if (name[0])
        say(r, " %s", name);
    if (user && user[0] && (!(row->flags & ROW_GROUP) || row->flags & ROW_UID_KNOWN))
        say(r, ", user %s", user);
    if (unit[0])
        say(r, ", unit %s", unit);
    if (a->inspect && a->inspect->exited)
        say(r, ", has exited");
}

void report_copy(app_t *a)
{
    const row_t *row = a->inspect ? &a->inspect->row : list_selected(&a->list, &a->model);
    report_t r = {0};

    if (!row)
        return;
    say_who(&r, a, row);
    say_figures(&r, row);
    say_tags(&r, row->tags);
    say_receipts(&r, a, row);
    free(a->clipboard);
    a->clipboard = strdup(r.text);
    app_say(a, a->clipboard ? "copied" : "out of memory");
}
