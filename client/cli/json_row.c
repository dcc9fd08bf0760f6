#include "client/cli/json_row.h"

#include <string.h>

static json_t *tags_array(uint32_t set)
{
    json_t *array = json_new_array();
    const tag_info_t *t;

    for (; (t = tags_urgent(set)) != NULL; set &= ~t->tag)
        json_append(array, json_text(tag_word(t->tag), strlen(tag_word(t->tag))));
    return array;
}

static void put_datum(json_t *o, const char *key, const datum_t *d)
{
    switch (d->kind) {
    case DATUM_UNKNOWN:
        break;
    case DATUM_INTEGER:
        json_put_int(o, key, d->integer);
        break;
    case DATUM_NUMBER:
        json_put_number(o, key, d->number, d->decimals);
        break;
    case DATUM_FLAG:
        json_put_bool(o, key, d->integer != 0);
        break;
    case DATUM_TEXT:
        json_put_bytes(o, key, d->text, d->len);
        break;
    case DATUM_TAGS:
        json_put(o, key, tags_array(d->tags));
        break;
    }
}

void json_put_cell(json_t *o, const model_t *m, const row_t *row, group_kind_t kind, column_id_t id)
{
    const char *key = export_key(id, kind);
    datum_t d;

    if (!key)
        return;
    export_value(id, m, row, &d);
    put_datum(o, key, &d);
}

void json_put_row(json_t *o, const model_t *m, const row_t *process)
{
    for (column_id_t id = 0; id < COLUMN_MAX; id++)
        json_put_cell(o, m, process, GROUP_NONE, id);
}
