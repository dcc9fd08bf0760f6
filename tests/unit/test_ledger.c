// Every byte is on a line: made-up hosts, and this one.

#include "common/cleanup.h"
#include "daemon/proc/meminfo.h"
#include "protocol/ledger.h"
#include "tests/support/cmocka.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static system_snapshot_t host(void)
{
    static const char text[] = "MemTotal: 100000 kB\nMemFree: 20000 kB\nBuffers: 1000 kB\n"
                               "Cached: 30000 kB\nSwapCached: 300 kB\nSwapTotal: 5000 kB\n"
                               "SwapFree: 4000 kB\nDirty: 700 kB\nWriteback: 50 kB\n"
                               "AnonPages: 25000 kB\nShmem: 6000 kB\nSReclaimable: 4000 kB\n"
                               "SUnreclaim: 3000 kB\nKernelStack: 900 kB\nPageTables: 800 kB\n"
                               "SecPageTables: 40 kB\nVmallocUsed: 1500 kB\nPercpu: 700 kB\n"
                               "Hugetlb: 2048 kB\nZswap: 128 kB\n";
    system_snapshot_t s = {0};

    assert_int_equal(meminfo_parse(text, strlen(text), &s), 0);
    return s;
}

static int64_t sum(const ledger_t *l, bool only_used)
{
    int64_t total = 0;

    for (unsigned i = 1; i < LEDGER_LINES; i++)
        if (i != LEDGER_SWAP && (!only_used || ledger_is_used(i)))
            total += l->kb[i];
    return total;
}

static void test_lines(void **state)
{
    system_snapshot_t s = host();
    ledger_t l;

    (void) state;
    SYSTEM_SET(&s, zsmalloc_kb, 500);
    SYSTEM_SET(&s, percpu_free_kb, 64);
    assert_true(ledger_of(&s, 77, &l));
    assert_int_equal(l.kb[LEDGER_PROCESSES], 25000);
    assert_int_equal(l.kb[LEDGER_SHMEM], 6000);
    assert_int_equal(l.kb[LEDGER_CACHE_DIRTY], 750);
    assert_int_equal(l.kb[LEDGER_CACHE_CLEAN], 1000 + 30000 - 6000 - 750);
    assert_int_equal(l.kb[LEDGER_SLAB_RECLAIMABLE], 4000);
    assert_int_equal(l.kb[LEDGER_SLAB], 3000);
    assert_int_equal(l.kb[LEDGER_PAGE_TABLES], 840);
    assert_int_equal(l.kb[LEDGER_KERNEL_STACKS], 900);
    assert_int_equal(l.kb[LEDGER_VMALLOC], 600);
    assert_int_equal(l.kb[LEDGER_PERCPU], 700);
    assert_int_equal(l.kb[LEDGER_HUGETLB], 2048);
    assert_int_equal(l.kb[LEDGER_COMPRESSED], 500);
    assert_int_equal(l.kb[LEDGER_FREE], 20064);
    assert_int_equal(l.kb[LEDGER_SWAP], 700);
    assert_int_equal(sum(&l, false), 100000);
    assert_int_equal(l.used_kb, sum(&l, true) + 700);
    assert_int_equal(l.used_kb, 100000 - 20064 - 25000 - 4000 + 700);
}

// Swapped out, and still in RAM: the processes that had them mapped say that they are in swap.
static void test_copies_of_what_is_in_swap(void **state)
{
    static const struct {
        uint64_t lru_kb;
        int64_t copies_kb; // of the 300
    } cases[] = {{25000 + 6000 + 200, 200}, {25000 + 6000 + 900, 300}, {25000, 0}, {0, 0}};
    system_snapshot_t s = host();
    ledger_t l;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        SYSTEM_SET(&s, lru_anon_kb, cases[i].lru_kb);
        assert_true(ledger_of(&s, 77, &l));
        assert_int_equal(l.kb[LEDGER_CACHE_CLEAN], 1000 + 30000 - 6000 - 750 + cases[i].copies_kb);
        assert_int_equal(l.kb[LEDGER_SWAP], 700 + cases[i].copies_kb);
        assert_int_equal(sum(&l, false), 100000);
    }
}

static void test_kernels_that_say_less(void **state)
{
    system_snapshot_t s = {0};
    ledger_t l = {.used_kb = 5};

    (void) state;
    SYSTEM_SET(&s, mem_total_kb, 1000);
    assert_false(ledger_of(&s, 0, &l));
    assert_int_equal(l.used_kb, 5);
    SYSTEM_SET(&s, mem_free_kb, 400);
    assert_true(ledger_of(&s, 250, &l));
    assert_int_equal(l.kb[LEDGER_PROCESSES], 250);
    assert_int_equal(l.kb[LEDGER_UNEXPLAINED], 350);
    assert_int_equal(l.used_kb, 600);
}

// More shared memory than cache, more dirty pages than there are, more stacks than vmalloc: lines
// are read one after the other, and are not of one moment.
static void test_lines_that_do_not_fit(void **state)
{
    system_snapshot_t s = host();
    ledger_t l;

    (void) state;
    SYSTEM_SET(&s, shmem_kb, 40000);
    SYSTEM_SET(&s, kernel_stack_kb, 2000);
    SYSTEM_SET(&s, swap_cached_kb, 2000);
    assert_true(ledger_of(&s, 0, &l));
    assert_int_equal(l.kb[LEDGER_CACHE_DIRTY], 0);
    assert_int_equal(l.kb[LEDGER_CACHE_CLEAN], 0);
    assert_int_equal(l.kb[LEDGER_VMALLOC], 0);
    assert_int_equal(l.kb[LEDGER_SWAP], 0);
    assert_int_equal(sum(&l, false), 100000);
}

// While processes are looked at, one of them takes 8000 kB.
static void test_between(void **state)
{
    static const struct {
        uint64_t seen_kb; // of processes
        int64_t part_kb;  // of the 8000
    } cases[] = {{20000, 0}, {26000, 6000}, {28000, 8000}, {40000, 8000}, {10, 0}};
    system_snapshot_t before = host(), after = host();
    ledger_t first, l;

    (void) state;
    SYSTEM_SET(&after, anon_kb, before.anon_kb + 8000);
    SYSTEM_SET(&after, mem_free_kb, before.mem_free_kb - 8400);
    SYSTEM_SET(&after, page_tables_kb, before.page_tables_kb + 400);
    assert_true(ledger_of(&before, 20000, &first)); // and 5700 are shared by nobody's fault
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_true(ledger_between(&before, &after, cases[i].seen_kb, first.gap_kb, &l));
        assert_int_equal(l.kb[LEDGER_PROCESSES], 25000 + cases[i].part_kb);
        assert_int_equal(l.kb[LEDGER_FREE], 20000 - cases[i].part_kb * 21 / 20);
        assert_int_equal(l.used_kb, first.used_kb + cases[i].part_kb * 21 / 20);
        assert_int_equal(sum(&l, false), 100000);
    }
    assert_true(ledger_between(&before, &before, 26000, first.gap_kb, &l));
    assert_int_equal(l.used_kb, first.used_kb);
}

static void test_this_host(void **state)
{
    _cleanup_close_ int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    system_snapshot_t s = {0};
    char text[8192];
    ssize_t n = read(fd, text, sizeof(text));
    ledger_t l;

    (void) state;
    assert_true(n > 0);
    assert_int_equal(meminfo_parse(text, (size_t) n, &s), 0);
    assert_true(ledger_of(&s, 0, &l));
    assert_int_equal(sum(&l, false), s.mem_total_kb);
    print_message("# unexplained: %lld of %llu kB\n", (long long) l.kb[LEDGER_UNEXPLAINED],
            (unsigned long long) s.mem_total_kb);
    assert_in_range(l.kb[LEDGER_UNEXPLAINED] + (int64_t) s.mem_total_kb, s.mem_total_kb * 85 / 100,
            s.mem_total_kb * 115 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_lines),
            cmocka_unit_test(test_copies_of_what_is_in_swap),
            cmocka_unit_test(test_kernels_that_say_less),
            cmocka_unit_test(test_lines_that_do_not_fit),
            cmocka_unit_test(test_between),
            cmocka_unit_test(test_this_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
