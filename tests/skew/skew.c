// skew say: a made-up daemon's frames on standard output, every field of its tables in use.
// skew hear: frames from standard input, and what was understood of them, without what a later
// version calls future_*.

#include "common/hash.h"
#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/message.h"
#include "protocol/replica.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SLOTS 40
#define STEPS 12

static void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "skew: %s\n", what);
        exit(1);
    }
}

static bool is_future(const char *name)
{
    return strncasecmp(name, "future", strlen("future")) == 0;
}

// ---- Saying ------------------------------------------------------------------------------------

// The same for a field of this name in any version.
static uint64_t random_of(const char *name, uint64_t who, uint64_t when)
{
    const hash_key_t key = {
            UINT64_C(0x9e3779b97f4a7c15) + who, UINT64_C(0xd1b54a32d192ed03) ^ when};

    return hash_blob(key, name, strlen(name));
}

static uint64_t value_of(intern_t *strings, bool is_string, const char *name, uint64_t random)
{
    char text[32];

    if (!is_string)
        return random >> random % 64;
    snprintf(text, sizeof(text), "%s %d", name, (int) (random % 5));
    return intern_ref(strings, text, strlen(text));
}

static void change(intern_t *strings, const field_info_t *fields, unsigned count, uint64_t who,
        uint64_t when, uint64_t *known, uint64_t *values)
{
    for (unsigned f = 0; f < count; f++) {
        uint64_t random = random_of(fields[f].name, who, when);
        bool is_known = random >> 8 & 3;

        if (when > 0 && random % 4)
            continue;
        values[f] = 0;
        *known &= ~(UINT64_C(1) << f);
        if (is_known) {
            *known |= UINT64_C(1) << f;
            values[f] = value_of(strings, fields[f].kind == FIELD_STRING, fields[f].name, random);
        }
    }
}

static void step(snapshot_t *s, intern_t *strings, uint64_t when)
{
    change(strings, system_fields, SYSTEM_FIELD_COUNT, 0, when, &s->system.known, s->system.values);
    SYSTEM_SET(&s->system, tick, when + 1);
    for (uint64_t i = 0; i < SLOTS; i++) {
        process_snapshot_t *p = &s->processes[i];
        uint64_t life = random_of("life", i, when), pid = p->pid, start_time = p->start_time;
        bool born = !p->known;

        if (life % 5 == 0) {
            memset(p, 0, sizeof(*p));
            continue;
        }
        change(strings, process_fields, PROCESS_FIELD_COUNT, i + 1, born ? 0 : when, &p->known,
                p->values);
        PROCESS_SET(p, pid, born ? 100 * when + i : pid);
        PROCESS_SET(p, start_time, born ? life : start_time);
    }
}

static void say_messages(buffer_t *out)
{
    for (unsigned type = 1; type < MESSAGE_TYPE_MAX; type++) {
        const message_info_t *info = message_info(type);
        message_t m;

        if (!info || type == MESSAGE_TICK)
            continue;
        memset(&m, 0, sizeof(m));
        for (size_t i = 0; i < info->n_fields; i++) {
            const message_field_t *f = &info->fields[i];
            void *value = (char *) &m + f->offset;

            if (f->kind == MESSAGE_KIND_UINT || f->kind == MESSAGE_KIND_INT)
                *(uint64_t *) value = random_of(f->name, type, 0);
            else
                *(text_view_t *) value = (text_view_t){f->name, strlen(f->name)};
            *(bool *) ((char *) &m + f->has_offset) = true;
        }
        check(message_append(out, type, &m) == 0, "message_append");
    }
}

static void say(void)
{
    static process_snapshot_t processes[2][SLOTS];
    snapshot_t prev = {0}, curr = {.processes = processes[0], .n_slots = SLOTS};
    snapshot_encoder_t encoder = {0};
    buffer_t out = {0};
    intern_t *strings;

    check(intern_new(&strings) == 0, "intern_new");
    curr.strings = strings;
    say_messages(&out);
    for (uint64_t when = 0; when < STEPS; when++) {
        bool keyframe = when % 7 == 0;
        size_t mark = frame_begin(&out, MESSAGE_TICK);

        prev = curr;
        curr.processes = processes[(when + 1) % 2];
        memcpy(curr.processes, prev.processes, sizeof(processes[0]));
        step(&curr, strings, when);
        check(snapshot_encode(&encoder, &out, keyframe ? NULL : &prev, NULL, &curr, NULL) == 0,
                "snapshot_encode");
        frame_end(&out, mark);
    }
    check(fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0, "writing");
    buffer_done(&out);
    snapshot_encoder_done(&encoder);
    intern_free(strings);
}

// ---- Hearing -----------------------------------------------------------------------------------

static void show_message(message_type_t type, const message_t *m)
{
    const message_info_t *info = message_info(type);
    message_t plain = *m;
    char text[4096];

    if (is_future(info->name))
        return;
    for (size_t i = 0; i < info->n_fields; i++)
        if (is_future(info->fields[i].name))
            *(bool *) ((char *) &plain + info->fields[i].has_offset) = false;
    message_print(type, &plain, text, sizeof(text));
    puts(text);
}

static void show_fields(const snapshot_t *s, const field_info_t *fields, unsigned count,
        uint64_t known, const uint64_t *values)
{
    for (unsigned f = 0; f < count; f++) {
        size_t len;

        if (!(known >> f & 1) || is_future(fields[f].name))
            continue;
        if (fields[f].kind == FIELD_STRING)
            printf(" %s=%s", fields[f].name, intern_get(s->strings, (uint32_t) values[f], &len));
        else
            printf(" %s=%" PRIu64, fields[f].name, values[f]);
    }
    putchar('\n');
}

static void show_replica(const replica_t *r)
{
    const snapshot_t *s = replica_snapshot(r);

    printf("system");
    show_fields(s, system_fields, SYSTEM_FIELD_COUNT, s->system.known, s->system.values);
    for (size_t i = 0; i < s->n_slots; i++) {
        const process_snapshot_t *p = &s->processes[i];

        if (!p->known)
            continue;
        printf("process");
        show_fields(s, process_fields, PROCESS_FIELD_COUNT, p->known, p->values);
    }
}

static void hear_frame(replica_t *r, const frame_t *frame)
{
    message_t m;

    if (frame->type == MESSAGE_TICK) {
        check(replica_apply(r, frame->body, frame->len) == 0, "a tick was not accepted");
        show_replica(r);
    } else if (message_info(frame->type)) {
        check(message_decode((message_type_t) frame->type, frame->body, frame->len, &m) == 0,
                "a message was not accepted");
        show_message((message_type_t) frame->type, &m);
    }
}

static void hear(void)
{
    frame_reader_t in;
    frame_t frame;
    replica_t *r;

    check(replica_new(&r) == 0, "replica_new");
    frame_reader_init(&in, FRAME_MAX);
    for (;;) {
        size_t len;
        void *space = frame_reader_space(&in, &len);
        ssize_t n = space ? read(STDIN_FILENO, space, len) : -1;

        check(n >= 0, "reading");
        if (n == 0)
            break;
        frame_reader_filled(&in, (size_t) n);
        while (frame_reader_next(&in, &frame) > 0)
            hear_frame(r, &frame);
    }
    frame_reader_done(&in);
    replica_free(r);
}

int main(int argc, char *argv[])
{
    check(argc == 2, "usage: skew say|hear");
    if (strcmp(argv[1], "say") == 0)
        say();
    else
        hear();
    return 0;
}
