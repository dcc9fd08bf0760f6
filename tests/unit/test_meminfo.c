// meminfo, vmstat, pressure and loadavg of different kernels: what is there is taken, what is not
// stays unknown.

#include "common/cleanup.h"
#include "daemon/proc/meminfo.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char linux_6[] = "MemTotal:       24684092 kB\n"
                              "MemFree:        21868556 kB\n"
                              "MemAvailable:   22101972 kB\n"
                              "Buffers:           40012 kB\n"
                              "Cached:          1003340 kB\n"
                              "SwapCached:           12 kB\n"
                              "Active:           881112 kB\n"
                              "Active(anon):     700000 kB\n"
                              "Inactive(anon):     5324 kB\n"
                              "Unevictable:          13 kB\n"
                              "Mlocked:              14 kB\n"
                              "SwapTotal:       2097148 kB\n"
                              "SwapFree:        2000000 kB\n"
                              "Zswap:                15 kB\n"
                              "Zswapped:             99 kB\n"
                              "Dirty:                16 kB\n"
                              "Writeback:            17 kB\n"
                              "AnonPages:        704112 kB\n"
                              "Mapped:           202344 kB\n"
                              "Shmem:              1200 kB\n"
                              "KReclaimable:      70000 kB\n"
                              "Slab:             130000 kB\n"
                              "SReclaimable:      69999 kB\n"
                              "SUnreclaim:        60001 kB\n"
                              "KernelStack:        5504 kB\n"
                              "ShadowCallStack:      99 kB\n"
                              "PageTables:        10100 kB\n"
                              "SecPageTables:        18 kB\n"
                              "WritebackTmp:         99 kB\n"
                              "VmallocTotal:   34359738367 kB\n"
                              "VmallocUsed:       21000 kB\n"
                              "Percpu:              992 kB\n"
                              "ShmemHugePages:       99 kB\n"
                              "HugePages_Total:       2\n"
                              "Hugetlb:            4096 kB\n";

// As MemAvailable came, and the parts of page tables and hugepages did not.
static const char linux_2_6[] = "MemTotal:      8061264 kB\n"
                                "MemFree:        245252 kB\n"
                                "Buffers:        185216 kB\n"
                                "Cached:        4813220 kB\n"
                                "SwapTotal:           0 kB\n"
                                "SwapFree:            0 kB\n"
                                "AnonPages:     2102316 kB\n"
                                "PageTables:      20124 kB\n";

static void test_meminfo(void **state)
{
    system_snapshot_t s = {0};

    (void) state;
    assert_int_equal(meminfo_parse(linux_6, sizeof(linux_6) - 1, &s), 0);
    assert_int_equal(s.mem_total_kb, 24684092);
    assert_int_equal(s.mem_free_kb, 21868556);
    assert_int_equal(s.mem_available_kb, 22101972);
    assert_int_equal(s.buffers_kb, 40012);
    assert_int_equal(s.cached_kb, 1003340);
    assert_int_equal(s.swap_cached_kb, 12);
    assert_int_equal(s.unevictable_kb, 13);
    assert_int_equal(s.mlocked_kb, 14);
    assert_int_equal(s.swap_total_kb, 2097148);
    assert_int_equal(s.swap_free_kb, 2000000);
    assert_int_equal(s.zswap_kb, 15);
    assert_int_equal(s.dirty_kb, 16);
    assert_int_equal(s.writeback_kb, 17);
    assert_int_equal(s.anon_kb, 704112);
    assert_int_equal(s.mapped_kb, 202344);
    assert_int_equal(s.shmem_kb, 1200);
    assert_int_equal(s.slab_reclaimable_kb, 69999);
    assert_int_equal(s.slab_unreclaimable_kb, 60001);
    assert_int_equal(s.kernel_stack_kb, 5504);
    assert_int_equal(s.page_tables_kb, 10100 + 18);
    assert_int_equal(s.vmalloc_kb, 21000);
    assert_int_equal(s.percpu_kb, 992);
    assert_int_equal(s.hugetlb_kb, 4096);
    // Sums do not grow from tick to tick.
    assert_int_equal(meminfo_parse(linux_6, sizeof(linux_6) - 1, &s), 0);
    assert_int_equal(s.page_tables_kb, 10100 + 18);
    assert_int_equal(s.lru_anon_kb, 700000 + 5324);
}

static void test_old_meminfo(void **state)
{
    system_snapshot_t s = {0};

    (void) state;
    assert_int_equal(meminfo_parse(linux_2_6, sizeof(linux_2_6) - 1, &s), 0);
    assert_int_equal(s.mem_total_kb, 8061264);
    assert_int_equal(s.page_tables_kb, 20124);
    assert_true(SYSTEM_KNOWN(&s, swap_total_kb));
    assert_false(SYSTEM_KNOWN(&s, mem_available_kb));
    assert_false(SYSTEM_KNOWN(&s, zswap_kb));
    assert_false(SYSTEM_KNOWN(&s, shmem_kb));
}

static void test_any_order_and_odd_lines(void **state)
{
    static const char text[] = "Hugetlb: 3 kB\nMemFree:\nNothing: 1 kB\nMemTotal: 5 kB\n\n: 9\n"
                               "Cached: -1 kB\nDirty: 99999999999999999999999 kB\nMemAvail: 7 kB";
    system_snapshot_t s = {0};

    (void) state;
    assert_int_equal(meminfo_parse(text, sizeof(text) - 1, &s), 0);
    assert_int_equal(s.hugetlb_kb, 3);
    assert_int_equal(s.mem_total_kb, 5);
    assert_true(s.dirty_kb == UINT64_MAX);
    assert_false(SYSTEM_KNOWN(&s, mem_free_kb));
    assert_false(SYSTEM_KNOWN(&s, cached_kb));
    assert_false(SYSTEM_KNOWN(&s, mem_available_kb));
    s = (system_snapshot_t){0};
    assert_int_equal(meminfo_parse("MemFree: 1 kB\n", 14, &s), -EBADMSG);
    assert_int_equal(meminfo_parse("", 0, &s), -EBADMSG);
}

static void test_truncated(void **state)
{
    (void) state;
    for (size_t len = 0; len < sizeof(linux_6); len++) {
        _cleanup_free_ char *copy = malloc(len > 0 ? len : 1);
        system_snapshot_t s = {0};
        meminfo_levels_t levels = {0};

        assert_non_null(copy);
        memcpy(copy, linux_6, len);
        meminfo_parse(copy, len, &s);
        assert_true(s.shmem_kb <= 1200);
        meminfo_parse_levels(copy, len, &levels);
        assert_true(levels.taken_kb <= 704112 + 1200);
    }
}

static void test_vmstat(void **state)
{
    static const char text[] =
            "nr_free_pages 5467139\npgpgin 100\npswpin 3\npswpout 4\n"
            "pgfault 8123456789\npgmajfault 77\npgsteal_kswapd 5\n"
            "pgsteal_direct 6\npgsteal_khugepaged 7\npgsteal_proactive 8\n"
            "nr_zspages 12\npgscan_kswapd 99\npgsteal_anon 99\npgsteal_file 99\noom_kill 2\n";
    system_snapshot_t s = {0};

    (void) state;
    for (int tick = 0; tick < 2; tick++) {
        assert_int_equal(vmstat_parse(text, sizeof(text) - 1, &s), 0);
        assert_int_equal(s.pswpin, 3);
        assert_int_equal(s.pswpout, 4);
        assert_int_equal(s.pgfault, 8123456789);
        assert_int_equal(s.pgmajfault, 77);
        assert_int_equal(s.oom_kill, 2);
        assert_int_equal(s.pgsteal, 5 + 6 + 7 + 8);
        assert_int_equal(s.zsmalloc_kb, 12);
    }
    s = (system_snapshot_t){0};
    // Before Linux 4.13 there is no oom_kill.
    assert_int_equal(vmstat_parse("pgfault 1\n", 10, &s), 0);
    assert_false(SYSTEM_KNOWN(&s, oom_kill));
    assert_int_equal(vmstat_parse("nr_free_pages 1\n", 16, &s), -EBADMSG);
}

static void test_pressure(void **state)
{
    static const char text[] = "some avg10=1.23 avg60=0.22 avg300=0.01 total=1234\n"
                               "full avg10=100.00 avg60=0.00 avg300=0.00 total=99\n";
    static const char *const wrong[] = {"", "some\n", "some avg10=\n", "some avg10=1\n",
            "some avg10=1.2 avg60=3.33\n", "some avg10=1.234 \n", "some avg60=1.23\n",
            "none avg10=1.23\n", "some avg10=x.23\n"};
    system_snapshot_t s = {0};

    (void) state;
    assert_int_equal(pressure_parse(text, sizeof(text) - 1, &s), 0);
    assert_int_equal(s.psi_some, 123);
    assert_int_equal(s.psi_full, 10000);
    assert_int_equal(s.psi_some_total_us, 1234);
    assert_int_equal(s.psi_full_total_us, 99);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        s = (system_snapshot_t){0};
        assert_int_equal(pressure_parse(wrong[i], strlen(wrong[i]), &s), -EBADMSG);
        assert_true(s.known == 0);
    }
    // Without "full", as before Linux 5.13 for CPU.
    assert_int_equal(pressure_parse(text, (size_t) (strstr(text, "full") - text), &s), 0);
    assert_false(SYSTEM_KNOWN(&s, psi_full) || SYSTEM_KNOWN(&s, psi_full_total_us));
    assert_int_equal(s.psi_some_total_us, 1234);
    s = (system_snapshot_t){0};
    assert_int_equal(pressure_parse("some avg10=1.23 total=\n", 23, &s), 0);
    assert_false(SYSTEM_KNOWN(&s, psi_some_total_us));
}

static void test_levels(void **state)
{
    meminfo_levels_t levels = {0};

    (void) state;
    // No more than the head is read.
    assert_int_equal(meminfo_parse_levels(linux_6, 100, &levels), 0);
    assert_int_equal(levels.available_kb, 22101972);
    assert_int_equal(levels.taken_kb, 0);
    assert_int_equal(meminfo_parse_levels(linux_6, sizeof(linux_6) - 1, &levels), 0);
    assert_int_equal(levels.available_kb, 22101972);
    assert_int_equal(levels.taken_kb, 704112 + 1200);
    assert_int_equal(meminfo_parse_levels(linux_2_6, sizeof(linux_2_6) - 1, &levels), 0);
    assert_int_equal(levels.available_kb, 245252);
    assert_int_equal(levels.taken_kb, 2102316);
    assert_int_equal(meminfo_parse_levels("MemTotal: 1 kB\n", 15, &levels), -EBADMSG);
    assert_int_equal(meminfo_parse_levels("", 0, &levels), -EBADMSG);
}

static void test_last_pid(void **state)
{
    static const char *const wrong[] = {
            "", "0.00 0.01 0.05", "0.00 0.01 0.05 1/", "1/ 2", "1/2", "1/x 3", "1/2 x"};
    uint64_t pid = 7;

    (void) state;
    assert_int_equal(loadavg_parse_last_pid("2.50 1.98 1.28 3/9155 26576\n", 28, &pid), 0);
    assert_int_equal(pid, 26576);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(loadavg_parse_last_pid(wrong[i], strlen(wrong[i]), &pid), -EBADMSG);
    assert_int_equal(pid, 26576);
}

static void test_zoneinfo(void **state)
{
    static const char text[] = "Node 0, zone      DMA\n  pages free     3840\n        low      10\n"
                               "  pagesets\n    cpu: 0\n              count:    7\n"
                               "              high:     12\n    cpu: 1\n              count: 35\n"
                               "Node 0, zone   Normal\n  pagesets\n    cpu: 0\n"
                               "              count:    100\n  node_unreclaimable: 0\n";
    system_snapshot_t s = {0};

    (void) state;
    assert_int_equal(zoneinfo_parse(text, strlen(text), &s), 0);
    assert_int_equal(s.percpu_free_kb, 142);
    s = (system_snapshot_t){0};
    assert_int_equal(zoneinfo_parse("cpu: 0\n count: \n", 15, &s), -EBADMSG);
    assert_false(SYSTEM_KNOWN(&s, percpu_free_kb));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_meminfo),
            cmocka_unit_test(test_old_meminfo),
            cmocka_unit_test(test_any_order_and_odd_lines),
            cmocka_unit_test(test_truncated),
            cmocka_unit_test(test_vmstat),
            cmocka_unit_test(test_pressure),
            cmocka_unit_test(test_levels),
            cmocka_unit_test(test_last_pid),
            cmocka_unit_test(test_zoneinfo),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
