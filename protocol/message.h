#ifndef MEMSCOPE_PROTOCOL_MESSAGE_H
#define MEMSCOPE_PROTOCOL_MESSAGE_H

// The messages of protocol/messages.h as structures: <member>_message_t with one member per field
// and a `has` bit for each (bit = field number), for example
//
//     hello_message_t m = {0};
//     MESSAGE_SET(&m, hello, magic, PROTOCOL_MAGIC);
//     message_append(&out, MESSAGE_HELLO, &m);
//
// Texts and bytes are views: into the caller's memory when encoding, into the frame when decoded.

#include "protocol/messages.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer; // protocol/cursor.h

typedef struct {
    const char *data;
    size_t len;
} text_view_t;

#define MESSAGE_C_UINT  uint64_t
#define MESSAGE_C_INT   int64_t
#define MESSAGE_C_TEXT  text_view_t
#define MESSAGE_C_BYTES text_view_t

#define MESSAGE_MEMBER_(number, name, kind, unit, since, audience, doc) MESSAGE_C_##kind name;
#define MESSAGE_HAS_(number, name, kind, unit, since, audience, doc)    bool name;
#define MESSAGE_STRUCT_(type, NAME, member, direction, since, doc) \
    typedef struct {                                               \
        struct {                                                   \
            bool unused_;                                          \
            NAME##_FIELDS(MESSAGE_HAS_)                            \
        } has;                                                     \
        NAME##_FIELDS(MESSAGE_MEMBER_)                             \
    } member##_message_t;
MESSAGES(MESSAGE_STRUCT_)
#undef MESSAGE_STRUCT_
#undef MESSAGE_HAS_
#undef MESSAGE_MEMBER_

#define MESSAGE_SET(m, field, value) ((m)->field = (value), (m)->has.field = true)
#define MESSAGE_SET_TEXT(m, field, text, length) \
    ((m)->field.data = (text), (m)->field.len = (length), (m)->has.field = true)

typedef union {
#define MESSAGE_UNION_(type, NAME, member, direction, since, doc) member##_message_t member;
    MESSAGES(MESSAGE_UNION_)
#undef MESSAGE_UNION_
} message_t;

// Appends a whole frame (length, type, body). 0, -ENOMEM, -E2BIG, or -EINVAL for TICK; on failure
// `out` is as it was.
int message_append(struct buffer *out, message_type_t type, const void *message);

// Decodes a body. 0; -EBADMSG malformed; -EOPNOTSUPP a type that this version does not know, or
// TICK, whose body replica_apply takes.
int message_decode(message_type_t type, const void *body, size_t len, message_t *ret);

// "HELLO magic=0x... version_min=1 ...": for debugging and tests; texts sanitised.
size_t message_print(message_type_t type, const message_t *m, char *buf, size_t cap);

typedef enum {
    MESSAGE_KIND_UINT,
    MESSAGE_KIND_INT,
    MESSAGE_KIND_TEXT,
    MESSAGE_KIND_BYTES
} message_kind_t;
typedef enum { DIRECTION_BOTH, DIRECTION_TO_CLIENT, DIRECTION_TO_DAEMON } direction_t;

typedef struct {
    const char *name;
    const char *unit;
    const char *doc;
    unsigned number;
    unsigned since;
    message_kind_t kind;
    field_audience_t audience;
    size_t offset;     // of the value in <member>_message_t
    size_t has_offset; // of its `has`
} message_field_t;

typedef struct {
    const char *name;
    const char *doc;
    const message_field_t *fields; // by number - 1
    size_t n_fields;
    message_type_t type;
    direction_t direction;
    unsigned since;
} message_info_t;

// NULL for a type that this version does not know.
const message_info_t *message_info(unsigned type);

#endif
