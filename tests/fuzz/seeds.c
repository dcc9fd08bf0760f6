// Writes the corpus of the wire's harnesses below the directory that is named: run again when the
// format changes.

#include "common/cleanup.h"
#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/message.h"
#include "tests/support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *root;

static void save(const char *corpus, const char *name, const buffer_t *b)
{
    char path[512];
    _cleanup_fclose_ FILE *f = NULL;

    snprintf(path, sizeof(path), "%s/%s/%s", root, corpus, name);
    f = fopen(path, "we");
    if (!f || fwrite(b->data, 1, b->len, f) != b->len) {
        perror(path);
        exit(1);
    }
}

static void put_message(buffer_t *out, unsigned type)
{
    const message_info_t *info = message_info(type);
    message_t m;

    memset(&m, 0, sizeof(m));
    for (size_t i = 0; i < info->n_fields; i++) {
        const message_field_t *f = &info->fields[i];
        void *value = (char *) &m + f->offset;

        if (f->kind == MESSAGE_KIND_UINT)
            *(uint64_t *) value = 1 + i * 1000;
        else if (f->kind == MESSAGE_KIND_INT)
            *(int64_t *) value = -(int64_t) i;
        else
            *(text_view_t *) value = (text_view_t){f->name, strlen(f->name)};
        *(bool *) ((char *) &m + f->has_offset) = true;
    }
    if (type == MESSAGE_HELLO)
        m.hello =
                (hello_message_t){.has = {.magic = true, .version_min = true, .version_max = true},
                        .magic = PROTOCOL_MAGIC,
                        .version_min = 1,
                        .version_max = 1};
    message_append(out, type, &m);
}

// The first ticks of a world: frames, or bodies with a length of two bytes.
static void put_ticks(buffer_t *out, uint64_t seed, bool wild, bool frames)
{
    snapshot_encoder_t encoder = {0};
    buffer_t body = {0};
    world_t w;

    world_init(&w, &(world_options_t){.seed = seed,
                           .slots = wild ? 21 : 8,
                           .changes = 40,
                           .deaths = 10,
                           .wild = wild,
                           .by_viewer = wild});
    for (int i = 0; i < 4; i++) {
        buffer_reset(&body);
        snapshot_encode(&encoder, &body, i > 0 ? &w.prev->snapshot : NULL,
                i > 0 ? &w.prev->filter : NULL, &w.curr->snapshot, &w.curr->filter);
        if (frames) {
            size_t mark = frame_begin(out, MESSAGE_TICK);

            buffer_put(out, body.data, body.len);
            frame_end(out, mark);
        } else {
            buffer_put_u8(out, (uint8_t) body.len);
            buffer_put_u8(out, (uint8_t) (body.len >> 8));
            buffer_put(out, body.data, body.len);
        }
        world_step(&w);
    }
    world_done(&w);
    snapshot_encoder_done(&encoder);
    buffer_done(&body);
}

int main(int argc, char *argv[])
{
    buffer_t out = {0};

    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    root = argv[1];
    for (unsigned type = 1; type < MESSAGE_TYPE_MAX; type++) {
        if (type == MESSAGE_TICK)
            continue;
        buffer_reset(&out);
        put_message(&out, type);
        save("frames", message_info(type)->name, &out);
        buffer_reset(&out);
        put_message(&out, MESSAGE_HELLO);
        put_message(&out, type);
        put_message(&out, MESSAGE_KEYFRAME_REQUEST);
        save("daemon", message_info(type)->name, &out);
        buffer_reset(&out);
        put_message(&out, MESSAGE_HELLO);
        put_ticks(&out, type, false, true);
        put_message(&out, type);
        save("session", message_info(type)->name, &out);
    }
    for (uint64_t seed = 1; seed <= 6; seed++) {
        char name[16];

        snprintf(name, sizeof(name), "world-%d", (int) seed);
        buffer_reset(&out);
        put_ticks(&out, seed, seed % 2, false);
        save("tick", name, &out);
    }
    buffer_done(&out);
    return 0;
}
