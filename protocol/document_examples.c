// The examples of memscope-protocol(7), encoded by the very code that they explain.

#include "protocol/cursor.h"
#include "protocol/document.h"
#include "protocol/frame.h"
#include "protocol/message.h"
#include "protocol/snapshot.h"
#include "protocol/tick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_hex(const char *caption, const buffer_t *b)
{
    puts(caption);
    puts(".Bd -literal -offset 4n");
    for (size_t i = 0; i < b->len; i++)
        printf("%02x%s", b->data[i], i % 16 == 15 || i + 1 == b->len ? "\n" : " ");
    puts(".Ed");
}

static void put_tick(const char *caption, const buffer_t *b)
{
    char text[2000];

    put_hex(caption, b);
    tick_print(b->data + FRAME_HEADER_SIZE, b->len - FRAME_HEADER_SIZE, text, sizeof(text));
    puts(".Pp\nwhich reads, UINT as differences, with their signs:");
    puts(".Bd -literal -offset 4n");
    fputs(text, stdout);
    puts(".Ed");
}

static void example_process(process_snapshot_t *p, intern_t *strings, uint64_t pid)
{
    PROCESS_SET(p, pid, pid);
    PROCESS_SET(p, start_time, 250 + pid);
    PROCESS_SET(p, name, intern_ref(strings, "sh", 2));
    PROCESS_SET(p, anon_kb, 100 * pid);
    PROCESS_SET(p, file_kb, 3000);
    PROCESS_SET(p, shmem_kb, 0);
}

static int encode_tick(buffer_t *out, const snapshot_t *prev, const snapshot_t *curr)
{
    snapshot_encoder_t encoder = {0};
    size_t mark;
    int r;

    buffer_reset(out);
    mark = frame_begin(out, MESSAGE_TICK);
    r = snapshot_encode(&encoder, out, prev, NULL, curr, NULL);
    frame_end(out, mark);
    snapshot_encoder_done(&encoder);
    return r;
}

void document_put_examples(void)
{
    process_snapshot_t before[3] = {0}, after[3];
    snapshot_t prev = {.processes = before, .n_slots = 3}, curr;
    hello_message_t hello = {0};
    buffer_t out = {0};
    intern_t *strings;

    if (intern_new(&strings) < 0)
        exit(1);
    prev.strings = strings;
    MESSAGE_SET(&hello, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&hello, version_min, 1);
    MESSAGE_SET(&hello, version_max, 1);
    MESSAGE_SET_TEXT(&hello, build, "me", 2);
    if (message_append(&out, MESSAGE_HELLO, &hello) < 0)
        exit(1);
    put_hex("The HELLO of a client that calls itself\n.Qq me :", &out);

    SYSTEM_SET(&prev.system, tick, 7);
    SYSTEM_SET(&prev.system, mono_ms, 5000);
    example_process(&before[0], strings, 1);
    example_process(&before[2], strings, 4);
    if (encode_tick(&out, NULL, &prev) < 0)
        exit(1);
    put_tick(".Pp\nA keyframe with two processes, in slots 0 and 2:", &out);

    curr = prev;
    memcpy(after, before, sizeof(after));
    curr.processes = after;
    SYSTEM_SET(&curr.system, tick, 8);
    SYSTEM_SET(&curr.system, mono_ms, 6000);
    after[0].known = 0;
    after[2].anon_kb += 8;
    if (encode_tick(&out, &prev, &curr) < 0)
        exit(1);
    put_tick(".Pp\nA second later process 1 has died and process 4 has 8 KiB more:", &out);
    buffer_done(&out);
    intern_free(strings);
}
