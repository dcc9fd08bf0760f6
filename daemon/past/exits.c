#include "daemon/past/exits.h"
#include "protocol/cursor.h"
#include "protocol/schema.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define BIG_KB (16 * 1024)

int exits_init(exits_t *e, arena_t *arena, intern_t *strings)
{
    *e = (exits_t){.strings = strings};
    places_init(&e->big.places, EXITS_SHELF);
    places_init(&e->small.places, EXITS_SHELF);
    e->big.at = arena_alloc(arena, EXITS_SHELF * sizeof(exit_record_t), 16);
    e->small.at = arena_alloc(arena, EXITS_SHELF * sizeof(exit_record_t), 16);
    return e->small.at ? 0 : -ENOMEM;
}

static void each_string(
        exits_t *e, process_snapshot_t *p, void (*what)(intern_t *strings, uint32_t id))
{
    for (unsigned i = 0; i < PROCESS_FIELD_COUNT; i++)
        if (process_fields[i].kind == FIELD_STRING)
            what(e->strings, (uint32_t) p->values[i]);
}

static void hold(intern_t *strings, uint32_t id)
{
    intern_ref_id(strings, id);
}

const exit_record_t *exits_add(exits_t *e, const exit_record_t *record)
{
    const process_snapshot_t *p = &record->last;
    exit_shelf_t *shelf = PROCESS_KNOWN(p, hwm_kb) && p->hwm_kb >= BIG_KB ? &e->big : &e->small;
    uint32_t user = PROCESS_KNOWN(p, uid) ? (uint32_t) p->uid : PLACES_NOBODY;
    exit_record_t *to = &shelf->at[places_take(&shelf->places, user)];

    each_string(e, &to->last, intern_unref); // of whoever had the place
    *to = *record;
    each_string(e, &to->last, hold);
    return to;
}

static const exit_record_t *newest(const exit_shelf_t *shelf, size_t index)
{
    size_t count = shelf->places.count;

    return index < count ? &shelf->at[places_nth(&shelf->places, count - 1 - index)] : NULL;
}

const exit_record_t *exits_get(const exits_t *e, size_t index)
{
    size_t big = 0, small = 0;
    const exit_record_t *found = NULL;

    // The two shelves, merged by time.
    for (size_t i = 0; i <= index; i++) {
        const exit_record_t *b = newest(&e->big, big), *s = newest(&e->small, small);

        found = !s || (b && b->exited_ms >= s->exited_ms) ? b : s;
        if (!found)
            return NULL;
        if (found == b)
            big++;
        else
            small++;
    }
    return found;
}

const exit_record_t *exits_find(const exits_t *e, uint64_t pid, uint64_t start_time)
{
    const exit_shelf_t *shelves[] = {&e->big, &e->small};

    for (int k = 0; k < 2; k++) {
        const exit_record_t *x;

        for (size_t i = 0; (x = newest(shelves[k], i)); i++)
            if (x->last.pid == pid && x->last.start_time == start_time)
                return x;
    }
    return NULL;
}

// ---- Restart -----------------------------------------------------------------------------------

// Which fields a record has, in which order.
uint64_t exits_layout(void)
{
    uint64_t sum = sizeof(exit_record_t);

    for (unsigned i = 0; i < PROCESS_FIELD_COUNT; i++)
        for (const char *c = process_fields[i].name; *c; c++)
            sum = (sum ^ (unsigned char) *c) * UINT64_C(0x100000001b3);
    return sum;
}

static void save_shelf(const exits_t *e, const exit_shelf_t *shelf, buffer_t *out)
{
    for (size_t i = 0; i < shelf->places.count; i++) {
        const exit_record_t *x = &shelf->at[places_nth(&shelf->places, i)];

        buffer_put(out, x, sizeof(*x));
        for (unsigned k = 0; k < PROCESS_FIELD_COUNT; k++) {
            const char *text;
            size_t len;

            if (process_fields[k].kind != FIELD_STRING)
                continue;
            text = intern_get(e->strings, (uint32_t) x->last.values[k], &len);
            buffer_put_u32(out, (uint32_t) len);
            buffer_put(out, text, len);
        }
    }
}

// Each shelf oldest first.
void exits_save(const exits_t *e, buffer_t *out)
{
    save_shelf(e, &e->big, out);
    save_shelf(e, &e->small, out);
}

static bool load_record(exits_t *e, cursor_t *c)
{
    const unsigned char *bytes = cursor_take(c, sizeof(exit_record_t));
    exit_record_t x;
    unsigned fields = 0;

    if (!bytes)
        return false;
    memcpy(&x, bytes, sizeof(x));
    for (; fields < PROCESS_FIELD_COUNT && !c->failed; fields++) {
        uint32_t len;

        if (process_fields[fields].kind != FIELD_STRING)
            continue;
        len = cursor_u32(c);
        bytes = cursor_take(c, len);
        x.last.values[fields] = bytes ? intern_ref(e->strings, (const char *) bytes, len) : 0;
    }
    if (!c->failed)
        exits_add(e, &x);
    // The record holds them by now.
    while (fields-- > 0)
        if (process_fields[fields].kind == FIELD_STRING)
            intern_unref(e->strings, (uint32_t) x.last.values[fields]);
    return !c->failed;
}

int exits_load(exits_t *e, const void *data, size_t len)
{
    cursor_t c = cursor_of(data, len);

    while (cursor_left(&c) > 0)
        if (!load_record(e, &c))
            return -EBADMSG;
    return 0;
}
