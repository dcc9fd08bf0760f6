// The breakdown of a process's memory: sums fed in any pieces, and who answers when who cannot.

#include "common/cleanup.h"
#include "common/file.h"
#include "daemon/proc/smaps.h"
#include "protocol/schema.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/proctree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define MAPPING(address, name)                                                                   \
    address " rw-p 00000000 00:00 0 " name "\nSize: 132 kB\nKernelPageSize: 4 kB\n"              \
            "MMUPageSize: 4 kB\nRss: 16 kB\nPss: 11 kB\nPss_Dirty: 99 kB\nShared_Clean: 1 kB\n"  \
            "Shared_Dirty: 2 kB\nPrivate_Clean: 3 kB\nPrivate_Dirty: 10 kB\nReferenced: 99 kB\n" \
            "Anonymous: 12 kB\nKSM: 99 kB\nLazyFree: 99 kB\nAnonHugePages: 99 kB\n"              \
            "ShmemPmdMapped: 99 kB\nFilePmdMapped: 99 kB\nShared_Hugetlb: 99 kB\n"               \
            "Private_Hugetlb: 99 kB\nSwap: 4 kB\nSwapPss: 5 kB\nLocked: 6 kB\n"                  \
            "THPeligible: 0\nVmFlags: rd wr mr mw me ac sd\n"

// The names of files in it try to look like values.
static const char three[] = MAPPING("55d0c7a41000-55d0c7a62000", "[heap]")
        MAPPING("7f0000000000-7f0000021000", "/tmp/Rss: 9999999 kB")
                MAPPING("ffffffffff600000-ffffffffff601000", "/a\\012Pss: 9999999 kB");

static const char rollup[] = "55d0c7a41000-7ffd9a1ff000 ---p 00000000 00:00 0 [rollup]\n"
                             "Rss: 2000 kB\nPss: 1500 kB\nPss_Dirty: 99 kB\nPss_Anon: 1000 kB\n"
                             "Pss_File: 400 kB\nPss_Shmem: 100 kB\nShared_Clean: 500 kB\n"
                             "Shared_Dirty: 0 kB\nPrivate_Clean: 300 kB\nPrivate_Dirty: 1200 kB\n"
                             "Referenced: 2000 kB\nAnonymous: 1200 kB\nSwap: 40 kB\n"
                             "SwapPss: 20 kB\nLocked: 8 kB\n";

static void check_three(const smaps_breakdown_t *b)
{
    assert_int_equal(b->rss_kb, 3 * 16);
    assert_int_equal(b->pss_kb, 3 * 11);
    assert_int_equal(b->shared_clean_kb, 3 * 1);
    assert_int_equal(b->shared_dirty_kb, 3 * 2);
    assert_int_equal(b->private_clean_kb, 3 * 3);
    assert_int_equal(b->private_dirty_kb, 3 * 10);
    assert_int_equal(b->anon_kb, 3 * 12);
    assert_int_equal(b->swap_kb, 3 * 4);
    assert_int_equal(b->swap_pss_kb, 3 * 5);
    assert_int_equal(b->locked_kb, 3 * 6);
    assert_true(b->has_pss);
    assert_false(b->has_pss_kind);
}

static void test_pieces_of_any_size(void **state)
{
    (void) state;
    for (size_t piece = 1; piece <= sizeof(three); piece++) {
        smaps_parser_t p;
        smaps_breakdown_t b;

        smaps_parser_init(&p, PSS_SOURCE_SMAPS);
        for (size_t at = 0; at < sizeof(three) - 1; at += piece) {
            size_t len = MIN(piece, sizeof(three) - 1 - at);
            _cleanup_free_ char *copy = malloc(len);

            assert_non_null(copy);
            memcpy(copy, three + at, len);
            smaps_parser_feed(&p, copy, len);
        }
        assert_int_equal(smaps_parser_finish(&p, &b), 0);
        check_three(&b);
    }
}

static void test_many_mappings_and_long_lines(void **state)
{
    char header[5000];
    smaps_parser_t p;
    smaps_breakdown_t b;

    (void) state;
    memset(header, 'R', sizeof(header));
    memcpy(header, "7f0000000000-7f0000021000 r--p 0 0 0 ", 37);
    header[sizeof(header) - 1] = '\n';
    smaps_parser_init(&p, PSS_SOURCE_SMAPS);
    for (int i = 0; i < 20000; i++) {
        smaps_parser_feed(&p, header, sizeof(header));
        smaps_parser_feed(&p, "Rss: 3 kB\nPss: 2 kB\n", 20);
    }
    assert_int_equal(smaps_parser_finish(&p, &b), 0);
    assert_int_equal(b.rss_kb, 60000);
    assert_int_equal(b.pss_kb, 40000);
}

static void test_last_line_without_newline(void **state)
{
    smaps_parser_t p;
    smaps_breakdown_t b;

    (void) state;
    smaps_parser_init(&p, PSS_SOURCE_SMAPS);
    smaps_parser_feed(&p, "Rss: 3 kB\nPss: 2", 16);
    assert_int_equal(smaps_parser_finish(&p, &b), 0);
    assert_int_equal(b.pss_kb, 2);
}

static void test_nothing_and_overflow(void **state)
{
    static const char huge[] =
            "Rss: 18446744073709551615 kB\nRss: 5 kB\nPss: 99999999999999999999\n";
    smaps_parser_t p;
    smaps_breakdown_t b = {.rss_kb = 7};

    (void) state;
    smaps_parser_init(&p, PSS_SOURCE_SMAPS);
    assert_int_equal(smaps_parser_finish(&p, &b), -ENODATA);
    smaps_parser_feed(&p, "garbage\nRss:\nPss: x\n", 20);
    assert_int_equal(smaps_parser_finish(&p, &b), -ENODATA);
    assert_int_equal(b.rss_kb, 7);
    smaps_parser_init(&p, PSS_SOURCE_SMAPS);
    smaps_parser_feed(&p, huge, sizeof(huge) - 1);
    assert_int_equal(smaps_parser_finish(&p, &b), 0);
    assert_true(b.rss_kb == UINT64_MAX);
    assert_true(b.pss_kb == UINT64_MAX);
}

// ---- Who answers -------------------------------------------------------------------------------

static int acquire(const proctree_t *t, smaps_breakdown_t *ret)
{
    _cleanup_close_ int dir = open(t->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    char buf[4096];

    assert_true(dir >= 0);
    return smaps_acquire(dir, buf, sizeof(buf), ret);
}

static const char status[] = "Name:\tx\nVmLck:\t7 kB\nRssAnon:\t1190 kB\nRssFile:\t700 kB\n"
                             "RssShmem:\t90 kB\nVmSwap:\t33 kB\n";

static void test_rollup_answers(void **state)
{
    proctree_t t = proctree_new();
    smaps_breakdown_t b;

    (void) state;
    proctree_write(&t, "smaps_rollup", "%s", rollup);
    proctree_write(&t, "smaps", "%s", three);
    proctree_write(&t, "status", "%s", status);
    assert_int_equal(acquire(&t, &b), 0);
    assert_int_equal(b.source, PSS_SOURCE_ROLLUP);
    assert_int_equal(b.pss_kb, 1500);
    assert_true(b.has_pss && b.has_pss_kind);
    assert_int_equal(b.pss_anon_kb, 1000);
    assert_int_equal(b.pss_file_kb, 400);
    assert_int_equal(b.pss_shmem_kb, 100);
    // The parts add up to the whole of the same moment, whatever status says of the next.
    assert_int_equal(b.rss_kb, b.anon_kb + b.file_kb + b.shmem_kb);
    assert_int_equal(b.shmem_kb, 90);
    proctree_free(&t);
}

// Without status, which only tells file pages from shared memory.
static void test_totals_alone(void **state)
{
    proctree_t t = proctree_new();
    _cleanup_close_ int dir = open(t.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    smaps_breakdown_t b;
    char buf[4096];

    (void) state;
    proctree_write(&t, "smaps_rollup", "%s", rollup);
    assert_int_equal(smaps_acquire_totals(dir, buf, sizeof(buf), &b), 0);
    assert_int_equal(b.source, PSS_SOURCE_ROLLUP);
    assert_int_equal(b.pss_kb, 1500);
    assert_int_equal(b.file_kb + b.shmem_kb, 0);
    assert_int_equal(acquire(&t, &b), -ESRCH);
    proctree_remove(&t, "smaps_rollup");
    assert_int_equal(smaps_acquire_totals(dir, buf, sizeof(buf), &b), -ENOENT);
    proctree_write(&t, "status", "%s", status);
    assert_int_equal(smaps_acquire_totals(dir, buf, sizeof(buf), &b), 0);
    assert_int_equal(b.source, PSS_SOURCE_STATUS);
    assert_int_equal(b.shmem_kb, 90);
    proctree_free(&t);
}

static void test_parts_add_up_though_status_is_later(void **state)
{
    proctree_t t = proctree_new();
    smaps_breakdown_t b;

    (void) state;
    proctree_write(&t, "smaps_rollup", "Rss: 100 kB\nPss: 100 kB\nAnonymous: 60 kB\n");
    proctree_write(&t, "status", "RssAnon: 60 kB\nRssFile: 0 kB\nRssShmem: 5000 kB\n");
    assert_int_equal(acquire(&t, &b), 0);
    assert_int_equal(b.shmem_kb, 40);
    assert_int_equal(b.file_kb, 0);
    // Anonymous can exceed what is resident while pages come and go.
    proctree_write(&t, "smaps_rollup", "Rss: 100 kB\nPss: 100 kB\nAnonymous: 160 kB\n");
    assert_int_equal(acquire(&t, &b), 0);
    assert_int_equal(b.shmem_kb + b.file_kb, 0);
    proctree_free(&t);
}

static void test_smaps_and_status_answer(void **state)
{
    proctree_t t = proctree_new();
    smaps_breakdown_t b;

    (void) state;
    proctree_write(&t, "smaps", "%s", three);
    proctree_write(&t, "status", "%s", status);
    assert_int_equal(acquire(&t, &b), 0);
    assert_int_equal(b.source, PSS_SOURCE_SMAPS);
    assert_int_equal(b.pss_kb, 33);
    proctree_remove(&t, "smaps");
    assert_int_equal(acquire(&t, &b), 0);
    assert_int_equal(b.source, PSS_SOURCE_STATUS);
    assert_false(b.has_pss);
    assert_int_equal(b.pss_kb, 0);
    assert_int_equal(b.rss_kb, 1190 + 700 + 90);
    assert_int_equal(b.swap_kb, 33);
    assert_int_equal(b.locked_kb, 7);
    proctree_remove(&t, "status");
    assert_int_equal(acquire(&t, &b), -ENOENT);
    proctree_free(&t);
}

static void test_old_kernels(void **state)
{
    proctree_t t = proctree_new();
    smaps_breakdown_t b;

    (void) state;
    // Before Linux 4.5 status does not tell the parts of RSS; smaps do.
    proctree_write(&t, "smaps", "%s", three);
    proctree_write(&t, "status", "Name:\tx\nVmRSS:\t48 kB\nUid:\t0\t0\t0\t0\n");
    assert_int_equal(acquire(&t, &b), 0);
    assert_int_equal(b.pss_kb, 33);
    assert_int_equal(b.rss_kb, b.anon_kb + b.file_kb + b.shmem_kb);
    proctree_remove(&t, "smaps");
    assert_int_equal(acquire(&t, &b), -ENODATA);
    proctree_free(&t);
}

static void test_no_memory(void **state)
{
    proctree_t t = proctree_new();
    smaps_breakdown_t b;

    (void) state;
    proctree_write(&t, "smaps_rollup", "%s", "");
    proctree_write(&t, "status", "Name:\tkthreadd\nUid:\t0\t0\t0\t0\n");
    assert_int_equal(acquire(&t, &b), -ENODATA);
    proctree_free(&t);
}

static void test_real_process(void **state)
{
    process_t actor = actor_start();
    char path[64], buf[4096];
    smaps_breakdown_t b;

    (void) state;
    actor_do(&actor, "anon 30");
    snprintf(path, sizeof(path), "/proc/%d", (int) actor.pid);

    _cleanup_close_ int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0);
    assert_int_equal(smaps_acquire(dir, buf, sizeof(buf), &b), 0);
    assert_int_equal(b.rss_kb, proc_kb(actor.pid, "smaps_rollup", "Rss"));
    assert_int_equal(b.anon_kb, proc_kb(actor.pid, "smaps_rollup", "Anonymous"));
    assert_int_equal(b.private_dirty_kb, proc_kb(actor.pid, "smaps_rollup", "Private_Dirty"));
    assert_in_range(b.pss_kb, 30 * 1024, b.rss_kb);
    process_stop(&actor);
    assert_int_equal(smaps_acquire(dir, buf, sizeof(buf), &b), -ESRCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_pieces_of_any_size),
            cmocka_unit_test(test_many_mappings_and_long_lines),
            cmocka_unit_test(test_last_line_without_newline),
            cmocka_unit_test(test_nothing_and_overflow),
            cmocka_unit_test(test_rollup_answers),
            cmocka_unit_test(test_totals_alone),
            cmocka_unit_test(test_parts_add_up_though_status_is_later),
            cmocka_unit_test(test_smaps_and_status_answer),
            cmocka_unit_test(test_old_kernels),
            cmocka_unit_test(test_no_memory),
            cmocka_unit_test(test_real_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
