// Moments as people write them, in a zone with summer time.

#include "client/cli/cli.h"
#include "client/cli/when.h"
#include "common/cleanup.h"
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND UINT64_C(1000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)

// 2026-11-21 15:30:00 in Berlin, which is UTC+1 then.
#define NOW (UINT64_C(1795271400) * SECOND)

static int setup(void **state)
{
    (void) state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    return 0;
}

static void test_understood(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } cases[] = {
            {"now", NOW},
            {"-10m", NOW - 600 * SECOND},
            {"-1h30m", NOW - 5400 * SECOND},
            {"-90", NOW - 90 * SECOND},
            {"-2d", NOW - 2 * DAY},
            {"-0s", NOW},
            {"15:30", NOW},
            {"15:29", NOW - 60 * SECOND},
            {"15:29:50", NOW - 10 * SECOND},
            {"15:31", NOW - DAY + 60 * SECOND}, // yet to come: yesterday
            {"00:00", NOW - 15 * HOUR - 1800 * SECOND},
            {"2026-11-21", NOW - 15 * HOUR - 1800 * SECOND},
            {"2026-11-21T14:30", NOW - HOUR},
            {"2026-11-21 14:30:01", NOW - HOUR + SECOND},
            {"2026-11-21T14:30Z", NOW},
            {"2026-11-21T14:30:00+01:00", NOW - HOUR},
            {"2026-11-21T12:00-02:30", NOW},
            {"2026-11-21T14:30:00+0100", NOW - HOUR}, // as date +%FT%T%z writes it
            {"2026-11-21T15:30:00+01", NOW},
            {"15:29:50.25", NOW - 9750},
            {"15:30:00.001", NOW - DAY + 1},                    // yet to come, too
            {"2026-11-21T14:30:00.123456+00:00", NOW + 123},    // as Python does
            {"2026-11-21T15:30:00,987654321+01:00", NOW + 987}, // as date -Ins does
            {"@1795271400", NOW},
            {"@1795271399.5", NOW - 500},                        // as memscope itself does
            {"2026-07-01T12:00", UINT64_C(1782900000) * SECOND}, // summer
            {"1970-01-01T00:00Z", 0},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t ms = 1;

        if (!when_parse(cases[i].text, NOW, &ms) || ms != cases[i].ms)
            fail_msg("%s: %llu, not %llu", cases[i].text, (unsigned long long) ms,
                    (unsigned long long) cases[i].ms);
    }
}

static void test_not_understood(void **state)
{
    static const char *const cases[] = {"", "-", "-m", "-10x", "10m", "-1e3", "25:00", "12",
            "12:", "12:60", "12:00:61", "12:00 ", "12:00Z", "2026-13-01", "2026-00-01", "2026-1-1",
            "2026-11-21T", "2026-11-21T12", "2026-11-21T12:00+1", "2026-11-21T12:00+01:00x",
            "2026-11-21x", "12:00:00.", "12:00.5", "2026-11-21T12:00:00.Z",
            "2026-11-21T12:00+01:", "2026-11-21T12:00+01:0", "2026-11-21T12:00:00+010", "@", "@x",
            "@-5", "@1795271400.", "@1795271400Z", "@123456789012", "yesterday", "-99999999999s",
            "- 5m", "1960-01-01"};

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t ms = 77;

        if (when_parse(cases[i], NOW, &ms))
            fail_msg("'%s' is understood", cases[i]);
        assert_int_equal(ms, 77);
    }
}

// What is written to the second is that second, to its end; all else is a moment.
static void test_until(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } cases[] = {
            {"15:29:50", NOW - 10 * SECOND + 999},
            {"15:29:50.5", NOW - 10 * SECOND + 500},
            {"15:29", NOW - 60 * SECOND},
            {"2026-11-21T14:29:50Z", NOW - 10 * SECOND + 999},
            {"2026-11-21T14:29:50.0Z", NOW - 10 * SECOND},
            {"2026-11-21T15:29", NOW - 60 * SECOND},
            {"@1795271390", NOW - 10 * SECOND + 999},
            {"@1795271390.25", NOW - 10 * SECOND + 250},
            {"-10s", NOW - 10 * SECOND},
            {"now", NOW},
    };

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t from_ms = 1, to_ms = 1;

        assert_int_equal(when_span(NULL, cases[i].text, NOW, &from_ms, &to_ms), CLI_OK);
        assert_int_equal(from_ms, 1);
        if (to_ms != cases[i].ms)
            fail_msg("%s: %llu, not %llu", cases[i].text, (unsigned long long) to_ms,
                    (unsigned long long) cases[i].ms);
    }
    // One and the same second is a span, too.
    uint64_t from_ms, to_ms;
    assert_int_equal(when_span("15:29:50", "15:29:50", NOW, &from_ms, &to_ms), CLI_OK);
    assert_int_equal(to_ms - from_ms, 999);
    assert_int_equal(when_span("15:29:50.5", "15:29:50", NOW, &from_ms, &to_ms), CLI_OK);
    assert_int_equal(to_ms - from_ms, 499);
}

static void test_written(void **state)
{
    char buf[WHEN_MAX];

    (void) state;
    assert_string_equal(when_format(buf, sizeof(buf), NOW - 5 * SECOND, NOW), "15:29:55");
    assert_string_equal(when_format(buf, sizeof(buf), NOW - 16 * HOUR, NOW), "2026-11-20 23:30:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_understood),
            cmocka_unit_test(test_not_understood),
            cmocka_unit_test(test_until),
            cmocka_unit_test(test_written),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
