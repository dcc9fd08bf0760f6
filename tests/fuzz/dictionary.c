// libFuzzer's dictionary, made from the schema: the bytes that mean something.

#include "protocol/cursor.h"
#include "protocol/message.h"
#include "protocol/tick.h"

#include <stdio.h>

static void entry(const char *name, const char *part, buffer_t *b)
{
    printf("%s%s=\"", name, part);
    for (size_t i = 0; i < b->len; i++)
        printf("\\x%02x", b->data[i]);
    printf("\"\n");
    buffer_reset(b);
}

static void put_message(buffer_t *b, const message_info_t *info)
{
    buffer_put_u8(b, (uint8_t) info->type);
    entry("message_", info->name, b);
    for (size_t i = 0; i < info->n_fields; i++) {
        const message_field_t *f = &info->fields[i];
        bool packed = f->kind == MESSAGE_KIND_TEXT || f->kind == MESSAGE_KIND_BYTES;

        buffer_put_varint(b, (uint64_t) f->number << 1 | packed);
        entry(info->name, f->name, b);
    }
}

static void put_fields(buffer_t *b, const char *record, const field_info_t *fields, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        buffer_put_varint(b, UINT64_C(1) << i);
        entry(record, fields[i].name, b);
    }
}

int main(void)
{
    buffer_t b = {0};

    for (unsigned type = 0; type < MESSAGE_TYPE_MAX; type++)
        if (message_info(type))
            put_message(&b, message_info(type));
    put_fields(&b, "process_", process_fields, PROCESS_FIELD_COUNT);
    put_fields(&b, "system_", system_fields, SYSTEM_FIELD_COUNT);
    buffer_put_u32(&b, PROTOCOL_MAGIC);
    entry("magic", "", &b);
    buffer_put_varint(&b, PROTOCOL_MAGIC);
    entry("magic", "_varint", &b);
    buffer_put_varint(&b, process_string_mask);
    buffer_put_varint(&b, system_string_mask);
    entry("kinds", "", &b);
    buffer_put_varint(
            &b, UINT64_C(1) << PROCESS_FIELD_pid | UINT64_C(1) << PROCESS_FIELD_start_time);
    entry("identity", "", &b);
    buffer_put_varint(&b, UINT64_MAX);
    entry("most", "", &b);
    buffer_put_varint(&b, PROTOCOL_SLOTS_MAX << 2);
    entry("slots", "", &b);
    buffer_done(&b);
    return fflush(stdout) != 0;
}
