#ifndef MEMSCOPE_PROTOCOL_SLOTS_H
#define MEMSCOPE_PROTOCOL_SLOTS_H

// A daemon's slots as one viewer gets them, "outer" slots: as sparse as his rights. Maps them to
// packed ones, and knows who is alive while a tick is checked that may yet turn out to be wrong.
// Memory follows the slots that were used, not their numbers.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOTS_NONE UINT32_MAX

typedef struct {
    struct slots_page **pages; // NULL where none was ever used
    size_t n_pages;
} slots_t;

void slots_done(slots_t *s); // of a zeroed or used table

// Makes room for an outer slot: -ENOMEM. The others are for slots that have room, or find nothing.
int slots_reserve(slots_t *s, uint32_t outer);

// Who lives where, ahead of the mapping.
bool slots_is_alive(const slots_t *s, uint32_t outer);
void slots_set_alive(slots_t *s, uint32_t outer, bool alive);
void slots_kill_all(slots_t *s);
void slots_forget_check(slots_t *s); // who is mapped is alive, again

// Where an outer slot is mapped to: SLOTS_NONE where nobody lives. Of one with room.
uint32_t *slots_inner(const slots_t *s, uint32_t outer);
void slots_unmap_all(slots_t *s);

#endif
