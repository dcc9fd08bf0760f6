#include "client/app/actions.h"

#include "common/cleanup.h"
#include "common/text.h"
#include <stdio.h>
#include <string.h>

// Receipts change slowly, and each costs a look at the process's memory map.
#define RECEIPT_MS 10000

static const row_t *tagged_row(const app_t *a)
{
    const row_t *row =
            a->view == VIEW_LIST && !a->stale ? list_selected(&a->list, &a->model) : NULL;

    return row && row->tags && !(row->flags & ROW_GROUP) ? row : NULL;
}

static void ask(app_t *a, identity_t id)
{
    if (a->requests.inspect)
        a->requests.inspect(a->requests.user, id.pid, id.start_time);
}

void receipt_forget(app_t *a)
{
    a->receipt_of = (identity_t){0};
    a->receipt[0] = '\0';
    a->receipt_awaited = false;
}

void receipt_ask(app_t *a)
{
    const row_t *row = tagged_row(a);

    if (!row || a->inspect) {
        if (a->receipt_awaited && !a->inspect)
            ask(a, (identity_t){0});
        receipt_forget(a);
        return;
    }
    if (identity_equal(row->id, a->receipt_of) && a->now_ms < a->receipt_ms + RECEIPT_MS)
        return;
    if (!identity_equal(row->id, a->receipt_of))
        receipt_forget(a);
    a->receipt_of = row->id;
    a->receipt_ms = a->now_ms;
    a->receipt_awaited = true;
    ask(a, row->id);
}

static void add(app_t *a, const char *tag, const text_view_t *text)
{
    size_t at = strlen(a->receipt), word;
    char safe[UI_MESSAGE_MAX];

    if (text->len == 0)
        return;
    text_sanitize(safe, sizeof(safe), text->data, text->len, a->utf8);
    // Most receipts begin with their tag.
    word = strspn(safe, "ABCDEFGHIJKLMNOPQRSTUVWXYZ?");
    if (word > 0 && safe[word] == ':')
        snprintf(a->receipt + at, sizeof(a->receipt) - at, "%s%s", at ? "; " : "", safe);
    else
        snprintf(a->receipt + at, sizeof(a->receipt) - at, "%s%s: %s", at ? "; " : "", tag, safe);
}

void receipt_details(app_t *a, const details_message_t *d)
{
    const tag_info_t *t;
    const row_t *row;

    if (!a->receipt_awaited || a->receipt_of.pid != d->pid ||
            a->receipt_of.start_time != d->start_time)
        return;
    row = model_find(&a->model, a->receipt_of);
    a->receipt_awaited = false;
    a->receipt[0] = '\0';
    ask(a, (identity_t){0});
    if (!row)
        return;
    for (uint32_t left = row->tags; (t = tags_urgent(left)) != NULL; left &= ~tags_sharing(t))
        add(a, tag_word(t->tag), tag_receipt(t, d));
    a->dirty = true;
}
