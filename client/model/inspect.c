#include "client/model/inspect.h"

#include "common/cleanup.h"
#include "common/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t) 4096)

const unsigned inspect_spans[] = {64, 2 * 60, 10 * 60, 3600, 24 * 3600};
const unsigned n_inspect_spans = ARRAY_SIZE(inspect_spans);

int inspect_new(inspect_t **ret, identity_t id)
{
    inspect_t *i = calloc(1, sizeof(*i));

    if (!i)
        return -ENOMEM;
    i->id = id;
    series_reset(&i->series, (uint64_t) inspect_spans[0] * 1000);
    *ret = i;
    return 0;
}

void inspect_free(inspect_t *i)
{
    if (!i)
        return;
    free(i->unit);
    free(i->command);
    free(i->texts);
    free(i);
}

static void keep(char **text, const char *value)
{
    char *copy;

    if (!value[0] || (*text && strcmp(*text, value) == 0))
        return;
    copy = strdup(value);
    if (!copy)
        return;
    free(*text);
    *text = copy;
}

static void keep_texts(inspect_t *i, const model_t *m)
{
    const char *user = model_user(m, &i->row);
    char buf[INTERN_MAX_LEN + 64];

    model_name(m, &i->row, i->name, sizeof(i->name));
    snprintf(i->user, sizeof(i->user), "%s", user ? user : "");
    keep(&i->unit, model_string(m, i->row.unit, buf, sizeof(buf)));
    keep(&i->command, model_command(m, &i->row, buf, sizeof(buf)));
}

void inspect_update(inspect_t *i, const model_t *m, const snapshot_t *s)
{
    const row_t *row = model_find(m, i->id);
    uint64_t rss_kb;

    i->system = m->system;
    if (!row) {
        // Of one that was dead before anybody looked, others know when.
        if (!i->exited && i->last.known)
            i->exited_ms = m->system.mono_ms;
        i->exited = true;
        return;
    }
    i->exited = false;
    // A zombie has given everything back: what it had before are its last figures.
    if (row->state == 'Z' && i->last.known) {
        i->row.state = 'Z';
        i->row.tags = row->tags;
        return;
    }
    i->row = *row;
    keep_texts(i, m);
    i->last = s->processes[row->slot];
    if (SYSTEM_KNOWN(&m->system, mono_ms) && snapshot_rss_kb(&i->last, &rss_kb))
        series_add(&i->series, (series_point_t){m->system.mono_ms, (int64_t) rss_kb});
}

static bool is_text(const message_field_t *f)
{
    return f->kind == MESSAGE_KIND_TEXT || f->kind == MESSAGE_KIND_BYTES;
}

static text_view_t *text_of(details_message_t *d, const message_field_t *f)
{
    return (text_view_t *) (void *) ((char *) d + f->offset);
}

static void take_text(text_view_t *text, char **at)
{
    size_t len = MIN(text->len, TEXT_MAX);

    if (len > 0)
        memcpy(*at, text->data, len);
    text->data = *at;
    text->len = len;
    *at += len;
}

bool inspect_details(inspect_t *i, const details_message_t *d)
{
    details_message_t copy = *d;
    const message_info_t *info = message_info(MESSAGE_DETAILS);
    size_t len = 1;
    char *buf, *at;

    if (!d->has.pid || d->pid != i->id.pid ||
            (d->has.start_time && d->start_time != i->id.start_time))
        return false;
    for (size_t f = 0; f < info->n_fields; f++)
        len += is_text(&info->fields[f]) ? MIN(text_of(&copy, &info->fields[f])->len, TEXT_MAX) : 0;
    buf = at = malloc(len);
    if (!buf)
        return false;
    for (size_t f = 0; f < info->n_fields; f++)
        if (is_text(&info->fields[f]))
            take_text(text_of(&copy, &info->fields[f]), &at);
    free(i->texts);
    i->texts = buf;
    i->details = copy;
    i->has_details = true;
    if (copy.has.exited_ms) {
        i->exited = true;
        i->exited_ms = copy.exited_ms;
    }
    if (copy.has.name && !i->name[0])
        text_name(i->name, sizeof(i->name), copy.name.data, copy.name.len, true);
    return true;
}

bool inspect_history(inspect_t *i, const history_message_t *h)
{
    if (i->request == 0 || !h->has.request || h->request != i->request)
        return false;
    i->request = 0;
    if (h->pid != i->id.pid || h->start_time != i->id.start_time)
        return false;
    return series_merge(&i->series, h) == 0;
}

bool inspect_zoom(inspect_t *i, int steps)
{
    int span = MIN(MAX((int) i->span + steps, 0), (int) n_inspect_spans - 1);

    if (span == (int) i->span)
        return false;
    i->span = (unsigned) span;
    // What is there stays until the history comes.
    i->series.span_ms = (uint64_t) inspect_spans[span] * 1000;
    return true;
}
