// How the daemon says it is doing.

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/engine/status.h"
#include "tests/support/cmocka.h"

#include <sys/mman.h>
#include <unistd.h>

#define BUDGET_PPM 5000

typedef struct {
    engine_t *engine;
    status_t status;
} fixture_t;

static int begin(void **state)
{
    const engine_config_t config = {.proc_root = "/proc",
            .memory_max = 64 << 20,
            .descriptors_max = 64,
            .pss_budget_ppm = BUDGET_PPM};
    fixture_t *f = calloc(1, sizeof(*f));

    if (!f || engine_new(&f->engine, &config, NULL, NULL) < 0)
        return -1;
    status_init(&f->status, BUDGET_PPM);
    *state = f;
    return 0;
}

static int end(void **state)
{
    fixture_t *f = *state;

    engine_free(f->engine);
    free(f);
    return 0;
}

static status_message_t tick(fixture_t *f)
{
    status_message_t m = {0};

    status_tick_begin(&f->status);
    assert_int_equal(engine_tick(f->engine), 0);
    status_tick_end(&f->status, f->engine);
    status_fill(&f->status, f->engine, &m);
    return m;
}

static void test_says_everything(void **state)
{
    fixture_t *f = *state;
    status_message_t m = {0};

    status_fill(&f->status, f->engine, &m);
    assert_false(m.has.capture_p99_us); // nothing is known yet
    m = tick(f);
    assert_true(m.has.build && m.build.len > 0);
    assert_int_equal(m.pid, getpid());
    assert_int_equal(m.ticks, 1);
    assert_true(m.has.uptime_ms && m.has.missed_ticks && m.has.capture_us && m.has.capture_p99_us);
    assert_int_equal(m.capture_p99_us, m.capture_us);
    assert_true(m.processes > 0);
    assert_true(m.has.rss_kb && m.rss_kb > 0);
    assert_int_equal(m.memory_max_kb, 64 << 10);
    assert_true(m.memory_kb > 0 && m.memory_kb < m.memory_max_kb);
    assert_int_equal(m.pss_budget_ppm, BUDGET_PPM);
    assert_true(m.has.pss_spent_us && m.has.failed_reads && m.has.descriptors);
    assert_true(m.has.unread_io && m.has.unread_memory);
    assert_true(m.unread_io <= m.processes && m.unread_memory <= m.processes);
}

// Those of the tick, and not those between two of them.
static void test_page_faults_of_ticks(void **state)
{
    enum { PAGES = 64 };
    size_t page = (size_t) sysconf(_SC_PAGESIZE);
    fixture_t *f = *state;
    status_message_t m = {0};
    faults_t before;

    tick(f);
    before = f->status.faults;
    for (int inside = 0; inside < 2; inside++) {
        unsigned char *fresh = mmap(
                NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        assert_true(fresh != MAP_FAILED);
        madvise(fresh, PAGES * page, MADV_NOHUGEPAGE);
        if (inside)
            status_tick_begin(&f->status);
        for (size_t i = 0; i < PAGES; i++)
            fresh[i * page] = 1;
        if (inside)
            status_tick_end(&f->status, f->engine);
        else
            assert_int_equal(f->status.faults.minor, before.minor);
        munmap(fresh, PAGES * page);
    }
    assert_true(f->status.faults.minor >= before.minor + PAGES);
    status_fill(&f->status, f->engine, &m);
    assert_int_equal(m.minor_faults, f->status.faults.minor);
    assert_int_equal(m.major_faults, f->status.faults.major);
    assert_true(m.has.locked_kb);
}

// What waits for a restart is memory, too.
static void test_counts_the_state(void **state)
{
    fixture_t *f = *state;
    status_message_t before = tick(f), after = {0};

    f->status.state_bytes = 8 << 20;
    status_fill(&f->status, f->engine, &after);
    assert_int_equal(after.memory_kb, before.memory_kb + (8 << 10));
}

static void test_cost_of_most_ticks(void **state)
{
    status_t s;

    (void) state;
    status_init(&s, 0);
    assert_int_equal(status_p99_us(&s), 0);
    for (unsigned i = 0; i < 100; i++)
        s.costs_us[s.ticks++ % STATUS_COSTS] = i + 1;
    assert_int_equal(status_p99_us(&s), 99);
    // Those that are long past count no more, in whatever order.
    for (unsigned i = 0; i < STATUS_COSTS; i++)
        s.costs_us[s.ticks++ % STATUS_COSTS] = 10 * (STATUS_COSTS - i);
    assert_int_equal(status_p99_us(&s), 10 * 297);
}

// A user reads io of their own processes, and is told how many others there are.
static void test_what_cannot_be_read(void **state)
{
    fixture_t *f = *state;
    status_message_t m = tick(f);

    if (geteuid() == 0)
        skip_because("root may read all");
    assert_true(m.unread_io > 0 || m.processes < 2);
    assert_true(m.unread_io < m.processes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(test_says_everything, begin, end),
            cmocka_unit_test_setup_teardown(test_page_faults_of_ticks, begin, end),
            cmocka_unit_test_setup_teardown(test_counts_the_state, begin, end),
            cmocka_unit_test(test_cost_of_most_ticks),
            cmocka_unit_test_setup_teardown(test_what_cannot_be_read, begin, end),
    };

    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
