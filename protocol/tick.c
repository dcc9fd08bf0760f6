#include "protocol/tick.h"
#include "common/cleanup.h"
#include "common/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

int tick_reader_init(tick_reader_t *r, const void *body, size_t len)
{
    tick_reader_t fresh = {
            .body = cursor_of(body, len),
            .process_strings = process_string_mask,
            .system_strings = system_string_mask,
    };
    uint64_t distance;

    fresh.tick = cursor_varint(&fresh.body);
    distance = cursor_varint(&fresh.body);
    if (fresh.body.failed || fresh.tick == 0 || distance >= fresh.tick)
        return -EBADMSG;
    fresh.base = distance > 0 ? fresh.tick - distance : 0;
    *r = fresh;
    return 0;
}

static int take_kinds(tick_reader_t *r)
{
    if (r->base != 0)
        return -EBADMSG;
    r->process_strings = cursor_varint(&r->section);
    r->system_strings = cursor_varint(&r->section);
    r->has_kinds = true;
    return r->section.failed ? -EBADMSG : 0;
}

int tick_reader_section(tick_reader_t *r, unsigned *ret_type)
{
    while (cursor_left(&r->body) > 0) {
        uint64_t type = cursor_varint(&r->body);
        uint64_t len = cursor_varint(&r->body);
        const unsigned char *content = cursor_take(&r->body, len);

        if (r->body.failed)
            return -EBADMSG;
        r->section = cursor_of(content, len);
        if (type == TICK_KINDS) {
            if (take_kinds(r) < 0)
                return -EBADMSG;
            continue;
        }
        if (r->base == 0 && !r->has_kinds)
            return -EBADMSG;
        if (type != TICK_SYSTEM && type != TICK_PROCESSES)
            continue;
        r->strings = type == TICK_SYSTEM ? r->system_strings : r->process_strings;
        r->next_slot = 0;
        r->n_strings = 0;
        r->fields = r->last_set = 0;
        *ret_type = (unsigned) type;
        return 1;
    }
    return r->base == 0 && !r->has_kinds ? -EBADMSG : 0;
}

static int take_head(tick_reader_t *r, tick_record_t *record)
{
    uint64_t head = cursor_varint(&r->section);

    if (head >> 2 >= PROTOCOL_SLOTS_MAX - r->next_slot)
        return -EBADMSG;
    record->slot = (uint32_t) (r->next_slot + (head >> 2));
    r->next_slot = record->slot + UINT64_C(1);
    switch ((tick_head_t) (head & 3)) {
    case TICK_REPEAT:
        record->set = r->last_set;
        return record->set ? 0 : -EBADMSG;
    case TICK_UPDATE:
        record->set = r->last_set = cursor_varint(&r->section);
        break;
    case TICK_UNSET:
        record->set = r->last_set = cursor_varint(&r->section);
        record->unset = cursor_varint(&r->section);
        break;
    case TICK_BORN:
        record->set = cursor_varint(&r->section);
        record->life = record->set ? LIFE_BEGINS : LIFE_ENDS;
        if (record->set)
            record->unset = cursor_varint(&r->section);
        break;
    }
    return 0;
}

int tick_reader_record(tick_reader_t *r, unsigned section, tick_record_t *ret)
{
    tick_record_t record = {.life = LIFE_GOES_ON};

    if (cursor_left(&r->section) == 0)
        return 0;
    if (section == TICK_PROCESSES) {
        if (take_head(r, &record) < 0)
            return -EBADMSG;
    } else {
        if (r->next_slot++ > 0)
            return -EBADMSG; // the system is one record
        record.set = cursor_varint(&r->section);
        record.unset = cursor_varint(&r->section);
    }
    if (r->section.failed || (record.set & record.unset))
        return -EBADMSG;
    r->fields = record.set;
    *ret = record;
    return 1;
}

static int take_string(tick_reader_t *r, tick_value_t *v)
{
    uint64_t head = cursor_varint(&r->section), len = head >> 1;

    v->is_literal = head & 1;
    if (!v->is_literal) {
        if (len >= r->n_strings)
            return -EBADMSG;
        v->index = (uint32_t) len;
        return 0;
    }
    if (len > TICK_STRING_MAX)
        return -EBADMSG;
    v->literal.data = (const char *) cursor_take(&r->section, len);
    v->literal.len = len;
    v->index = (uint32_t) r->n_strings++;
    return 0;
}

int tick_reader_value(tick_reader_t *r, tick_value_t *ret)
{
    tick_value_t v = {0};

    if (r->fields == 0)
        return 0;
    v.number = (unsigned) __builtin_ctzll(r->fields);
    r->fields &= r->fields - 1;
    v.is_string = r->strings >> v.number & 1;
    if (v.is_string) {
        if (take_string(r, &v) < 0)
            return -EBADMSG;
    } else {
        v.difference = (uint64_t) cursor_zigzag(&r->section);
    }
    if (r->section.failed)
        return -EBADMSG;
    *ret = v;
    return 1;
}
