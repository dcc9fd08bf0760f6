// Messages and ticks as text, for debugging and tests.

#include "common/cleanup.h"
#include "common/format.h"
#include "common/text.h"
#include "protocol/message.h"
#include "protocol/tick.h"

#include <inttypes.h>
#include <stdio.h>

#define TEXT_MAX 256

static void print_text(line_t *p, text_view_t text)
{
    char safe[TEXT_MAX];

    text_sanitize(safe, sizeof(safe), text.data, text.len, true);
    line_add(p, "\"%s\"", safe);
}

static void print_field(line_t *p, const message_field_t *f, const void *value)
{
    line_add(p, " %s=", f->name);
    switch (f->kind) {
    case MESSAGE_KIND_UINT:
        line_add(p, "%" PRIu64, *(const uint64_t *) value);
        break;
    case MESSAGE_KIND_INT:
        line_add(p, "%" PRId64, *(const int64_t *) value);
        break;
    case MESSAGE_KIND_TEXT:
        print_text(p, *(const text_view_t *) value);
        break;
    case MESSAGE_KIND_BYTES:
        line_add(p, "(%zu bytes)", ((const text_view_t *) value)->len);
        break;
    }
}

size_t message_print(message_type_t type, const message_t *m, char *buf, size_t cap)
{
    const message_info_t *info = message_info(type);
    line_t p = {.buf = buf, .cap = cap};

    if (cap == 0)
        return 0;
    if (!info) {
        line_add(&p, "message %u", (unsigned) type);
        return p.len;
    }
    line_add(&p, "%s", info->name);
    for (size_t i = 0; i < info->n_fields; i++) {
        const message_field_t *f = &info->fields[i];

        if (*(const bool *) ((const char *) m + f->has_offset))
            print_field(&p, f, (const char *) m + f->offset);
    }
    return p.len;
}

static void print_name(line_t *p, const char *before, unsigned section, unsigned number)
{
    const field_info_t *fields = section == TICK_SYSTEM ? system_fields : process_fields;
    unsigned count = section == TICK_SYSTEM ? SYSTEM_FIELD_COUNT : PROCESS_FIELD_COUNT;

    if (number < count)
        line_add(p, "%s%s", before, fields[number].name);
    else
        line_add(p, "%sfield%u", before, number);
}

static int print_record(line_t *p, tick_reader_t *r, unsigned section, const tick_record_t *rec)
{
    static const char *const lives[] = {
            [LIFE_GOES_ON] = "changed", [LIFE_BEGINS] = "born", [LIFE_ENDS] = "died"};
    tick_value_t v;
    int more;

    if (section == TICK_SYSTEM)
        line_add(p, "system");
    else
        line_add(p, "%s %" PRIu32, lives[rec->life], rec->slot);
    while ((more = tick_reader_value(r, &v)) > 0) {
        print_name(p, " ", section, v.number);
        if (v.is_literal)
            print_text(p, v.literal);
        else if (v.is_string)
            line_add(p, " #%" PRIu32, v.index);
        else
            line_add(p, "%+" PRId64, (int64_t) v.difference);
    }
    for (uint64_t unset = rec->unset; unset; unset &= unset - 1)
        print_name(p, " -", section, (unsigned) __builtin_ctzll(unset));
    line_add(p, "\n");
    return more;
}

size_t tick_print(const void *body, size_t len, char *buf, size_t cap)
{
    line_t p = {.buf = buf, .cap = cap};
    tick_reader_t r;
    tick_record_t record;
    unsigned section;
    int more;

    if (cap == 0)
        return 0;
    buf[0] = '\0';
    if (tick_reader_init(&r, body, len) < 0) {
        line_add(&p, "malformed\n");
        return p.len;
    }
    if (r.base > 0)
        line_add(&p, "tick %" PRIu64 " builds on %" PRIu64 "\n", r.tick, r.base);
    else
        line_add(&p, "tick %" PRIu64 " keyframe\n", r.tick);
    while ((more = tick_reader_section(&r, &section)) > 0) {
        while ((more = tick_reader_record(&r, section, &record)) > 0)
            if ((more = print_record(&p, &r, section, &record)) < 0)
                break;
        if (more < 0)
            break;
    }
    if (more < 0)
        line_add(&p, "malformed\n");
    return p.len;
}
