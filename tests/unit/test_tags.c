// The rules applied to a whole host: who gets which tag, when, and what the receipts say.

#include "common/cleanup.h"
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

static void init(host_t *h)
{
    memset(h, 0, sizeof(*h));
    h->processes = calloc(SLOTS, sizeof(*h->processes));
    assert_non_null(h->processes);
    h->snapshot.processes = h->processes;
    SYSTEM_SET(&h->snapshot.system, mono_ms, START_MS);
    SYSTEM_SET(&h->snapshot.system, mem_total_kb, 16u << 20);
    assert_int_equal(tags_new(&h->tags, SLOTS), 0);
}

static void done(host_t *h)
{
    tags_free(h->tags);
    free(h->processes);
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

static void test_zombies_and_who_does_not_reap(void **state)
{
    zombie_receipt_t receipt;
    process_snapshot_t *parent, *child;
    host_t h;

    (void) state;
    init(&h);
    parent = put(&h, 0, 100, 1);
    child = put(&h, 1, 101, 100);
    put(&h, 2, 102, 100);
    tick(&h);
    child->state = 'Z';
    // A parent that is slow is not one that does not reap.
    for (int i = 0; i < 2; i++) {
        tick(&h);
        assert_int_equal(child->tags, 0);
        assert_int_equal(parent->tags, 0);
        assert_false(
                tags_zombie_receipt(h.tags, &h.snapshot, 1, h.snapshot.system.mono_ms, &receipt));
    }
    tick(&h);
    assert_int_equal(child->tags, TAG_ZOMBIE);
    assert_int_equal(parent->tags, TAG_UNREAPED);
    assert_int_equal(h.processes[2].tags, 0);
    assert_int_equal(tags_counts(h.tags)->zombies, 1);
    assert_true(tags_zombie_receipt(h.tags, &h.snapshot, 1, h.snapshot.system.mono_ms, &receipt));
    assert_int_equal(receipt.count, 0);
    assert_int_equal(receipt.since_ms, START_MS + 2000);
    assert_true(tags_zombie_receipt(h.tags, &h.snapshot, 0, h.snapshot.system.mono_ms, &receipt));
    assert_int_equal(receipt.count, 1);
    assert_false(tags_zombie_receipt(h.tags, &h.snapshot, 2, h.snapshot.system.mono_ms, &receipt));

    tags_died(h.tags, 1);
    memset(child, 0, sizeof(*child));
    tick(&h);
    assert_int_equal(parent->tags, 0);
    assert_int_equal(tags_counts(h.tags)->zombies, 0);
    assert_false(tags_zombie_receipt(h.tags, &h.snapshot, 0, h.snapshot.system.mono_ms, &receipt));
    done(&h);
}

// A process whose first thread has ended is in state Z, and is no zombie.
static void test_a_dead_first_thread(void **state)
{
    process_snapshot_t *p;
    host_t h;

    (void) state;
    init(&h);
    put(&h, 0, 100, 1);
    p = put(&h, 1, 101, 100);
    p->state = 'Z';
    p->threads = 3;
    for (int i = 0; i < 10; i++) {
        tick(&h);
        assert_int_equal(p->tags, 0);
    }
    done(&h);
}

static void test_how_fast_zombies_become_more(void **state)
{
    zombie_receipt_t receipt;
    host_t h;

    (void) state;
    init(&h);
    put(&h, 0, 100, 1);
    for (uint32_t i = 0; i < 40; i++) {
        put(&h, 1 + i, 200 + i, 100)->state = 'Z';
        for (int s = 0; s < 6; s++)
            tick(&h);
    }
    assert_true(tags_zombie_receipt(h.tags, &h.snapshot, 0, h.snapshot.system.mono_ms, &receipt));
    assert_int_equal(receipt.count, 40);
    assert_true(receipt.per_minute > 9 && receipt.per_minute < 11); // one in six seconds
    done(&h);
}

// The number of a parent that is gone belongs to somebody else now.
static void test_a_recycled_parent(void **state)
{
    zombie_receipt_t receipt;
    host_t h;

    (void) state;
    init(&h);
    put(&h, 0, 100, 1);
    put(&h, 1, 101, 100)->state = 'Z';
    for (int i = 0; i < 4; i++)
        tick(&h);
    assert_int_equal(h.processes[0].tags, TAG_UNREAPED);
    // The zombie went to init with its parent's death, and another has the parent's number.
    h.processes[1].ppid = 1;
    tags_died(h.tags, 0);
    put(&h, 0, 100, 1)->start_time = 777;
    tick(&h);
    assert_int_equal(h.processes[0].tags, 0);
    assert_int_equal(h.processes[1].tags, TAG_ZOMBIE);
    assert_false(tags_zombie_receipt(h.tags, &h.snapshot, 0, h.snapshot.system.mono_ms, &receipt));
    done(&h);
}

// Thousands of zombies of many parents, of parents nobody knows, and of init.
static void test_swarms(void **state)
{
    size_t unreaped = 0;
    host_t h;

    (void) state;
    init(&h);
    for (uint32_t i = 0; i < 300; i++)
        put(&h, i, 1000 + i, 1);
    for (uint32_t i = 300; i < SLOTS; i++)
        put(&h, i, 10000 + i, i % 3 ? 1000 + i % 250 : i % 2 ? 77777 : 0)->state = 'Z';
    for (uint32_t i = 0; i < 300; i++)
        PROCESS_SET(&h.processes[i], zombies, 1);
    for (int s = 0; s < 5; s++) {
        h.snapshot.system.mono_ms += 1000;
        tags_run(h.tags, &h.snapshot);
    }
    assert_int_equal(tags_counts(h.tags)->zombies, SLOTS - 300);
    for (uint32_t i = 0; i < 300; i++)
        unreaped += (h.processes[i].tags & TAG_UNREAPED) != 0;
    assert_int_equal(unreaped, 64); // as many as are counted
    done(&h);
}

static void test_blocked(void **state)
{
    process_snapshot_t *p;
    host_t h;

    (void) state;
    init(&h);
    p = put(&h, 0, 100, 1);
    PROCESS_SET(p, blocked_s, 3);
    tick(&h);
    assert_int_equal(p->tags, TAG_BLOCKED);
    p->blocked_s = 0;
    tick(&h);
    assert_int_equal(p->tags, 0);
    done(&h);
}

static void test_leaks_and_spikes(void **state)
{
    leak_receipt_t leak;
    spike_receipt_t spike;
    uint64_t seen = 0;
    host_t h;

    (void) state;
    init(&h);
    put(&h, 0, 100, 1);
    put(&h, 1, 101, 1);
    put(&h, 2, 102, 1);
    PROCESS_UNSET(&h.processes[2], anon_kb); // a kernel thread, or unreadable
    for (int s = 0; s < 1800; s++) {
        h.processes[0].anon_kb += 1024; // a MB a second
        if (s == 600)
            h.processes[1].anon_kb += 4 << 20; // a quarter of RAM at once
        if (s == 620)
            h.processes[1].anon_kb -= 4 << 20;
        tick(&h);
        seen |= h.processes[1].tags;
        assert_int_equal(h.processes[2].tags, 0);
        if (s == 601)
            assert_true(h.processes[1].tags & TAG_SPIKE);
    }
    assert_int_equal(h.processes[0].tags, TAG_LEAK);
    assert_int_equal(tags_counts(h.tags)->leaking, 1);
    tags_leak_receipt(h.tags, 0, h.snapshot.system.mono_ms, UINT64_MAX, &leak);
    assert_int_equal(leak.tag, LEAK_SET);
    assert_true(leak.rate_kb_s > 900 && leak.rate_kb_s < 1150);
    assert_false(seen & TAG_LEAK);
    assert_int_equal(h.processes[1].tags, 0);
    assert_true(tags_spike_receipt(h.tags, 1, &spike));
    assert_int_equal(spike.outcome, SPIKE_RETURNED);
    assert_in_range(spike.height_kb, 4 << 20, (4 << 20) + 1000);
    assert_false(tags_spike_receipt(h.tags, 2, &spike));

    // The next one in the slot begins from nothing.
    tags_died(h.tags, 0);
    put(&h, 0, 200, 1);
    tick(&h);
    assert_int_equal(h.processes[0].tags, 0);
    tags_leak_receipt(h.tags, 0, h.snapshot.system.mono_ms, UINT64_MAX, &leak);
    assert_int_equal(leak.tag, LEAK_NONE);
    done(&h);
}

static void hide_memory(process_snapshot_t *p)
{
    PROCESS_UNSET(p, anon_kb);
    PROCESS_UNSET(p, swap_kb);
}

// What was not known was not nothing: the first value is no spike, and what follows is seen.
static void test_memory_known_late(void **state)
{
    leak_receipt_t leak;
    spike_receipt_t spike;
    process_snapshot_t *p;
    host_t h;

    (void) state;
    init(&h);
    p = put(&h, 0, 100, 1);
    hide_memory(p);
    tags_born(h.tags, 0, p, h.snapshot.system.mono_ms, 5000);
    for (int s = 0; s < 3; s++) {
        tick(&h);
        assert_int_equal(p->tags, 0);
    }
    PROCESS_SET(p, anon_kb, 4 << 20);
    PROCESS_SET(p, swap_kb, 0);
    for (int s = 0; s < 30; s++) {
        tick(&h);
        assert_int_equal(p->tags, 0);
    }
    assert_false(tags_spike_receipt(h.tags, 0, &spike));
    tags_leak_receipt(h.tags, 0, h.snapshot.system.mono_ms, UINT64_MAX, &leak);
    assert_int_equal(leak.growth_kb, 0);
    assert_in_range(leak.seen_s, 20, 29);

    p->anon_kb += 2 << 20;
    tick(&h);
    assert_int_equal(p->tags, TAG_SPIKE);
    assert_true(tags_spike_receipt(h.tags, 0, &spike));
    assert_int_equal(spike.base_kb, 4 << 20);
    done(&h);
}

// It grew to that within its first seconds: that counts, as soon as it is known.
static void test_newborn_known_at_the_next_tick(void **state)
{
    process_snapshot_t *p;
    host_t h;

    (void) state;
    init(&h);
    p = put(&h, 0, 100, 1);
    hide_memory(p);
    tags_born(h.tags, 0, p, h.snapshot.system.mono_ms, 300);
    tick(&h);
    assert_int_equal(p->tags, 0);
    PROCESS_SET(p, anon_kb, 4 << 20);
    PROCESS_SET(p, swap_kb, 0);
    tick(&h);
    assert_int_equal(p->tags, TAG_SPIKE);
    done(&h);
}

// A process that is swapped in, one that reads a mapped file, and one whose leak is pushed to swap.
static void test_only_what_a_process_alone_holds_counts(void **state)
{
    static const char *const who[] = {"swapped in", "mapped file", "leak in swap"};
    host_t h;

    (void) state;
    init(&h);
    for (uint32_t i = 0; i < ARRAY_SIZE(who); i++)
        put(&h, i, 100 + i, 1);
    for (uint64_t t = 0; t < 900; t++) {
        PROCESS_SET(&h.processes[0], anon_kb, 100000 + t * 1024);
        PROCESS_SET(&h.processes[0], swap_kb, 1000000 - t * 1024);
        PROCESS_SET(&h.processes[1], file_kb, 90000 + t * 2048);
        PROCESS_SET(&h.processes[2], swap_kb, 1000 + t * 1024);
        tick(&h);
        for (uint32_t i = 0; i < 2; i++)
            if (h.processes[i].tags & (TAG_LEAK | TAG_LEAK_SUSPECTED | TAG_SPIKE))
                fail_msg("%s: tagged after %u s", who[i], (unsigned) t);
    }
    assert_true(h.processes[2].tags & TAG_LEAK);
    done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_zombies_and_who_does_not_reap),
            cmocka_unit_test(test_a_dead_first_thread),
            cmocka_unit_test(test_how_fast_zombies_become_more),
            cmocka_unit_test(test_a_recycled_parent),
            cmocka_unit_test(test_swarms),
            cmocka_unit_test(test_blocked),
            cmocka_unit_test(test_leaks_and_spikes),
            cmocka_unit_test(test_memory_known_late),
            cmocka_unit_test(test_newborn_known_at_the_next_tick),
            cmocka_unit_test(test_only_what_a_process_alone_holds_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
