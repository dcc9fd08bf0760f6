#ifndef MEMSCOPE_PROTOCOL_TICK_H
#define MEMSCOPE_PROTOCOL_TICK_H

// The body of a TICK, read piece by piece: the replica applies them, a debug printer shows them.
//
//     body     varint tick (> 0), varint distance to its base (0: a keyframe), sections
//     section  varint type, varint length, that many bytes; unknown types are skipped
//       KINDS      varint mask of the process fields that are strings, varint mask of the system's;
//                  holds from a keyframe, whose first section it is, to the next
//       SYSTEM     varint set, varint unset, a value for each bit of `set`, lowest first
//       PROCESSES  records in ascending order of slots
//     record   varint gap << 2 | head, where gap = slot - slot of the record before - 1
//       REPEAT     values: fields as in the REPEAT, UPDATE or UNSET before in this section
//       UPDATE     varint set, values
//       UNSET      varint set, varint unset, values: the fields of `unset` became unknown
//       BORN       varint set, varint unset, values: replaces whoever lived in the slot; it builds
//                  on the BORN record before it in this section, the first one on nothing.
//                  With a `set` of 0, which is then all: whoever lived in the slot died
//     value    UINT: zigzag difference (modulo 2^64) to the value that it builds on, 0 if unknown
//              STRING: varint length << 1 | 1 and the bytes, or varint index << 1: the index-th
//              string (from 0) that was given with its bytes in this section

#include "protocol/cursor.h"
#include "protocol/message.h"

#define TICK_STRING_MAX 4096

enum { TICK_KINDS = 1, TICK_SYSTEM = 2, TICK_PROCESSES = 3 };
typedef enum { TICK_REPEAT = 0, TICK_UPDATE = 1, TICK_UNSET = 2, TICK_BORN = 3 } tick_head_t;

typedef struct {
    uint64_t tick, base; // base == 0: a keyframe
    uint64_t process_strings, system_strings;
    // private
    cursor_t body, section;
    uint64_t fields, strings, last_set;
    uint64_t next_slot;
    uint64_t n_strings;
    bool has_kinds;
} tick_reader_t;

typedef enum { LIFE_GOES_ON, LIFE_BEGINS, LIFE_ENDS } tick_life_t;

// That of a SYSTEM section has slot 0 and life GOES_ON.
typedef struct {
    tick_life_t life;
    uint32_t slot;
    uint64_t set, unset;
} tick_record_t;

typedef struct {
    unsigned number;
    bool is_string, is_literal;
    uint64_t difference;
    text_view_t literal;
    uint32_t index; // of a literal: the one that it is given
} tick_value_t;

// `process_strings` and `system_strings` of the keyframe that a diff builds on are set by the
// caller after this. 0 or -EBADMSG, as in all that follows.
int tick_reader_init(tick_reader_t *r, const void *body, size_t len);

// 1 and the type of the next known section, 0 at the end. KINDS are taken in passing.
int tick_reader_section(tick_reader_t *r, unsigned *ret_type);
// 1: a record of the present section, whose values have to be read before the next; 0: no more.
int tick_reader_record(tick_reader_t *r, unsigned section, tick_record_t *ret);
// 1: the record's next value; 0: no more. Unknown fields (by number) come as well.
int tick_reader_value(tick_reader_t *r, tick_value_t *ret);

// Lines of text, "tick 7 builds on 6\n...": as far as the body is well-formed and `cap` allows.
// Differences are shown, not values. The string kinds of a diff are taken to be this version's.
size_t tick_print(const void *body, size_t len, char *buf, size_t cap);

#endif
