#include "protocol/tick_check.h"
#include "common/cleanup.h"

#include <errno.h>

#define IDENTITY_FIELDS (UINT64_C(1) << PROCESS_FIELD_pid | UINT64_C(1) << PROCESS_FIELD_start_time)

// `born_known`: the known fields of the one born before in this section.
static int check_life(const tick_record_t *record, slots_t *slots, uint64_t *born_known)
{
    uint32_t outer = record->slot;

    if (record->life == LIFE_BEGINS) {
        *born_known = (*born_known & ~record->unset) | record->set;
        if ((*born_known & IDENTITY_FIELDS) != IDENTITY_FIELDS)
            return -EBADMSG;
        if (slots_reserve(slots, outer) < 0)
            return -ENOMEM;
        slots_set_alive(slots, outer, true);
        return 0;
    }
    if (!slots_is_alive(slots, outer) || ((record->set | record->unset) & IDENTITY_FIELDS))
        return -EBADMSG;
    if (record->life == LIFE_ENDS)
        slots_set_alive(slots, outer, false);
    return 0;
}

static int check_section(
        tick_reader_t *reader, unsigned section, slots_t *slots, tick_needs_t *needs)
{
    bool processes = section == TICK_PROCESSES;
    uint64_t strings = processes ? process_string_mask : system_string_mask;
    unsigned count = processes ? PROCESS_FIELD_COUNT : SYSTEM_FIELD_COUNT;
    uint64_t born_known = 0;
    tick_record_t record;
    tick_value_t v;
    int more, error;

    while ((more = tick_reader_record(reader, section, &record)) > 0) {
        error = processes ? check_life(&record, slots, &born_known) : 0;
        if (error < 0)
            return error;
        needs->n_born += record.life == LIFE_BEGINS;
        while ((more = tick_reader_value(reader, &v)) > 0)
            if (v.number < count && v.is_string != (strings >> v.number & 1))
                return -EBADMSG;
        if (more < 0)
            return more;
    }
    needs->n_texts = MAX(needs->n_texts, reader->n_strings);
    return more;
}

int tick_check(tick_reader_t reader, slots_t *slots, tick_needs_t *ret_needs)
{
    tick_needs_t needs = {0};
    unsigned section;
    int more;

    if (reader.base == 0)
        slots_kill_all(slots);
    while ((more = tick_reader_section(&reader, &section)) > 0) {
        int error = check_section(&reader, section, slots, &needs);

        if (error < 0)
            return error;
    }
    if (more == 0)
        *ret_needs = needs;
    return more;
}
