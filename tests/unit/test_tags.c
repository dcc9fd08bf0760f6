// The rules applied to a whole host: who gets which tag, when, and what the receipts say.

#include "common/cleanup.h"
#include "daemon/forensics/receipts.h"
#include "daemon/forensics/tags.h"
#include "tests/support/cmocka.h"

#include <string.h>

#define SLOTS    6000
#define START_MS UINT64_C(1000000000)

typedef struct {
    process_snapshot_t *processes;
    snapshot_t snapshot;
    tags_t *tags;
} host_t;

static int set_up(void **state)
{
    host_t *h = calloc(1, sizeof(*h));

    assert_non_null(h);
    h->processes = calloc(SLOTS, sizeof(*h->processes));
    assert_non_null(h->processes);
    h->snapshot.processes = h->processes;
    SYSTEM_SET(&h->snapshot.system, mono_ms, START_MS);
    SYSTEM_SET(&h->snapshot.system, mem_total_kb, 16u << 20);
    assert_int_equal(tags_new(&h->tags, SLOTS), 0);
    *state = h;
    return 0;
}

static int tear_down(void **state)
{
    host_t *h = *state;

    tags_free(h->tags);
    free(h->processes);
    free(h);
    return 0;
}

static process_snapshot_t *put(host_t *h, uint32_t slot, uint64_t pid, uint64_t ppid)
{
    process_snapshot_t *p = &h->processes[slot];

    memset(p, 0, sizeof(*p));
    PROCESS_SET(p, pid, pid);
    PROCESS_SET(p, start_time, pid);
    PROCESS_SET(p, ppid, ppid);
    PROCESS_SET(p, state, 'S');
    PROCESS_SET(p, threads, 1);
    PROCESS_SET(p, tags, 0);
    PROCESS_SET(p, zombies, 0);
    PROCESS_SET(p, anon_kb, 10000);
    PROCESS_SET(p, swap_kb, 0);
    h->snapshot.n_slots = MAX(h->snapshot.n_slots, (size_t) slot + 1);
    tags_born(h->tags, slot, p, h->snapshot.system.mono_ms, 3600 * 1000);
    return p;
}

// As capture does.
static void count_zombies(host_t *h)
{
    for (size_t i = 0; i < h->snapshot.n_slots; i++) {
        h->processes[i].zombies = 0;
        for (size_t j = 0; j < h->snapshot.n_slots && h->snapshot.n_slots < 100; j++)
            h->processes[i].zombies += h->processes[j].known && h->processes[j].state == 'Z' &&
                                       h->processes[j].ppid == h->processes[i].pid;
    }
}

static void tick(host_t *h)
{
    h->snapshot.system.mono_ms += 1000;
    count_zombies(h);
    tags_run(h->tags, &h->snapshot);
}

// In each of the next ticks it has these tags and no others.
static void assert_stays(host_t *h, const process_snapshot_t *p, unsigned ticks, uint64_t tags)
{
    for (unsigned i = 0; i < ticks; i++) {
        tick(h);
        assert_int_equal(p->tags, tags);
    }
}

static bool zombie_receipt_of(const host_t *h, uint32_t slot, zombie_receipt_t *ret)
{
    return tags_zombie_receipt(h->tags, &h->snapshot, slot, h->snapshot.system.mono_ms, ret);
}

static void test_zombies_and_who_does_not_reap(void **state)
{
    host_t *h = *state;
    zombie_receipt_t receipt;
    process_snapshot_t *parent, *child;

    parent = put(h, 0, 100, 1);
    child = put(h, 1, 101, 100);
    put(h, 2, 102, 100);
    tick(h);
    child->state = 'Z';
    // A parent that is slow is not one that does not reap.
    for (int i = 0; i < 2; i++) {
        tick(h);
        assert_int_equal(child->tags, 0);
        assert_int_equal(parent->tags, 0);
        assert_false(zombie_receipt_of(h, 1, &receipt));
    }
    tick(h);
    assert_int_equal(child->tags, TAG_ZOMBIE);
    assert_int_equal(parent->tags, TAG_UNREAPED);
    assert_int_equal(h->processes[2].tags, 0);
    assert_int_equal(tags_counts(h->tags)->zombies, 1);
    assert_true(zombie_receipt_of(h, 1, &receipt));
    assert_int_equal(receipt.count, 0);
    assert_int_equal(receipt.since_ms, START_MS + 2000);
    assert_true(zombie_receipt_of(h, 0, &receipt));
    assert_int_equal(receipt.count, 1);
    assert_false(zombie_receipt_of(h, 2, &receipt));

    tags_died(h->tags, 1);
    memset(child, 0, sizeof(*child));
    tick(h);
    assert_int_equal(parent->tags, 0);
    assert_int_equal(tags_counts(h->tags)->zombies, 0);
    assert_false(zombie_receipt_of(h, 0, &receipt));
}

// A process whose first thread has ended is in state Z, and is no zombie.
static void test_a_dead_first_thread(void **state)
{
    host_t *h = *state;
    process_snapshot_t *p;

    put(h, 0, 100, 1);
    p = put(h, 1, 101, 100);
    p->state = 'Z';
    p->threads = 3;
    assert_stays(h, p, 10, 0);
}

static void test_how_fast_zombies_become_more(void **state)
{
    host_t *h = *state;
    zombie_receipt_t receipt;

    put(h, 0, 100, 1);
    for (uint32_t i = 0; i < 40; i++) {
        put(h, 1 + i, 200 + i, 100)->state = 'Z';
        for (int s = 0; s < 6; s++)
            tick(h);
    }
    assert_true(zombie_receipt_of(h, 0, &receipt));
    assert_int_equal(receipt.count, 40);
    assert_true(receipt.per_minute > 9 && receipt.per_minute < 11); // one in six seconds
}

// The number of a parent that is gone belongs to somebody else now.
static void test_a_recycled_parent(void **state)
{
    host_t *h = *state;
    zombie_receipt_t receipt;

    put(h, 0, 100, 1);
    put(h, 1, 101, 100)->state = 'Z';
    for (int i = 0; i < 4; i++)
        tick(h);
    assert_int_equal(h->processes[0].tags, TAG_UNREAPED);
    // The zombie went to init with its parent's death, and another has the parent's number.
    h->processes[1].ppid = 1;
    tags_died(h->tags, 0);
    put(h, 0, 100, 1)->start_time = 777;
    tick(h);
    assert_int_equal(h->processes[0].tags, 0);
    assert_int_equal(h->processes[1].tags, TAG_ZOMBIE);
    assert_false(zombie_receipt_of(h, 0, &receipt));
}

// Thousands of zombies of many parents, of parents nobody knows, and of init.
static void test_swarms(void **state)
{
    host_t *h = *state;
    size_t unreaped = 0;

    for (uint32_t i = 0; i < 300; i++)
        put(h, i, 1000 + i, 1);
    for (uint32_t i = 300; i < SLOTS; i++)
        put(h, i, 10000 + i, i % 3 ? 1000 + i % 250 : i % 2 ? 77777 : 0)->state = 'Z';
    for (uint32_t i = 0; i < 300; i++)
        PROCESS_SET(&h->processes[i], zombies, 1);
    for (int s = 0; s < 5; s++) {
        h->snapshot.system.mono_ms += 1000;
        tags_run(h->tags, &h->snapshot);
    }
    assert_int_equal(tags_counts(h->tags)->zombies, SLOTS - 300);
    for (uint32_t i = 0; i < 300; i++)
        unreaped += (h->processes[i].tags & TAG_UNREAPED) != 0;
    assert_int_equal(unreaped, 64); // as many as are counted
}

static void test_blocked(void **state)
{
    host_t *h = *state;
    process_snapshot_t *p;

    p = put(h, 0, 100, 1);
    PROCESS_SET(p, blocked_s, 3);
    assert_stays(h, p, 1, TAG_BLOCKED);
    p->blocked_s = 0;
    assert_stays(h, p, 1, 0);
}

static void test_leaks_and_spikes(void **state)
{
    host_t *h = *state;
    leak_receipt_t leak;
    spike_receipt_t spike;
    uint64_t seen = 0;

    put(h, 0, 100, 1);
    put(h, 1, 101, 1);
    put(h, 2, 102, 1);
    PROCESS_UNSET(&h->processes[2], anon_kb); // a kernel thread, or unreadable
    for (int s = 0; s < 1800; s++) {
        h->processes[0].anon_kb += 1024; // a MB a second
        if (s == 600)
            h->processes[1].anon_kb += 4 << 20; // a quarter of RAM at once
        if (s == 620)
            h->processes[1].anon_kb -= 4 << 20;
        tick(h);
        seen |= h->processes[1].tags;
        assert_int_equal(h->processes[2].tags, 0);
        if (s == 601)
            assert_true(h->processes[1].tags & TAG_SPIKE);
    }
    assert_int_equal(h->processes[0].tags, TAG_LEAK);
    assert_int_equal(tags_counts(h->tags)->leaking, 1);
    tags_leak_receipt(h->tags, 0, h->snapshot.system.mono_ms, UINT64_MAX, &leak);
    assert_int_equal(leak.tag, LEAK_SET);
    assert_true(leak.rate_kb_s > 900 && leak.rate_kb_s < 1150);
    assert_false(seen & TAG_LEAK);
    assert_int_equal(h->processes[1].tags, 0);
    assert_true(tags_spike_receipt(h->tags, 1, &spike));
    assert_int_equal(spike.outcome, SPIKE_RETURNED);
    assert_in_range(spike.height_kb, 4 << 20, (4 << 20) + 1000);
    assert_false(tags_spike_receipt(h->tags, 2, &spike));

    // The next one in the slot begins from nothing.
    tags_died(h->tags, 0);
    put(h, 0, 200, 1);
    tick(h);
    assert_int_equal(h->processes[0].tags, 0);
    tags_leak_receipt(h->tags, 0, h->snapshot.system.mono_ms, UINT64_MAX, &leak);
    assert_int_equal(leak.tag, LEAK_NONE);
}

static void hide_memory(process_snapshot_t *p)
{
    PROCESS_UNSET(p, anon_kb);
    PROCESS_UNSET(p, swap_kb);
}

// What was not known was not nothing: the first value is no spike, and what follows is seen.
static void test_memory_known_late(void **state)
{
    host_t *h = *state;
    leak_receipt_t leak;
    spike_receipt_t spike;
    process_snapshot_t *p;

    p = put(h, 0, 100, 1);
    hide_memory(p);
    tags_born(h->tags, 0, p, h->snapshot.system.mono_ms, 5000);
    assert_stays(h, p, 3, 0);
    PROCESS_SET(p, anon_kb, 4 << 20);
    PROCESS_SET(p, swap_kb, 0);
    assert_stays(h, p, 30, 0);
    assert_false(tags_spike_receipt(h->tags, 0, &spike));
    tags_leak_receipt(h->tags, 0, h->snapshot.system.mono_ms, UINT64_MAX, &leak);
    assert_int_equal(leak.growth_kb, 0);
    assert_in_range(leak.seen_s, 20, 29);

    p->anon_kb += 2 << 20;
    assert_stays(h, p, 1, TAG_SPIKE);
    assert_true(tags_spike_receipt(h->tags, 0, &spike));
    assert_int_equal(spike.base_kb, 4 << 20);
}

static void count_news(void *user, uint32_t slot, uint64_t tag, tag_news_t change)
{
    unsigned *counts = user;

    (void) slot;
    assert_int_equal(tag, TAG_LEAK);
    counts[change]++;
}

// A value that could not be read says nothing: not that what was there is gone either.
static void test_memory_unknown_for_a_while(void **state)
{
    unsigned counts[8] = {0};
    host_t *h = *state;
    process_snapshot_t *p = put(h, 0, 100, 1);
    uint64_t kb = 10000;

    tags_notify(h->tags, count_news, counts);
    for (int s = 0; s < 900; s++) {
        kb += 1024;
        if (s % 7 == 0)
            hide_memory(p);
        else
            PROCESS_SET(p, anon_kb, kb);
        tick(h);
    }
    assert_int_equal(p->tags, TAG_LEAK);
    assert_int_equal(tags_counts(h->tags)->leaking, 1);
    assert_int_equal(counts[TAG_SUSPECTED], 1);
    assert_int_equal(counts[TAG_WAS_SET], 1);
    assert_int_equal(counts[TAG_WAS_DROPPED], 0);
    assert_int_equal(counts[TAG_WAS_CLEARED], 0);
}

// It grew to that within its first seconds: that counts, as soon as it is known.
static void test_newborn_known_at_the_next_tick(void **state)
{
    host_t *h = *state;
    process_snapshot_t *p;

    p = put(h, 0, 100, 1);
    hide_memory(p);
    tags_born(h->tags, 0, p, h->snapshot.system.mono_ms, 300);
    assert_stays(h, p, 1, 0);
    PROCESS_SET(p, anon_kb, 4 << 20);
    PROCESS_SET(p, swap_kb, 0);
    assert_stays(h, p, 1, TAG_SPIKE);
}

// A process that is swapped in, one that reads a mapped file, and one whose leak is pushed to swap.
static void test_only_what_a_process_alone_holds_counts(void **state)
{
    host_t *h = *state;
    static const char *const who[] = {"swapped in", "mapped file", "leak in swap"};

    for (uint32_t i = 0; i < ARRAY_SIZE(who); i++)
        put(h, i, 100 + i, 1);
    for (uint64_t t = 0; t < 900; t++) {
        PROCESS_SET(&h->processes[0], anon_kb, 100000 + t * 1024);
        PROCESS_SET(&h->processes[0], swap_kb, 1000000 - t * 1024);
        PROCESS_SET(&h->processes[1], file_kb, 90000 + t * 2048);
        PROCESS_SET(&h->processes[2], swap_kb, 1000 + t * 1024);
        tick(h);
        for (uint32_t i = 0; i < 2; i++)
            if (h->processes[i].tags & (TAG_LEAK | TAG_LEAK_SUSPECTED | TAG_SPIKE))
                fail_msg("%s: tagged after %u s", who[i], (unsigned) t);
    }
    assert_true(h->processes[2].tags & TAG_LEAK);
}

// Time left: until the host is out of memory, or the cgroup at its limit, whichever comes first.
static void test_limit_that_applies(void **state)
{
    host_t *h = *state;
    system_snapshot_t *host = &h->snapshot.system;
    leak_receipt_t leak;

    assert_true(receipts_headroom_kb(host, UINT64_MAX) == UINT64_MAX); // nothing is known
    assert_int_equal(receipts_headroom_kb(host, 1 << 20), 1 << 20);
    SYSTEM_SET(host, mem_available_kb, 3 << 20);
    SYSTEM_SET(host, swap_free_kb, 1 << 20);
    assert_int_equal(receipts_headroom_kb(host, UINT64_MAX), 4 << 20);
    assert_int_equal(receipts_headroom_kb(host, 1 << 20), 1 << 20);
    assert_int_equal(receipts_headroom_kb(host, 5 << 20), 4 << 20);

    put(h, 0, 100, 1);
    for (int s = 0; s < 900; s++) {
        h->processes[0].anon_kb += 1024;
        tick(h);
    }
    tags_leak_receipt(h->tags, 0, host->mono_ms, receipts_headroom_kb(host, 1 << 20), &leak);
    assert_in_range(leak.left_s, 1000, 1050);
    tags_leak_receipt(h->tags, 0, host->mono_ms, receipts_headroom_kb(host, UINT64_MAX), &leak);
    assert_in_range(leak.left_s, 4000, 4200);
}

// However hard it works.
static void test_processor_time_is_no_spike(void **state)
{
    host_t *h = *state;
    process_snapshot_t *p = put(h, 0, 100, 1);

    PROCESS_SET(p, cpu_permille, 0);
    assert_stays(h, p, 60, 0);
    for (int s = 0; s < 60; s++) {
        p->cpu_permille = s % 2 ? 64000 : 0;
        p->state = 'R';
        assert_stays(h, p, 1, 0);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_zombies_and_who_does_not_reap),
            TEST(test_a_dead_first_thread),
            TEST(test_how_fast_zombies_become_more),
            TEST(test_a_recycled_parent),
            TEST(test_swarms),
            TEST(test_blocked),
            TEST(test_leaks_and_spikes),
            TEST(test_memory_known_late),
            TEST(test_memory_unknown_for_a_while),
            TEST(test_newborn_known_at_the_next_tick),
            TEST(test_only_what_a_process_alone_holds_counts),
            TEST(test_limit_that_applies),
            TEST(test_processor_time_is_no_spike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
