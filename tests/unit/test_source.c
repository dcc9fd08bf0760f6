// Where metrics come from, against a daemon that the test plays itself: silent, refusing, wild.

#include "client/exporter/metrics.h"
#include "client/exporter/source.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary.h"
#include "tests/support/world.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct {
    temporary_t dir;
    char path[100];
    int listener, peer;
    source_t source;
    buffer_t out;
    snapshot_encoder_t encoder;
    world_t world;
    char said[256];
} f;

static void on_said(const char *text)
{
    snprintf(f.said, sizeof(f.said), "%s", text);
}

static void begin(const world_options_t *world)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char error[ATTACH_ERROR_MAX];

    memset(&f, 0, sizeof(f));
    f.peer = -1;
    f.dir = temporary_new();
    snprintf(f.path, sizeof(f.path), "%s", temporary_path(&f.dir, "socket"));
    assert_true(strlen(f.path) < sizeof(address.sun_path));
    strcpy(address.sun_path, f.path);
    f.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(f.listener, (struct sockaddr *) &address, sizeof(address)), 0);
    assert_int_equal(listen(f.listener, 4), 0);
    world_init(&f.world, world);
    f.source = (source_t){.by = GROUP_NAME, .top = 5, .say = on_said};
    snprintf(f.source.target.socket, sizeof(f.source.target.socket), "%s", f.path);
    assert_int_equal(source_open(&f.source, error), 0);
}

static void end(void)
{
    source_close(&f.source);
    if (f.peer >= 0)
        close(f.peer);
    close(f.listener);
    snapshot_encoder_done(&f.encoder);
    buffer_done(&f.out);
    world_done(&f.world);
    temporary_remove(&f.dir);
}

static void dispatch(void)
{
    assert_int_equal(source_dispatch(&f.source, clock_monotonic_us()), 0);
}

static bool answer(void)
{
    f.peer = accept(f.listener, NULL, NULL);
    return f.peer >= 0;
}

static void deliver(void)
{
    for (size_t at = 0; at < f.out.len;) {
        ssize_t n = send(f.peer, f.out.data + at, f.out.len - at, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n > 0)
            at += (size_t) n;
        dispatch();
    }
    buffer_reset(&f.out);
    for (int i = 0; i < 4; i++)
        dispatch();
}

static void say_tick(void)
{
    size_t mark;

    world_step(&f.world);
    mark = frame_begin(&f.out, MESSAGE_TICK);
    assert_int_equal(
            snapshot_encode(&f.encoder, &f.out, NULL, NULL, &f.world.curr->snapshot, NULL), 0);
    frame_end(&f.out, mark);
    deliver();
}

static void greet(uint64_t instance)
{
    hello_message_t m = {0};

    dispatch();
    assert_true(answer());
    MESSAGE_SET(&m, magic, PROTOCOL_MAGIC);
    MESSAGE_SET(&m, version_min, 1);
    MESSAGE_SET(&m, version_max, 1);
    MESSAGE_SET(&m, features, FEATURE_EVENTS);
    MESSAGE_SET(&m, instance, instance);
    MESSAGE_SET_TEXT(&m, build, "a\"b\n\xff", 5);
    assert_int_equal(message_append(&f.out, MESSAGE_HELLO, &m), 0);
    say_tick();
}

static char *text_at(uint64_t now_us, exposition_format_t format)
{
    char *text;
    size_t len;

    assert_int_equal(metrics_write(&f.source, now_us, 1, format, &text, &len), 0);
    assert_int_equal(strlen(text), len);
    return text;
}

static void test_a_silent_daemon_is_none(void **state)
{
    _cleanup_free_ char *fresh = NULL, *stale = NULL;
    uint64_t now;

    (void) state;
    begin(&(world_options_t){.seed = 1, .slots = 20, .changes = 10});
    greet(1);
    now = clock_monotonic_us();
    assert_non_null(source_sample(&f.source, now));
    fresh = text_at(now, EXPOSITION_PROMETHEUS);
    assert_non_null(strstr(fresh, "\nmemscope_up 1\n"));
    assert_non_null(strstr(fresh, "\nmemscope_group_processes{"));
    now += SOURCE_STALE_US + 1;
    assert_null(source_sample(&f.source, now));
    stale = text_at(now, EXPOSITION_PROMETHEUS);
    assert_non_null(strstr(stale, "\nmemscope_up 0\n"));
    assert_null(strstr(stale, "memscope_group"));
    assert_null(strstr(stale, "memscope_memory"));
    end();
}

static void test_a_refusal_is_not_the_end(void **state)
{
    refused_message_t m = {0};
    uint64_t now;

    (void) state;
    begin(&(world_options_t){.seed = 1, .slots = 20, .changes = 10});
    dispatch();
    assert_true(answer());
    MESSAGE_SET(&m, code, REFUSED_LIMIT_USER);
    MESSAGE_SET_TEXT(&m, text, "too many", 8);
    assert_int_equal(message_append(&f.out, MESSAGE_REFUSED, &m), 0);
    deliver();
    assert_non_null(strstr(f.said, "too many"));
    assert_int_equal(source_fd(&f.source), -1);
    close(f.peer);
    now = clock_monotonic_us();
    assert_in_range(source_deadline_us(&f.source), now, now + 5 * USEC_PER_SEC);
    assert_false(answer());
    assert_int_equal(source_dispatch(&f.source, source_deadline_us(&f.source)), 0);
    greet(1);
    assert_non_null(source_sample(&f.source, clock_monotonic_us()));
    end();
}

static void say_event(uint64_t number, uint64_t time_ms, unsigned kind, unsigned tag)
{
    event_message_t m = {0};

    MESSAGE_SET(&m, number, number);
    MESSAGE_SET(&m, time_ms, time_ms);
    MESSAGE_SET(&m, kind, kind);
    MESSAGE_SET(&m, tag, tag);
    assert_int_equal(message_append(&f.out, MESSAGE_EVENT, &m), 0);
    deliver();
}

static uint64_t counted(const char *type)
{
    for (size_t i = 0; i < SOURCE_EVENTS; i++)
        if (strcmp(source_events[i].name, type) == 0)
            return f.source.events[i];
    fail_msg("%s", type);
    return 0;
}

static void test_events_count_once(void **state)
{
    uint64_t now_ms;

    (void) state;
    begin(&(world_options_t){.seed = 1, .slots = 20, .changes = 10});
    greet(1);
    now_ms = f.world.curr->snapshot.system.mono_ms;
    say_event(7, now_ms - 5, EVENT_SET, TAG_LEAK); // before there was an exporter
    assert_int_equal(counted("leak"), 0);
    say_event(8, now_ms + 5, EVENT_SET, TAG_LEAK);
    say_event(8, now_ms + 5, EVENT_SET, TAG_LEAK);
    say_event(9, now_ms + 6, EVENT_OOM_KILL, 0);
    say_event(10, now_ms + 6, 77, 1 << 20);
    assert_int_equal(counted("leak"), 1);
    assert_int_equal(counted("oom_kill"), 1);
    assert_int_equal(counted("unknown"), 1);
    end();
}

// Every line is one that Prometheus takes, whatever a daemon says.
static void check_lines(char *text)
{
    for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL && rest;) {
        size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyz_");
        char *value = strrchr(line, ' '), *end;

        if (line[0] == '#')
            continue;
        assert_true(name > 9 && (line[name] == '{' || line[name] == ' '));
        assert_non_null(value);
        strtod(value + 1, &end);
        assert_true(*end == '\0' && end > value + 1);
    }
}

static void test_a_wild_daemon(void **state)
{
    (void) state;
    begin(&(world_options_t){.seed = 9, .slots = 60, .changes = 50, .deaths = 20, .wild = true});
    greet(1);
    for (unsigned i = 0; i < 300; i++) {
        _cleanup_free_ char *text = text_at(clock_monotonic_us(), i % 2);

        assert_non_null(strstr(text, "memscope_up 1"));
        assert_true(tally_count(f.source.tally) <= 6);
        check_lines(text);
        say_tick();
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_a_silent_daemon_is_none),
            cmocka_unit_test(test_a_refusal_is_not_the_end),
            cmocka_unit_test(test_events_count_once),
            cmocka_unit_test(test_a_wild_daemon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
