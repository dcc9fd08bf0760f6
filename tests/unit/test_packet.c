// Packets are shared by count, and what comes back is used again.

#include "daemon/publish/packet.h"
#include "tests/support/cmocka.h"
#include "tests/support/counted_malloc.h"

#include <stdlib.h>
#include <string.h>

static void fill(buffer_t *b, size_t len, int byte)
{
    static unsigned char text[4 << 20];

    memset(text, byte, len);
    buffer_reset(b);
    buffer_put(b, text, len);
    assert_int_equal(b->len, len);
}

static void test_content_and_references(void **state)
{
    static const size_t sizes[] = {0, 1, 255, 256, 257, 5000, 1 << 20, (1 << 20) + 1, 3 << 20};
    packet_pool_t pool = {0};
    buffer_t b = {0};

    (void) state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        fill(&b, sizes[i], (int) i);

        packet_t *p = packet_new(&pool, &b);
        assert_non_null(p);
        assert_int_equal(p->len, sizes[i]);
        assert_ptr_equal(packet_ref(p), p);
        packet_unref(p);
        for (size_t at = 0; at < p->len; at++)
            if (p->data[at] != i)
                fail_msg("byte %zu of %zu", at, p->len);
        packet_unref(p);
    }
    assert_null(packet_ref(NULL));
    packet_unref(NULL);
    packet_pool_done(&pool);
    buffer_done(&b);
}

static void test_steady_sizes_cost_nothing(void **state)
{
    packet_pool_t pool = {0};
    packet_t *held[20];
    buffer_t b = {0};
    size_t before = 0;

    (void) state;
    fill(&b, 70000, 0);
    for (int tick = 0; tick < 20; tick++) {
        if (tick == 2)
            before = counted_mallocs;
        for (size_t i = 0; i < 20; i++) {
            fill(&b, i == 0 ? 48000 + (size_t) tick * 100 : 130 + (size_t) tick * 3, tick);
            held[i] = packet_new(&pool, &b);
            assert_non_null(held[i]);
        }
        for (size_t i = 0; i < 20; i++)
            packet_unref(held[i]);
    }
    assert_int_equal(counted_mallocs, before);
    packet_pool_done(&pool);
    buffer_done(&b);
}

// A thousand that were out at once are not all kept.
static void test_spares_are_bounded(void **state)
{
    static packet_t *held[1000];
    packet_pool_t pool = {0};
    buffer_t b = {0};
    size_t bytes = 0;

    (void) state;
    fill(&b, 40000, 1);
    for (size_t i = 0; i < 1000; i++)
        assert_non_null(held[i] = packet_new(&pool, &b));
    for (size_t i = 0; i < 1000; i++)
        packet_unref(held[i]);
    for (unsigned class = 0; class < PACKET_CLASSES; class ++) {
        unsigned n = 0;

        for (const packet_t *p = pool.spare[class]; p; p = p->spare)
            n++;
        assert_int_equal(n, pool.count[class]);
        bytes += (size_t) n * (256u << class);
    }
    assert_in_range(bytes, 2 * 65536, 512 << 10);
    packet_pool_done(&pool);
    buffer_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_content_and_references),
            cmocka_unit_test(test_steady_sizes_cost_nothing),
            cmocka_unit_test(test_spares_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
