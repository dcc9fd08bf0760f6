// Who may see what: rows and fields by the kernel's rules, and bytes that do not depend on what is
// hidden.

#include "common/cleanup.h"
#include "daemon/publish/audience.h"
#include "protocol/messages.h"
#include "protocol/replica.h"
#include "tests/support/captured.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

// Root makes files of anybody; an ordinary user only plays themselves.
static uint32_t ann(void)
{
    return geteuid() == 0 ? 30001 : geteuid();
}

#define BOB   (ann() + 1)
#define GROUP 30077

static peer_t peer_of(uint32_t uid, unsigned rights)
{
    return (peer_t){.uid = uid, .gid = uid, .rights = rights};
}

// ---- Rows and fields ---------------------------------------------------------------------------

enum {
    ANNS = 100,       // Ann's
    BOBS = 101,       // Bob's
    ROOTS = 102,      // root's
    SETUID = 103,     // started by Ann, runs as root
    CAPABLE = 104,    // Ann's, with a capability
    SECRETIVE = 105,  // Ann's, not dumpable
    OTHER_GROUP = 106 // Ann's, but set-group-id
};

static proctree_process_t of(uint64_t pid, uint32_t uid)
{
    proctree_process_t x = captured_postgres;

    x.pid = pid;
    x.uid = x.euid = x.gid = x.egid = uid;
    return x;
}

static void populate(captured_t *h)
{
    proctree_process_t x = of(ANNS, ann());

    proctree_process(&h->tree, &x);
    x = of(BOBS, BOB);
    proctree_process(&h->tree, &x);
    x = of(ROOTS, 0);
    proctree_process(&h->tree, &x);
    x = of(SETUID, ann()), x.euid = 0;
    proctree_process(&h->tree, &x);
    x = of(CAPABLE, ann()), x.caps = 1 << 10;
    proctree_process(&h->tree, &x);
    x = of(SECRETIVE, ann()), x.not_dumpable = true;
    if (geteuid() == 0)
        proctree_process(&h->tree, &x);
    x = of(OTHER_GROUP, ann()), x.egid = GROUP;
    proctree_process(&h->tree, &x);
}

typedef struct {
    captured_t host;
    audiences_t *audiences;
} fixture_t;

static int begin(void **state)
{
    static fixture_t f;
    captured_t *h = &f.host;

    *state = &f;
    captured_init(h, true);
    populate(h);
    assert_false(capture_watch_owners(h->capture, true));
    captured_tick(h);
    assert_true(capture_watch_owners(h->capture, true));
    for (uint64_t pid = ANNS; pid <= OTHER_GROUP; pid++)
        if (captured_find(h, pid))
            captured_wait(h, pid, PROCESS_FIELD_pss_kb);
    return audiences_new(&f.audiences, h->capture);
}

static int end(void **state)
{
    fixture_t *f = *state;

    audiences_free(f->audiences);
    captured_done(&f->host);
    return 0;
}

static bool sees(const captured_t *h, const audience_t *au, uint64_t pid)
{
    return audience_sees(au, capture_find(h->capture, pid, 0));
}

static bool sees_private(const captured_t *h, const audience_t *au, uint64_t pid)
{
    return audience_sees_private(au, capture_find(h->capture, pid, 0));
}

static void test_private_fields_are_the_owners(void **state)
{
    fixture_t *f = *state;
    captured_t *h = &f->host;
    audiences_t *a = f->audiences;
    const peer_t peers[] = {peer_of(ann(), RIGHTS_OWN), peer_of(BOB, RIGHTS_OWN)};

    audience_t *anns = audience_acquire(a, &peers[0]), *bobs = audience_acquire(a, &peers[1]);
    for (uint64_t pid = ANNS; pid <= OTHER_GROUP; pid++) {
        if (!captured_find(h, pid))
            continue;
        assert_true(sees(h, anns, pid) && sees(h, bobs, pid));
        assert_int_equal(sees_private(h, anns, pid), pid == ANNS);
        // An ordinary user cannot make files that are Bob's.
        assert_int_equal(sees_private(h, bobs, pid), pid == BOBS && geteuid() == 0);
    }
    audience_release(a, anns);
    audience_release(a, bobs);

    const peer_t root = peer_of(0, RIGHTS_ALL), session = peer_of(ann(), RIGHTS_SESSION);
    audience_t *all = audience_acquire(a, &root), *mine = audience_acquire(a, &session);
    assert_true(sees_private(h, all, BOBS) && sees_private(h, mine, ROOTS));
    // Of the same user, but another group.
    peer_t other = peer_of(ann(), RIGHTS_OWN);
    other.gid++;
    audience_t *groups = audience_acquire(a, &other);
    assert_false(sees_private(h, groups, ANNS));
    audience_release(a, groups);
    audience_release(a, all);
    audience_release(a, mine);
    audience_release(a, NULL);
}

static void test_hidepid_shows_what_may_be_traced(void **state)
{
    fixture_t *f = *state;
    captured_t *h = &f->host;
    audiences_t *a = f->audiences;
    const peer_t peer = peer_of(ann(), RIGHTS_HIDEPID);
    bool private;

    audience_t *anns = audience_acquire(a, &peer);
    for (uint64_t pid = ANNS; pid <= OTHER_GROUP; pid++)
        if (captured_find(h, pid))
            assert_int_equal(sees(h, anns, pid), pid == ANNS);
    assert_true(audience_sees_owner(anns, (owner_t){ann(), ann()}, &private));
    assert_true(private);
    assert_false(audience_sees_owner(anns, (owner_t){OWNER_ROOT_ONLY, OWNER_ROOT_ONLY}, &private));
    assert_false(private);
    audience_release(a, anns);
}

static void test_audiences_are_shared(void **state)
{
    fixture_t *f = *state;
    audiences_t *a = f->audiences;
    peer_t peer = peer_of(ann(), RIGHTS_OWN), member = peer_of(ann(), RIGHTS_ALL);

    assert_false(audiences_differ(a));

    audience_t *one = audience_acquire(a, &peer);
    peer.pid = 77;
    assert_ptr_equal(audience_acquire(a, &peer), one);
    assert_true(audiences_differ(a));

    audience_t *all = audience_acquire(a, &member);
    assert_ptr_not_equal(all, one);
    member.uid = 0, member.gid = 5;
    assert_ptr_equal(audience_acquire(a, &member), all); // who sees all sees the same
    audience_release(a, one);
    audience_release(a, one);
    assert_false(audiences_differ(a));
    audience_release(a, all);
    audience_release(a, all);
}

// ---- Bytes -------------------------------------------------------------------------------------

typedef struct {
    unsigned char data[1 << 16];
    size_t len;
} bytes_t;

static void add_part(bytes_t *b, const packet_t *p)
{
    if (!p)
        return;
    assert_true(b->len + p->len <= sizeof(b->data));
    memcpy(b->data + b->len, p->data, p->len);
    b->len += p->len;
}

static int encode(audiences_t *a, audience_t *au, bool keyframe, bytes_t *ret)
{
    tick_frame_t f;
    int r = audience_encode(a, au, keyframe, &f);

    ret->len = 0;
    if (r < 0)
        return r;
    add_part(ret, f.shared);
    add_part(ret, f.own);
    // The header says what follows: its length and the type.
    assert_int_equal((size_t) f.header[0] | (size_t) f.header[1] << 8 | (size_t) f.header[2] << 16 |
                             (size_t) f.header[3] << 24,
            ret->len + 1);
    assert_int_equal(f.header[4], MESSAGE_TICK);
    tick_frame_done(&f);
    return 0;
}

// That the replica has what the audience may see of each process, and nothing else.
static void check_replica(const captured_t *h, const audience_t *au, const replica_t *r)
{
    const snapshot_t *s = capture_current(h->capture), *seen = replica_snapshot(r);
    size_t expected = 0, found = 0;

    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        const process_snapshot_t *p = &s->processes[slot];
        uint64_t known = p->known;
        uint32_t at;

        if (known == 0 || !audience_sees(au, slot))
            continue;
        if (!audience_sees_private(au, slot))
            known &= ~process_private_mask;
        at = replica_find(r, p->pid, p->start_time);
        assert_true(at != UINT32_MAX);
        assert_true(seen->processes[at].known == known);
        for (unsigned f = 0; f < PROCESS_FIELD_COUNT; f++)
            if (known >> f & 1 && !(process_string_mask >> f & 1))
                assert_int_equal(seen->processes[at].values[f], p->values[f]);
        expected++;
    }
    for (size_t slot = 0; slot < seen->n_slots; slot++)
        found += seen->processes[slot].known != 0;
    assert_int_equal(found, expected);
}

// Every kind of viewer at once, while processes come, go, work, and change hands.
static void test_every_viewer_follows(void **state)
{
    fixture_t *f = *state;
    captured_t *h = &f->host;
    audiences_t *a = f->audiences;
    const peer_t peers[] = {peer_of(0, RIGHTS_ALL), peer_of(ann(), RIGHTS_OWN),
            peer_of(BOB, RIGHTS_OWN), peer_of(ann(), RIGHTS_HIDEPID), peer_of(BOB, RIGHTS_HIDEPID),
            peer_of(ann(), RIGHTS_SESSION)};
    static bytes_t bytes;
    audience_t *au[ARRAY_SIZE(peers)];
    replica_t *r[ARRAY_SIZE(peers)];

    for (size_t i = 0; i < ARRAY_SIZE(peers); i++) {
        au[i] = audience_acquire(a, &peers[i]);
        assert_int_equal(replica_new(&r[i]), 0);
        assert_int_equal(encode(a, au[i], true, &bytes), 0);
        assert_int_equal(replica_apply(r[i], bytes.data, bytes.len), 0);
        check_replica(h, au[i], r[i]);
    }
    for (uint64_t step = 1; step < 30; step++) {
        for (uint64_t pid = ANNS; pid < ANNS + 80; pid++) {
            proctree_process_t x = of(pid, (pid + step / 3) % 3 == 0 ? ann() : BOB);

            if (pid % 7 == step % 7)
                continue;
            x.run_ns += step, x.read_bytes += step * 5000 * pid, x.anon_pages += step;
            x.start_time += step / 10 * (pid % 2);
            x.caps = pid % 11 == step % 11;
            proctree_process(&h->tree, &x);
        }
        captured_tick(h);
        assert_int_equal(audiences_advance(a), 0);
        for (size_t i = 0; i < ARRAY_SIZE(peers); i++) {
            assert_int_equal(encode(a, au[i], step % 10 == 9, &bytes), 0);
            assert_int_equal(replica_apply(r[i], bytes.data, bytes.len), 0);
            check_replica(h, au[i], r[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(peers); i++) {
        audience_release(a, au[i]);
        replica_free(r[i]);
    }
}

// Changes everything that the audience may not know.
static void change_hidden(snapshot_t *s, const audience_t *au)
{
    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        process_snapshot_t *p = &s->processes[slot];
        bool visible = audience_sees(au, slot);

        if (p->known == 0 || audience_sees_private(au, slot))
            continue;
        for (unsigned f = 0; f < PROCESS_FIELD_COUNT; f++) {
            if ((visible && !(process_private_mask >> f & 1)) || process_string_mask >> f & 1)
                continue;
            p->values[f] ^= UINT64_C(0x5aa5123456789) + f;
            p->known ^= visible && f % 2 ? UINT64_C(1) << f : 0;
        }
    }
}

// Whatever is in the hidden fields, the bytes are the same.
static void check_bytes(captured_t *h, const peer_t *peer)
{
    static bytes_t before[2], after;
    process_snapshot_t saved[64];
    audiences_t *a, *b;
    snapshot_t *s;

    assert_int_equal(audiences_new(&a, h->capture), 0);
    assert_int_equal(audiences_new(&b, h->capture), 0);

    audience_t *first = audience_acquire(a, peer), *second = audience_acquire(b, peer);
    captured_tick(h);
    assert_int_equal(audiences_advance(a), 0);
    assert_int_equal(audiences_advance(b), 0);
    for (int keyframe = 0; keyframe < 2; keyframe++)
        assert_int_equal(encode(a, first, keyframe, &before[keyframe]), 0);
    s = capture_current_writable(h->capture);
    assert_true(s->n_slots <= ARRAY_SIZE(saved));
    memcpy(saved, s->processes, s->n_slots * sizeof(saved[0]));
    change_hidden(s, first);
    for (int keyframe = 0; keyframe < 2; keyframe++) {
        assert_int_equal(encode(b, second, keyframe, &after), 0);
        assert_int_equal(after.len, before[keyframe].len);
        assert_memory_equal(after.data, before[keyframe].data, after.len);
    }
    memcpy(s->processes, saved, s->n_slots * sizeof(saved[0]));
    audience_release(a, first);
    audience_release(b, second);
    audiences_free(a);
    audiences_free(b);
}

static void test_bytes_do_not_depend_on_what_is_hidden(void **state)
{
    fixture_t *f = *state;
    const peer_t peers[] = {
            peer_of(ann(), RIGHTS_OWN), peer_of(77777, RIGHTS_OWN), peer_of(ann(), RIGHTS_HIDEPID)};

    for (size_t i = 0; i < ARRAY_SIZE(peers); i++)
        check_bytes(&f->host, &peers[i]);
}

static void test_encoded_once(void **state)
{
    fixture_t *f = *state;
    captured_t *h = &f->host;
    audiences_t *a = f->audiences;
    const peer_t peers[] = {peer_of(ann(), RIGHTS_OWN), peer_of(BOB, RIGHTS_OWN)};
    tick_frame_t frames[3];

    audience_t *anns = audience_acquire(a, &peers[0]), *bobs = audience_acquire(a, &peers[1]);
    // There is no diff for one who was not there at the capture before.
    assert_int_equal(audience_encode(a, anns, false, &frames[0]), -ESTALE);
    captured_tick(h);
    assert_int_equal(audiences_advance(a), 0);
    assert_int_equal(audience_encode(a, anns, false, &frames[0]), 0);
    assert_int_equal(audience_encode(a, anns, false, &frames[1]), 0);
    assert_int_equal(audience_encode(a, bobs, false, &frames[2]), 0);
    assert_ptr_equal(frames[0].shared, frames[1].shared);
    assert_ptr_equal(frames[0].own, frames[1].own);
    assert_ptr_equal(frames[0].shared, frames[2].shared);
    assert_ptr_not_equal(frames[0].own, frames[2].own);
    // What is on its way stays whole when the next tick comes, and when its audience is gone.
    packet_t *held = frames[0].shared;
    size_t len = held->len;
    audience_release(a, anns);
    audience_release(a, bobs);
    captured_tick(h);
    assert_int_equal(audiences_advance(a), 0);
    assert_int_equal(held->refs, 3);
    assert_int_equal(held->len, len);
    for (size_t i = 0; i < 3; i++)
        tick_frame_done(&frames[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_private_fields_are_the_owners),
            TEST(test_hidepid_shows_what_may_be_traced),
            TEST(test_audiences_are_shared),
            TEST(test_every_viewer_follows),
            TEST(test_bytes_do_not_depend_on_what_is_hidden),
            TEST(test_encoded_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
