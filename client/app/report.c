#include "client/app/actions.h"

#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include <stdlib.h>
#include <string.h>

#define REPORT_MAX 2048

static void say_kb(line_t *l, const row_t *row, const char *title, value_t v, const char *sign)
{
    char amount[FORMAT_MAX];

    if (row_knows(row, v))
        line_add(l, ", %s %s%s", title, sign,
                format_kb(amount, sizeof(amount), (uint64_t) row->values[v]));
    else
        line_add(l, ", %s -", title);
}

static void say_change(line_t *l, const row_t *row, const char *title, value_t v, const char *per)
{
    char amount[FORMAT_MAX];

    if (row_knows(row, v))
        line_add(l, ", %s %s%s", title, format_delta_kb(amount, sizeof(amount), row->values[v]),
                per);
    else
        line_add(l, ", %s -", title);
}

static void say_figures(line_t *l, const row_t *row)
{
    say_kb(l, row, row->flags & ROW_GROUP ? "MEM" : "RSS", VALUE_MEM, "");
    say_kb(l, row, "PSS", VALUE_PSS, row->flags & ROW_PSS_ESTIMATED ? "~" : "");
    say_kb(l, row, "SWAP", VALUE_SWAP, "");
    say_change(l, row, "DELTA", VALUE_DELTA, "");
    say_change(l, row, "RATE", VALUE_RATE, "/min");
}

static void say_tags(line_t *l, uint32_t tags)
{
    const char *before = ", ";
    const tag_info_t *t;

    for (; (t = tags_urgent(tags)) != NULL; tags &= ~t->tag, before = " ")
        line_add(l, "%s%s", before, tag_word(t->tag));
}

static void say_receipt(line_t *l, const app_t *a, const text_view_t *t)
{
    char text[UI_MESSAGE_MAX * 2];

    text_sanitize(text, sizeof(text), t->data ? t->data : "", t->len, a->utf8);
    if (text[0])
        line_add(l, "; %s", text);
}

// Its receipts, as far as the daemon has told them.
static void say_receipts(line_t *l, const app_t *a, const row_t *row)
{
    const details_message_t *d = a->inspect ? &a->inspect->details : NULL;
    const tag_info_t *t;

    if (!a->inspect && a->receipt[0] && identity_equal(a->receipt_of, row->id))
        line_add(l, "; %s", a->receipt);
    if (!d || !a->inspect->has_details)
        return;
    for (uint32_t left = row->tags; (t = tags_urgent(left)) != NULL; left &= ~tags_sharing(t))
        say_receipt(l, a, tag_receipt(t, d));
}

static void say_who(line_t *l, const app_t *a, const row_t *row)
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
        line_add(l, "%lld processes", (long long) row->values[VALUE_COUNT]);
    else
        line_add(l, "PID %llu", (unsigned long long) row->id.pid);
    if (name[0])
        line_add(l, " %s", name);
    if (user && user[0] && (!(row->flags & ROW_GROUP) || row->flags & ROW_UID_KNOWN))
        line_add(l, ", user %s", user);
    if (unit[0])
        line_add(l, ", unit %s", unit);
    if (a->inspect && a->inspect->exited)
        line_add(l, ", has exited");
}

void report_copy(app_t *a)
{
    const row_t *row = a->inspect ? &a->inspect->row : list_selected(&a->list, &a->model);
    char text[REPORT_MAX] = "";
    line_t line = {.buf = text, .cap = sizeof(text)};

    if (!row)
        return;
    say_who(&line, a, row);
    say_figures(&line, row);
    say_tags(&line, row->tags);
    say_receipts(&line, a, row);
    free(a->clipboard);
    a->clipboard = strdup(text);
    app_say(a, a->clipboard ? "copied to the clipboard of the terminal" : "out of memory");
}
