// Metrics as text, in both formats, with names that want to break it.

#include "client/exporter/exposition.h"
#include "client/exporter/http.h"
#include "client/exporter/metrics.h"
#include "common/cleanup.h"
#include "tests/support/cmocka.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

static const metric_t sizes = {"memscope_test_bytes", METRIC_GAUGE, "bytes", "kind", "Sizes."};
static const metric_t times = {"memscope_test_seconds", METRIC_COUNTER, "seconds", "", "Times."};
static const metric_t facts = {"memscope_test", METRIC_INFO, "", "", "Facts."};
static const metric_t nobody = {"memscope_nobody", METRIC_GAUGE, "", "", "Not there."};

static char *write_all(exposition_format_t format)
{
    const label_t hostile[] = {{"kind", "a\"b\\c\nd"}, {"tag", ""}};
    exposition_t e;
    char *text;
    size_t len;

    exposition_init(&e, format);
    exposition_begin(&e, &sizes);
    exposition_integer(&e, hostile, 2, -5);
    exposition_begin(&e, &nobody);
    exposition_begin(&e, &times);
    exposition_number(&e, NULL, 0, 1.5, 3);
    exposition_begin(&e, &facts);
    exposition_integer(&e, hostile, 1, 1);
    assert_int_equal(exposition_finish(&e, &text, &len), 0);
    assert_int_equal(strlen(text), len);
    return text;
}

static void test_prometheus(void **state)
{
    _cleanup_free_ char *text = write_all(EXPOSITION_PROMETHEUS);

    (void) state;
    assert_string_equal(text, "# HELP memscope_test_bytes Sizes.\n"
                              "# TYPE memscope_test_bytes gauge\n"
                              "memscope_test_bytes{kind=\"a\\\"b\\\\c\\nd\",tag=\"\"} -5\n"
                              "# HELP memscope_test_seconds_total Times.\n"
                              "# TYPE memscope_test_seconds_total counter\n"
                              "memscope_test_seconds_total 1.500\n"
                              "# HELP memscope_test_info Facts.\n"
                              "# TYPE memscope_test_info gauge\n"
                              "memscope_test_info{kind=\"a\\\"b\\\\c\\nd\"} 1\n");
}

static void test_openmetrics(void **state)
{
    _cleanup_free_ char *text = write_all(EXPOSITION_OPENMETRICS);

    (void) state;
    assert_string_equal(text, "# HELP memscope_test_bytes Sizes.\n"
                              "# TYPE memscope_test_bytes gauge\n"
                              "# UNIT memscope_test_bytes bytes\n"
                              "memscope_test_bytes{kind=\"a\\\"b\\\\c\\nd\",tag=\"\"} -5\n"
                              "# HELP memscope_test_seconds Times.\n"
                              "# TYPE memscope_test_seconds counter\n"
                              "# UNIT memscope_test_seconds seconds\n"
                              "memscope_test_seconds_total 1.500\n"
                              "# HELP memscope_test Facts.\n"
                              "# TYPE memscope_test info\n"
                              "memscope_test_info{kind=\"a\\\"b\\\\c\\nd\"} 1\n"
                              "# EOF\n");
}

// What both formats ask of every declaration.
static void test_declarations(void **state)
{
    (void) state;
    for (size_t i = 0; i < METRICS_MAX; i++) {
        const metric_t *m = &metrics[i];
        size_t name = strlen(m->name), unit = strlen(m->unit), help = strlen(m->help);

        assert_memory_equal(m->name, "memscope_", 9);
        for (size_t c = 0; c < name; c++)
            assert_true(islower(m->name[c]) || m->name[c] == '_');
        assert_true(help > 0 && m->help[help - 1] == '.' && !strpbrk(m->help, "\n\\\""));
        assert_true(name > unit && strcmp(m->name + name - unit, m->unit) == 0);
        assert_null(strstr(m->name, "_total_total"));
        assert_false(name > 6 && strcmp(m->name + name - 6, "_total") == 0);
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(m->name, metrics[other].name);
    }
}

static void test_the_reader_chooses(void **state)
{
    static const struct {
        const char *accept;
        exposition_format_t format;
    } cases[] = {
            {NULL, EXPOSITION_PROMETHEUS},
            {"", EXPOSITION_PROMETHEUS},
            {"*/*", EXPOSITION_PROMETHEUS},
            {"text/html, */*;q=0.1", EXPOSITION_PROMETHEUS},
            {"application/openmetrics-text", EXPOSITION_OPENMETRICS},
            {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
             "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                    EXPOSITION_OPENMETRICS},
            {"text/plain, application/openmetrics-text; q=0.3", EXPOSITION_PROMETHEUS},
            {"application/openmetrics-text;q=0", EXPOSITION_PROMETHEUS},
            {"application/openmetrics-textual", EXPOSITION_PROMETHEUS},
            {"  APPLICATION/OpenMetrics-Text ; Q=0.9 , text/plain;q=0.8", EXPOSITION_OPENMETRICS},
            {",;,;q=,application/openmetrics-text;q=nan", EXPOSITION_PROMETHEUS},
            {";;;;", EXPOSITION_PROMETHEUS},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (http_wanted_format(cases[i].accept) != cases[i].format)
            fail_msg("%s", cases[i].accept);
}

static void test_addresses(void **state)
{
    static const char *const good[] = {"127.0.0.1:9912", "0.0.0.0:0", "[::1]:9912", "[::]:65535"};
    static const char *const bad[] = {"", ":", "9912", ":9912", "127.0.0.1",
            "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:99x", "127.0.0.1:123456",
            "::1:9912", "[::1]", "[::1:9912", "[]:1", "[127.0.0.1]:1", "localhost:9912", "1.2.3:4",
            "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc]:1"};
    struct sockaddr_storage address;
    size_t len;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_true(http_parse_address(good[i], &address, &len));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (http_parse_address(bad[i], &address, &len))
            fail_msg("taken for an address: %s", bad[i]);
    assert_true(http_parse_address("[::1]:9912", &address, &len));
    assert_int_equal(address.ss_family, AF_INET6);
    assert_int_equal(ntohs(((struct sockaddr_in6 *) &address)->sin6_port), 9912);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_prometheus),
            cmocka_unit_test(test_openmetrics),
            cmocka_unit_test(test_declarations),
            cmocka_unit_test(test_the_reader_chooses),
            cmocka_unit_test(test_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
