#include "protocol/message.h"
#include "common/cleanup.h"
#include "protocol/cursor.h"
#include "protocol/frame.h"

#include <errno.h>
#include <string.h>

#define KEY_PACKED 1

// One function a message, since `self_t` has to mean another type in each table. A table ends with
// an empty row: a message without fields has one as well.
#define FIELD_(field_number, field, field_kind, field_unit, field_since, who, field_doc) \
    {                                                                                    \
            .name = #field,                                                              \
            .unit = field_unit,                                                          \
            .doc = field_doc,                                                            \
            .number = field_number,                                                      \
            .since = field_since,                                                        \
            .kind = MESSAGE_KIND_##field_kind,                                           \
            .audience = FIELD_##who,                                                     \
            .offset = offsetof(self_t, field),                                           \
            .has_offset = offsetof(self_t, has.field),                                   \
    },
#define INFO_(type_number, NAME, member, to, version, text)      \
    static const message_info_t *member##_info(void)             \
    {                                                            \
        typedef member##_message_t self_t;                       \
        static const message_field_t fields[] = {                \
                NAME##_FIELDS(FIELD_){.offset = sizeof(self_t)}, \
        };                                                       \
        static const message_info_t info = {                     \
                .name = #NAME,                                   \
                .doc = text,                                     \
                .fields = fields,                                \
                .n_fields = ARRAY_SIZE(fields) - 1,              \
                .type = type_number,                             \
                .direction = DIRECTION_##to,                     \
                .since = version,                                \
        };                                                       \
        return &info;                                            \
    }
MESSAGES(INFO_)

const message_info_t *message_info(unsigned type)
{
    switch (type) {
#define CASE_(number, NAME, member, to, version, text) \
    case number:                                       \
        return member##_info();
        MESSAGES(CASE_)
    default:
        return NULL;
    }
}

static bool is_packed(message_kind_t kind)
{
    return kind == MESSAGE_KIND_TEXT || kind == MESSAGE_KIND_BYTES;
}

static bool has_field(const message_field_t *f, const void *message)
{
    return *(const bool *) ((const char *) message + f->has_offset);
}

static void put_field(buffer_t *out, const message_field_t *f, const void *value)
{
    const text_view_t *text = value;

    buffer_put_varint(out, (uint64_t) f->number << 1 | (is_packed(f->kind) ? KEY_PACKED : 0));
    switch (f->kind) {
    case MESSAGE_KIND_UINT:
        buffer_put_varint(out, *(const uint64_t *) value);
        break;
    case MESSAGE_KIND_INT:
        buffer_put_zigzag(out, *(const int64_t *) value);
        break;
    case MESSAGE_KIND_TEXT:
    case MESSAGE_KIND_BYTES:
        buffer_put_varint(out, text->len);
        buffer_put(out, text->data, text->len);
        break;
    }
}

int message_append(buffer_t *out, message_type_t type, const void *message)
{
    const message_info_t *info = message_info(type);
    size_t mark;

    if (!info || type == MESSAGE_TICK)
        return -EINVAL;
    if (out->failed)
        return out->error;
    mark = frame_begin(out, (uint8_t) type);
    for (size_t i = 0; i < info->n_fields; i++) {
        const message_field_t *f = &info->fields[i];

        if (has_field(f, message))
            put_field(out, f, (const char *) message + f->offset);
    }
    frame_end(out, mark);
    if (out->failed) {
        int error = out->error;

        buffer_truncate(out, mark);
        return error;
    }
    return 0;
}

// Reads the value that follows `key` into `message`, or past it where the field is unknown.
static int take_field(cursor_t *c, const message_info_t *info, uint64_t key, void *message)
{
    uint64_t number = key >> 1;
    const message_field_t *f = NULL;
    char *value;

    if (number >= 1 && number <= info->n_fields) {
        f = &info->fields[number - 1];
        if (is_packed(f->kind) != (key & KEY_PACKED))
            return -EBADMSG;
    }
    value = f ? (char *) message + f->offset : NULL;
    if (key & KEY_PACKED) {
        uint64_t len = cursor_varint(c);
        const unsigned char *data = cursor_take(c, len);

        if (f)
            *(text_view_t *) (void *) value = (text_view_t){(const char *) data, data ? len : 0};
    } else if (f && f->kind == MESSAGE_KIND_INT) {
        *(int64_t *) (void *) value = cursor_zigzag(c);
    } else {
        uint64_t v = cursor_varint(c);

        if (f)
            *(uint64_t *) (void *) value = v;
    }
    if (f)
        *(bool *) ((char *) message + f->has_offset) = true;
    return c->failed ? -EBADMSG : 0;
}

int message_decode(message_type_t type, const void *body, size_t len, message_t *ret)
{
    const message_info_t *info = message_info(type);
    cursor_t c = cursor_of(body, len);
    message_t m;

    if (!info || type == MESSAGE_TICK)
        return -EOPNOTSUPP;
    memset(&m, 0, sizeof(m));
    while (cursor_left(&c) > 0) {
        uint64_t key = cursor_varint(&c);

        if (c.failed || take_field(&c, info, key, &m) < 0)
            return -EBADMSG;
    }
    *ret = m;
    return 0;
}
