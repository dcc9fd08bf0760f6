// The answers about one process: what is said to whom, and the past as it travels.

#include "common/cleanup.h"
#include "daemon/publish/details.h"
#include "protocol/cursor.h"
#include "tests/support/captured.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    captured_t host;
    tags_t *tags;
    chronicle_t *chronicle;
    history_t *history;
    details_t *details;
    uint32_t slot;
} fixture_t;

// A process whose files say whose it is: without root's rights, one's own.
static void start(fixture_t *f)
{
    proctree_process_t postgres = captured_postgres;

    postgres.uid = postgres.euid = geteuid() == 0 ? 30001 : geteuid();
    captured_init(&f->host, true);
    proctree_process(&f->host.tree, &postgres);
    captured_tick(&f->host);
    captured_wait(&f->host, 812, PROCESS_FIELD_pss_kb);
    assert_int_equal(tags_new(&f->tags, 1000), 0);
    assert_int_equal(history_new(&f->history, 1 << 20), 0);
    assert_int_equal(chronicle_new(&f->chronicle, f->host.capture, f->tags, &f->host.fs, 0), 0);
    assert_int_equal(
            details_new(&f->details, f->host.capture, f->tags, f->chronicle, &f->host.fs), 0);
    f->slot = capture_find(f->host.capture, 812, 0);
    tags_born(f->tags, f->slot, &capture_current(f->host.capture)->processes[f->slot],
            capture_current(f->host.capture)->system.mono_ms, 0);
}

static void stop(fixture_t *f)
{
    details_free(f->details);
    chronicle_free(f->chronicle);
    history_free(f->history);
    tags_free(f->tags);
    captured_done(&f->host);
}

static const reader_result_t reading = {.smaps = {.source = PSS_SOURCE_ROLLUP,
                                                .has_pss = true,
                                                .has_pss_kind = true,
                                                .rss_kb = 1000,
                                                .anon_kb = 600,
                                                .file_kb = 300,
                                                .shmem_kb = 100,
                                                .swap_kb = 7,
                                                .pss_kb = 800,
                                                .pss_anon_kb = 590,
                                                .pss_file_kb = 150,
                                                .pss_shmem_kb = 60,
                                                .private_clean_kb = 1,
                                                .private_dirty_kb = 599,
                                                .shared_clean_kb = 300,
                                                .shared_dirty_kb = 100,
                                                .swap_pss_kb = 5},
        .exe_len = 8,
        .exe = "/bin/exe",
        .time_ms = 12345,
        .smaps_us = 99};

static void assert_view(text_view_t v, const char *text)
{
    assert_int_equal(v.len, strlen(text));
    assert_memory_equal(v.data, text, v.len);
}

static void test_everything_for_the_owner(void **state)
{
    details_message_t m;
    fixture_t f;

    (void) state;
    start(&f);
    details_of(f.details, f.slot, &reading, true, &m);
    assert_int_equal(m.pid, 812);
    assert_int_equal(m.start_time, 4000);
    assert_view(m.name, "postgres");
    assert_view(m.exe, "/bin/exe");
    assert_view(m.cgroup, "/system.slice/postgres.service");
    assert_int_equal(m.source, PSS_SOURCE_ROLLUP);
    assert_int_equal(m.breakdown_ms, 12345);
    assert_int_equal(m.read_us, 99);
    assert_int_equal(m.rss_kb, m.anon_kb + m.file_kb + m.shmem_kb);
    assert_int_equal(m.pss_kb, m.pss_anon_kb + m.pss_file_kb + m.pss_shmem_kb);
    assert_int_equal(m.private_dirty_kb, 599);
    assert_int_equal(m.hwm_kb, 50000);
    assert_int_equal(m.utime_ms, 30 * 1000 / f.host.fs.clock_hz);
    assert_int_equal(m.minflt, 500);
    assert_int_equal(m.read_bytes, 1000000);
    assert_int_equal(m.wchar, 2);
    assert_false(m.has.unreadable || m.has.exited_ms || m.has.spike_text || m.has.zombie_text);
    assert_true(m.has.leak_text); // says why it is none
    stop(&f);
}

static void test_only_public_fields_for_others(void **state)
{
    const message_info_t *info = message_info(MESSAGE_DETAILS);
    details_message_t m;
    fixture_t f;

    (void) state;
    start(&f);
    for (int with = 0; with < 2; with++) {
        details_of(f.details, f.slot, with ? &reading : NULL, false, &m);
        for (size_t i = 0; i < info->n_fields; i++) {
            bool has = *(const bool *) ((const char *) &m + info->fields[i].has_offset);

            assert_false(has && info->fields[i].audience == FIELD_PRIVATE);
        }
        assert_true(m.has.rss_kb && m.has.anon_kb && m.has.unreadable);
        assert_int_equal(m.source, with ? PSS_SOURCE_ROLLUP : PSS_SOURCE_STATUS);
    }
    stop(&f);
}

static void test_what_is_missing_is_said(void **state)
{
    reader_result_t r = reading;
    details_message_t m;
    fixture_t f;

    (void) state;
    start(&f);
    // Nothing was read yet: what the capture has.
    details_of(f.details, f.slot, NULL, true, &m);
    assert_int_equal(m.source, PSS_SOURCE_STATUS);
    assert_int_equal(m.rss_kb, 8500 * PAGE_KB);
    assert_false(m.has.pss_kb || m.has.exe || m.has.breakdown_ms);
    // The kernel answered with status alone.
    r.smaps.source = PSS_SOURCE_STATUS;
    r.smaps.has_pss = false;
    details_of(f.details, f.slot, &r, true, &m);
    assert_int_equal(m.source, PSS_SOURCE_STATUS);
    assert_false(m.has.pss_kb || m.has.private_dirty_kb);
    assert_true(m.has.unreadable);
    // An old kernel without the kinds of PSS.
    r = reading;
    r.smaps.has_pss_kind = false;
    details_of(f.details, f.slot, &r, true, &m);
    assert_true(m.has.pss_kb && !m.has.pss_anon_kb);
    r = reading;
    r.smaps_error = -EIO;
    details_of(f.details, f.slot, &r, true, &m);
    assert_true(m.has.unreadable);
    assert_false(m.has.pss_kb);
    PROCESS_SET(&capture_current_writable(f.host.capture)->processes[f.slot], blocked_s, 9);
    details_of(f.details, f.slot, NULL, true, &m);
    assert_true(m.has.unreadable);
    assert_non_null(memmem(m.unreadable.data, m.unreadable.len, "9 s", 3));
    stop(&f);
}

static void test_one_that_ended(void **state)
{
    details_message_t m;
    fixture_t f;

    (void) state;
    start(&f);
    proctree_end(&f.host.tree, 812);
    captured_tick(&f.host);

    const exit_record_t *e = capture_exit(f.host.capture, 0);
    assert_non_null(e);
    details_of_exit(f.details, e, true, &m);
    assert_int_equal(m.pid, 812);
    assert_int_equal(m.exited_ms, e->exited_ms);
    assert_int_equal(m.anon_kb, 2500 * PAGE_KB);
    assert_int_equal(m.hwm_kb, 50000);
    assert_int_equal(m.pss_kb, 21000);
    assert_view(m.name, "postgres");
    details_of_exit(f.details, e, false, &m);
    assert_true(m.has.anon_kb && m.has.exited_ms);
    assert_false(m.has.pss_kb || m.has.private_dirty_kb || m.has.private_clean_kb);
    stop(&f);
}

// Whoever inspected it to the end keeps its figures; who may not see them does not get them now.
static void test_one_that_ended_under_inspection(void **state)
{
    reader_result_t now = reading;
    reader_result_t late = {.smaps = {.source = PSS_SOURCE_STATUS}};
    reader_result_t gone = {.smaps = {.source = PSS_SOURCE_STATUS, .rss_kb = 12},
            .owner = {OWNER_ROOT_ONLY, OWNER_ROOT_ONLY}};
    details_message_t m;
    fixture_t f;

    (void) state;
    start(&f);
    proctree_write(&f.host.tree, "812/status",
            "Name:\tpostgres\nVmSize:\t77000 kB\nVmLck:\t16 kB\nVmPTE:\t140 kB\n");
    now.time_ms = capture_current(f.host.capture)->system.mono_ms;
    now.owner = late.owner = capture_owner(f.host.capture, f.slot);
    details_of(f.details, f.slot, &now, true, &m);

    uint64_t utime_ms = m.utime_ms;
    assert_true(m.has.utime_ms && m.has.rchar);
    // On its way out: its memory is given back, and its state does not tell yet.
    late.time_ms = now.time_ms;
    details_of(f.details, f.slot, &late, true, &m);
    // Read still, and gone by the time it was asked whose it was; then not even read.
    gone.time_ms = now.time_ms;
    details_of(f.details, f.slot, &gone, true, &m);
    gone.smaps_error = gone.exe_error = -ESRCH;
    details_of(f.details, f.slot, &gone, true, &m);
    // In between it has a map with nothing in it.
    gone.smaps_error = -ENODATA;
    details_of(f.details, f.slot, &gone, true, &m);
    proctree_end(&f.host.tree, 812);
    captured_tick(&f.host);

    const exit_record_t *e = capture_exit(f.host.capture, 0);
    assert_non_null(e);
    details_of_exit(f.details, e, true, &m);
    assert_int_equal(m.exited_ms, e->exited_ms);
    assert_int_equal(m.breakdown_ms, now.time_ms);
    assert_int_equal(m.rss_kb, 1000);
    assert_int_equal(m.pss_kb, 800);
    assert_int_equal(m.shared_dirty_kb, 100);
    assert_int_equal(m.size_kb, 77000);
    assert_int_equal(m.locked_kb, 16);
    assert_int_equal(m.page_tables_kb, 140);
    assert_int_equal(m.utime_ms, utime_ms);
    assert_int_equal(m.wchar, 2);
    assert_view(m.exe, "/bin/exe");
    assert_view(m.name, "postgres");
    assert_view(m.cgroup, "/system.slice/postgres.service");
    assert_false(m.has.leak_text || m.has.unreadable);

    const message_info_t *info = message_info(MESSAGE_DETAILS);
    details_of_exit(f.details, e, false, &m);
    for (size_t i = 0; i < info->n_fields; i++)
        assert_false(*(const bool *) ((const char *) &m + info->fields[i].has_offset) &&
                     info->fields[i].audience == FIELD_PRIVATE);
    assert_true(m.has.anon_kb && m.has.exited_ms && m.has.utime_ms);

    // It was somebody else's when it was inspected.
    exit_record_t other = *e;
    other.owner.uid++;
    details_of_exit(f.details, &other, true, &m);
    assert_false(m.has.exe || m.has.shared_dirty_kb);
    // And if that was long ago, what the capture had last is newer.
    other = *e;
    other.exited_ms += 60000;
    details_of_exit(f.details, &other, true, &m);
    assert_false(m.has.exe);
    assert_int_equal(m.anon_kb, 2500 * PAGE_KB);
    assert_int_equal(m.utime_ms, utime_ms);
    stop(&f);
}

// ---- The past ----------------------------------------------------------------------------------

#define GAP UINT64_MAX

// The points of a message, one a step, GAP where there is none; how many.
static size_t unpack(const history_message_t *m, uint64_t rss[], uint64_t private_kb[], size_t max)
{
    cursor_t c = cursor_of(m->points.data, m->points.len);
    uint64_t r = 0, p = 0;
    size_t n = 0;

    while (cursor_left(&c) > 0) {
        uint64_t head = cursor_varint(&c);

        if (!(head & 1)) {
            r += (uint64_t) cursor_zigzag(&c);
            p += (uint64_t) cursor_zigzag(&c);
        }
        assert_false(c.failed);
        for (uint64_t i = 0; i < head >> 1; i++, n++) {
            assert_true(n < max);
            rss[n] = head & 1 ? GAP : r;
            private_kb[n] = head & 1 ? GAP : p;
        }
    }
    assert_int_equal(n, m->count);
    return n;
}

static void test_history_as_it_travels(void **state)
{
    uint64_t rss[2000], private_kb[2000], now_s = 600000;
    history_message_t m = {0};
    fixture_t f;
    size_t n;

    (void) state;
    start(&f);

    uint32_t series = history_open(f.history, 812, 4000);
    for (uint64_t i = 0; i <= 4000; i++, now_s++)
        if (i < 3950 || i > 3960) // it was away for ten seconds
            history_record(f.history, series, now_s * 1000, 5000 + i % 7, 1000 + i);
    now_s--;
    assert_int_equal(details_history(f.details, f.history, series, now_s * 1000, 100000, 1, &m), 0);
    n = unpack(&m, rss, private_kb, 2000);
    assert_int_equal(m.step_ms, 1000);
    assert_int_equal(m.end_ms, now_s * 1000);
    assert_int_equal(n, 101);
    for (size_t i = 0; i < n; i++) {
        uint64_t second = 3900 + i;

        assert_true(private_kb[i] == (second < 3950 || second > 3960 ? 1000 + second : GAP));
        assert_true(rss[i] == (second < 3950 || second > 3960 ? 5000 + second % 7 : GAP));
    }
    // Farther back, and coarser if that was asked for.
    m = (history_message_t){0};
    assert_int_equal(
            details_history(f.details, f.history, series, now_s * 1000, 3600000, 1000, &m), 0);
    assert_int_equal(m.step_ms, 10000);
    n = unpack(&m, rss, private_kb, 2000);
    assert_in_range(n, 360, 361);
    m = (history_message_t){0};
    assert_int_equal(
            details_history(f.details, f.history, series, now_s * 1000, 60000, 60000, &m), 0);
    assert_int_equal(m.step_ms, 60000);
    m = (history_message_t){0};
    assert_int_equal(
            details_history(f.details, f.history, series, now_s * 1000, UINT64_MAX, 0, &m), 0);
    assert_int_equal(m.step_ms, 60000);
    n = unpack(&m, rss, private_kb, 2000);
    assert_in_range(n, 66, 68);
    assert_int_equal(private_kb[n - 1], 5000);
    // Nothing at all.
    m = (history_message_t){0};
    series = history_open(f.history, 1, 1);
    assert_int_equal(details_history(f.details, f.history, series, now_s * 1000, 60000, 1, &m), 0);
    assert_int_equal(m.count, 0);
    assert_int_equal(m.points.len, 0);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_everything_for_the_owner),
            cmocka_unit_test(test_only_public_fields_for_others),
            cmocka_unit_test(test_what_is_missing_is_said),
            cmocka_unit_test(test_one_that_ended),
            cmocka_unit_test(test_one_that_ended_under_inspection),
            cmocka_unit_test(test_history_as_it_travels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
