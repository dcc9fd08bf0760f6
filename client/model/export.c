#include "client/model/export.h"

#include "common/cleanup.h"
#include <string.h>
#include <strings.h>

// ---- What is no value of a row -----------------------------------------------------------------

static bool of_process(const row_t *r, int64_t value, int64_t *ret)
{
    *ret = value;
    return !(r->flags & ROW_GROUP);
}

bool export_start_time(const row_t *r, int64_t *ret)
{
    return of_process(r, (int64_t) r->id.start_time, ret);
}

bool export_ppid(const row_t *r, int64_t *ret)
{
    return of_process(r, (int64_t) r->ppid, ret) && (r->flags & ROW_PPID_KNOWN) != 0;
}

bool export_uid(const row_t *r, int64_t *ret)
{
    *ret = r->uid;
    return (r->flags & ROW_UID_KNOWN) != 0;
}

bool export_zombies(const row_t *r, int64_t *ret)
{
    *ret = r->zombies;
    return true;
}

bool export_pss_estimated(const row_t *r, int64_t *ret)
{
    *ret = (r->flags & ROW_PSS_ESTIMATED) != 0;
    return row_knows(r, VALUE_PSS);
}

bool export_kernel_thread(const row_t *r, int64_t *ret)
{
    return of_process(r, (r->flags & ROW_KERNEL_THREAD) != 0, ret);
}

static void put_text(datum_t *d, const char *text, size_t len)
{
    d->kind = len > 0 ? DATUM_TEXT : DATUM_UNKNOWN;
    d->text = text;
    d->len = len;
}

static void put_string(const model_t *m, uint32_t id, datum_t *ret)
{
    size_t len = 0;
    const char *s = m->strings ? intern_get(m->strings, id, &len) : "";

    put_text(ret, s, len);
}

void export_name(const model_t *m, const row_t *r, datum_t *ret)
{
    switch (r->flags & ROW_GROUP ? m->grouped_by : GROUP_NONE) {
    case GROUP_USER:
        export_user(m, r, ret);
        break;
    case GROUP_UNIT:
        export_unit(m, r, ret);
        break;
    default:
        put_string(m, r->name, ret);
    }
}

void export_command(const model_t *m, const row_t *r, datum_t *ret)
{
    put_string(m, r->cmdline, ret);
    if (ret->kind != DATUM_TEXT)
        return;
    while (ret->len > 0 && ret->text[ret->len - 1] == '\0')
        ret->len--;
    for (size_t i = 0; i < ret->len; i++)
        ret->buf[i] = ret->text[i] == '\0' ? ' ' : ret->text[i];
    put_text(ret, ret->buf, ret->len);
}

void export_unit(const model_t *m, const row_t *r, datum_t *ret)
{
    put_string(m, r->unit, ret);
}

void export_user(const model_t *m, const row_t *r, datum_t *ret)
{
    const char *name = model_user(m, r);

    put_text(ret, name, name ? strlen(name) : 0);
}

void export_state(const model_t *m, const row_t *r, datum_t *ret)
{
    (void) m;
    ret->buf[0] = r->state;
    put_text(ret, ret->buf, r->state != '\0');
}

void export_basis(const model_t *m, const row_t *r, datum_t *ret)
{
    const char *basis = r->from_rss == 0 ? "pss" : (r->from_pss == 0 ? "rss" : "pss+rss");

    (void) m;
    put_text(ret, basis, r->from_pss + r->from_rss > 0 ? strlen(basis) : 0);
}

void export_tags(const model_t *m, const row_t *r, datum_t *ret)
{
    (void) m;
    ret->kind = DATUM_TAGS;
    ret->tags = r->tags;
}

// ---- Columns -----------------------------------------------------------------------------------

const char *export_key(column_id_t id, group_kind_t kind)
{
    if (kind == GROUP_NONE)
        return columns[id].out.key;
    return id == COLUMN_NAME ? group_kind_names[kind] : columns[id].out.group_key;
}

static void put_number(datum_t *d, column_as_t as, int64_t value)
{
    d->kind = as == COLUMN_AS_PERMILLE || as == COLUMN_AS_MS ? DATUM_NUMBER : DATUM_INTEGER;
    d->integer = value;
    switch (as) {
    case COLUMN_AS_KB:
        d->integer = value * 1024;
        break;
    case COLUMN_AS_PERMILLE:
        d->number = (double) value / 10;
        d->decimals = 1;
        break;
    case COLUMN_AS_MS:
        d->number = (double) value / 1000;
        d->decimals = 3;
        break;
    case COLUMN_AS_FLAG:
        d->kind = DATUM_FLAG;
        break;
    default:
        break;
    }
}

void export_value(column_id_t id, const model_t *m, const row_t *r, datum_t *ret)
{
    const column_t *c = &columns[id];
    value_t v = c->value;
    int64_t number;

    ret->kind = DATUM_UNKNOWN;
    if (c->out.text) {
        c->out.text(m, r, ret);
    } else if (c->out.number) {
        if (c->out.number(r, &number))
            put_number(ret, c->out.as, number);
    } else {
        if (v == VALUE_PID && r->flags & ROW_GROUP)
            v = VALUE_COUNT;
        if (row_knows(r, v))
            put_number(ret, c->out.as, r->values[v]);
    }
}

static bool is_stem(const char *key, const char *name)
{
    static const char *const units[] = {"_bytes", "_percent", "_bytes_per_second",
            "_bytes_per_minute", "_per_second", "_seconds"};
    size_t len = strlen(name);

    if (strncasecmp(key, name, len) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (strcmp(key + len, units[i]) == 0)
            return true;
    return false;
}

column_id_t export_find(const char *name, group_kind_t kind)
{
    column_id_t by_stem = COLUMN_MAX, by_title = COLUMN_MAX;

    for (column_id_t id = 0; id < COLUMN_MAX; id++) {
        const char *key = export_key(id, kind), *title = column_title(id, kind, false);

        if (!key)
            continue;
        if (strcasecmp(key, name) == 0)
            return id;
        if (by_stem == COLUMN_MAX && is_stem(key, name))
            by_stem = id;
        if (by_title == COLUMN_MAX &&
                ((title && strcasecmp(title, name) == 0) ||
                        (columns[id].sort_name && strcasecmp(columns[id].sort_name, name) == 0)))
            by_title = id;
    }
    return by_stem != COLUMN_MAX ? by_stem : by_title;
}
