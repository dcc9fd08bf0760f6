// Which files stay open at a limit, against files that can be told apart.

#include "common/cleanup.h"
#include "daemon/capture/descriptors.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define SLOTS 64

typedef struct {
    descriptors_t of[SLOTS];
    descriptor_pool_t pool;
} host_t;

static descriptors_t *get(void *user, uint32_t slot)
{
    host_t *h = user;

    assert_true(slot < SLOTS);
    return &h->of[slot];
}

static void init(host_t *h, size_t limit)
{
    for (size_t i = 0; i < SLOTS; i++)
        descriptors_init(&h->of[i]);
    descriptor_pool_init(&h->pool, limit, get, h);
}

static int open_any(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static bool keep(host_t *h, uint32_t slot, proc_file_t file, bool watch)
{
    int fd = open_any();

    if (watch)
        h->of[slot].watch = file;
    if (descriptors_keep(&h->pool, slot, file, fd, watch))
        return true;
    close(fd);
    return false;
}

static bool has(const host_t *h, uint32_t slot, proc_file_t file)
{
    return h->of[slot].fd[file] >= 0;
}

static size_t count_open(const host_t *h)
{
    size_t n = 0;

    for (size_t i = 0; i < SLOTS; i++)
        for (int f = 0; f < FILE_KINDS; f++)
            n += h->of[i].fd[f] >= 0 && fcntl(h->of[i].fd[f], F_GETFD) >= 0;
    return n;
}

// Every slot with a measuring file is in the list once, oldest use first.
static void check_list(host_t *h)
{
    size_t listed = 0, expected = 0;
    uint32_t before = UINT32_MAX, used = 0;

    for (uint32_t at = h->pool.lru_oldest; at != UINT32_MAX; at = h->of[at].lru_next) {
        assert_int_equal(h->of[at].lru_prev, before);
        assert_true(h->of[at].used_at >= used);
        assert_true(h->of[at].in_lru);
        used = h->of[at].used_at;
        before = at;
        assert_true(++listed <= SLOTS);
    }
    assert_int_equal(h->pool.lru_newest, before);
    for (size_t i = 0; i < SLOTS; i++)
        expected += h->of[i].in_lru;
    assert_int_equal(listed, expected);
    assert_int_equal(h->pool.used, count_open(h));
}

static void done(host_t *h)
{
    for (uint32_t i = 0; i < SLOTS; i++)
        descriptors_close(&h->pool, i);
    check_list(h);
    assert_int_equal(h->pool.used, 0);
    assert_int_equal(h->pool.lru_oldest, UINT32_MAX);
}

static void test_nothing_is_kept_at_zero(void **state)
{
    host_t h;

    (void) state;
    init(&h, 0);
    assert_false(keep(&h, 0, FILE_SCHEDSTAT, true));
    assert_false(keep(&h, 0, FILE_STAT, false));
    assert_int_equal(count_open(&h), 0);
    done(&h);
}

static void test_watching_comes_before_measuring(void **state)
{
    host_t h;

    (void) state;
    init(&h, 6);
    for (uint32_t slot = 0; slot < 3; slot++) {
        assert_true(keep(&h, slot, FILE_SCHEDSTAT, true));
        assert_true(keep(&h, slot, FILE_STAT, false));
    }
    check_list(&h);
    // Each newcomer that is to be watched takes the oldest's measuring file.
    for (uint32_t slot = 3; slot < 6; slot++) {
        assert_true(keep(&h, slot, FILE_SCHEDSTAT, true));
        assert_false(has(&h, slot - 3, FILE_STAT));
        assert_true(has(&h, slot - 3, FILE_SCHEDSTAT));
        check_list(&h);
    }
    // Then there is nothing left to take: what is watched is not given up.
    assert_false(keep(&h, 6, FILE_SCHEDSTAT, true));
    assert_int_equal(count_open(&h), 6);
    done(&h);
}

static void test_the_least_recently_used_goes_first(void **state)
{
    host_t h;

    (void) state;
    init(&h, 4);
    for (uint32_t slot = 0; slot < 4; slot++)
        assert_true(keep(&h, slot, FILE_STAT, false));
    h.pool.tick = 1;
    descriptors_used(&h.pool, 0);
    descriptors_used(&h.pool, 2);
    check_list(&h);
    assert_true(keep(&h, 10, FILE_SCHEDSTAT, true));
    assert_false(has(&h, 1, FILE_STAT));
    assert_true(keep(&h, 11, FILE_SCHEDSTAT, true));
    assert_false(has(&h, 3, FILE_STAT));
    assert_true(has(&h, 0, FILE_STAT) && has(&h, 2, FILE_STAT));
    done(&h);
}

static void test_busy_files_are_not_passed_round(void **state)
{
    host_t h;

    (void) state;
    init(&h, 2);
    assert_true(keep(&h, 0, FILE_STAT, false));
    assert_true(keep(&h, 1, FILE_STAT, false));
    // Measuring files in use are not taken for another's measuring ...
    h.pool.tick = 4;
    assert_false(keep(&h, 2, FILE_STAT, false));
    // ... until nobody used them for some ticks.
    descriptors_used(&h.pool, 1);
    h.pool.tick = 5;
    assert_true(keep(&h, 2, FILE_STAT, false));
    assert_false(has(&h, 0, FILE_STAT));
    assert_true(has(&h, 1, FILE_STAT));
    check_list(&h);
    done(&h);
}

static void test_giving_way(void **state)
{
    host_t h;

    (void) state;
    init(&h, 60);
    for (uint32_t slot = 0; slot < 20; slot++)
        assert_true(keep(&h, slot, FILE_SCHEDSTAT, true));
    // Nobody has measuring files: none is closed at once, but fewer are allowed.
    assert_false(descriptors_give_way(&h.pool, 0));
    assert_int_equal(h.pool.limit, 4);
    assert_int_equal(h.pool.used, 20);
    for (uint32_t slot = 0; slot < 20; slot++)
        descriptors_settle(&h.pool, slot);
    assert_int_equal(h.pool.used, 4);
    check_list(&h);

    init(&h, 60);
    for (uint32_t slot = 0; slot < 20; slot++)
        assert_true(keep(&h, slot, FILE_STAT, false));
    assert_true(descriptors_give_way(&h.pool, 5));
    assert_int_equal(h.pool.used, 19);
    assert_false(has(&h, 0, FILE_STAT));
    done(&h);
}

// Whatever happens, the list and the count are right and the limit holds.
static void test_any_order(void **state)
{
    uint64_t random = 88172645463325252;
    host_t h;

    (void) state;
    init(&h, 40);
    for (int i = 0; i < 20000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;

        uint32_t slot = random % SLOTS;
        proc_file_t file = (proc_file_t) (random >> 8 & 3);

        switch (random >> 16 & 7) {
        case 0:
            descriptors_close(&h.pool, slot);
            break;
        case 1:
            descriptors_close_one(&h.pool, slot, file);
            break;
        case 2:
            h.pool.tick++;
            break;
        case 3:
            descriptors_used(&h.pool, slot);
            break;
        default:
            if (!has(&h, slot, file))
                keep(&h, slot, file, file == FILE_SCHEDSTAT);
        }
        assert_true(h.pool.used <= h.pool.limit);
        check_list(&h);
    }
    done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_nothing_is_kept_at_zero),
            cmocka_unit_test(test_watching_comes_before_measuring),
            cmocka_unit_test(test_the_least_recently_used_goes_first),
            cmocka_unit_test(test_busy_files_are_not_passed_round),
            cmocka_unit_test(test_giving_way),
            cmocka_unit_test(test_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
