#ifndef MEMSCOPE_PROTOCOL_TICK_CHECK_H
#define MEMSCOPE_PROTOCOL_TICK_CHECK_H

// Whether a tick can be applied, found out before anything that is shown is touched.

#include "protocol/slots.h"
#include "protocol/tick.h"

// What applying takes.
typedef struct {
    size_t n_born;
    size_t n_texts; // in the section with the most
} tick_needs_t;

// The reader comes from tick_reader_init (and has the kinds of the keyframe that a diff builds on);
// `slots` says who is alive before the tick, and afterwards, where it is right, who will be, with
// room for all of them. 0, -EBADMSG, -ENOMEM.
int tick_check(tick_reader_t reader, slots_t *slots, tick_needs_t *ret_needs);

#endif
