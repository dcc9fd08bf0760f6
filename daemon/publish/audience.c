#include "daemon/publish/audience.h"
#include "common/cleanup.h"
#include "protocol/frame.h"
#include "protocol/messages.h"

#include <errno.h>
#include <string.h>

// Two sets of slots, now and at the capture before, as bitmaps.
typedef struct {
    uint64_t *now, *before;
} slots_t;

struct audience {
    audience_t *next;
    unsigned refs;
    unsigned rights;
    uid_t uid;
    gid_t gid;
    slots_t visible;           // with hidepid only
    slots_t private;           // not for those who see all
    bool has_before;           // it existed at the capture before, so diffs can be made
    packet_t *diff, *keyframe; // own part
};

struct audiences {
    capture_t *capture;
    audience_t *first;
    size_t words; // of every bitmap
    snapshot_encoder_t encoder;
    buffer_t buffer;
    packet_pool_t pool;
    packet_t *public_diff, *public_keyframe; // shared by those that see all processes
};

// ---- Audiences ---------------------------------------------------------------------------------

static bool sees_all(const audience_t *au)
{
    return rights_see_all(au->rights);
}

static bool owns(const audience_t *au, owner_t owner)
{
    return owner.uid == au->uid && owner.gid == au->gid;
}

int audiences_new(audiences_t **ret, capture_t *capture)
{
    audiences_t *a = calloc(1, sizeof(*a));

    if (!a)
        return -ENOMEM;
    a->capture = capture;
    a->words = 1;
    *ret = a;
    return 0;
}

static void forget_encoded(audiences_t *a)
{
    packet_unref(take_ptr(a->public_diff));
    packet_unref(take_ptr(a->public_keyframe));
    for (audience_t *au = a->first; au; au = au->next) {
        packet_unref(take_ptr(au->diff));
        packet_unref(take_ptr(au->keyframe));
    }
}

static void audience_free(audience_t *au)
{
    packet_unref(au->diff);
    packet_unref(au->keyframe);
    free(au->visible.now);
    free(au->visible.before);
    free(au->private.now);
    free(au->private.before);
    free(au);
}

void audiences_free(audiences_t *a)
{
    if (!a)
        return;
    forget_encoded(a);
    while (a->first) {
        audience_t *au = a->first;

        a->first = au->next;
        audience_free(au);
    }
    snapshot_encoder_done(&a->encoder);
    buffer_done(&a->buffer);
    packet_pool_done(&a->pool);
    free(a);
}

static bool slots_resize(slots_t *s, size_t from, size_t to)
{
    uint64_t *now = realloc(s->now, to * sizeof(uint64_t));
    uint64_t *before;

    if (!now)
        return false;
    s->now = now;
    before = realloc(s->before, to * sizeof(uint64_t));
    if (!before)
        return false;
    s->before = before;
    memset(s->now + from, 0, (to - from) * sizeof(uint64_t));
    memset(s->before + from, 0, (to - from) * sizeof(uint64_t));
    return true;
}

static void set_slot(uint64_t *set, uint32_t slot)
{
    set[slot / 64] |= UINT64_C(1) << slot % 64;
}

static bool has_slot(const uint64_t *set, uint32_t slot)
{
    return set[slot / 64] >> slot % 64 & 1;
}

static void look(const audiences_t *a, audience_t *au)
{
    const snapshot_t *s = capture_current(a->capture);

    if (sees_all(au))
        return;
    memset(au->visible.now, 0, a->words * sizeof(uint64_t));
    memset(au->private.now, 0, a->words * sizeof(uint64_t));
    for (uint32_t slot = 0; slot < s->n_slots; slot++) {
        bool own;

        if (s->processes[slot].known == 0)
            continue;
        own = owns(au, capture_owner(a->capture, slot));
        // With hidepid the kernel hides what may not be ptrace-read, were it the user's own.
        if (own || au->rights != RIGHTS_HIDEPID)
            set_slot(au->visible.now, slot);
        if (own)
            set_slot(au->private.now, slot);
    }
}

static bool ensure_words(audiences_t *a, size_t slots)
{
    size_t words = (slots + 63) / 64;

    if (words <= a->words)
        return true;
    words = MAX(words, a->words * 2);
    for (audience_t *au = a->first; au; au = au->next)
        if (!sees_all(au) && (!slots_resize(&au->visible, a->words, words) ||
                                     !slots_resize(&au->private, a->words, words)))
            return false;
    a->words = words;
    return true;
}

audience_t *audience_acquire(audiences_t *a, const peer_t *peer)
{
    bool all = rights_see_all(peer->rights);
    audience_t *au;

    for (au = a->first; au; au = au->next) {
        if (au->rights == peer->rights && (all || (au->uid == peer->uid && au->gid == peer->gid))) {
            au->refs++;
            return au;
        }
    }
    if (!ensure_words(a, capture_current(a->capture)->n_slots))
        return NULL;
    au = calloc(1, sizeof(*au));
    if (!au)
        return NULL;
    au->refs = 1;
    au->rights = peer->rights;
    au->uid = peer->uid;
    au->gid = peer->gid;
    if (!all && (!slots_resize(&au->visible, 0, a->words) ||
                        !slots_resize(&au->private, 0, a->words))) {
        audience_free(au);
        return NULL;
    }
    au->next = a->first;
    a->first = au;
    look(a, au);
    return au;
}

void audience_release(audiences_t *a, audience_t *au)
{
    if (!au || --au->refs > 0)
        return;
    for (audience_t **link = &a->first; *link; link = &(*link)->next) {
        if (*link == au) {
            *link = au->next;
            break;
        }
    }
    audience_free(au);
}

bool audiences_differ(const audiences_t *a)
{
    for (const audience_t *au = a->first; au; au = au->next)
        if (!sees_all(au))
            return true;
    return false;
}

int audiences_advance(audiences_t *a)
{
    forget_encoded(a);
    if (!ensure_words(a, capture_current(a->capture)->n_slots))
        return -ENOMEM;
    for (audience_t *au = a->first; au; au = au->next) {
        uint64_t *t = au->visible.before;

        au->visible.before = au->visible.now;
        au->visible.now = t;
        t = au->private.before;
        au->private.before = au->private.now;
        au->private.now = t;
        au->has_before = true;
        look(a, au);
    }
    return 0;
}

bool audience_sees(const audience_t *au, uint32_t slot)
{
    return sees_all(au) || has_slot(au->visible.now, slot);
}

bool audience_sees_private(const audience_t *au, uint32_t slot)
{
    return sees_all(au) || has_slot(au->private.now, slot);
}

bool audience_sees_owner(const audience_t *au, owner_t owner, bool *ret_private)
{
    *ret_private = sees_all(au) || owns(au, owner);
    return *ret_private || au->rights != RIGHTS_HIDEPID;
}

// ---- Encoding ----------------------------------------------------------------------------------

typedef int (*encode_t)(snapshot_encoder_t *e, buffer_t *out, const snapshot_t *prev,
        const snapshot_filter_t *prev_filter, const snapshot_t *curr,
        const snapshot_filter_t *curr_filter);

// Encodes into *cache unless that was done before.
static int encode_once(
        audiences_t *a, const audience_t *au, encode_t encode, bool keyframe, packet_t **cache)
{
    snapshot_filter_t now = {0}, before = {0};
    int r;

    if (*cache)
        return 0;
    if (!sees_all(au) && encode != snapshot_encode_public) {
        now.allow_private = au->private.now;
        before.allow_private = au->private.before;
    }
    if (au->rights == RIGHTS_HIDEPID) {
        now.allow_public = au->visible.now;
        before.allow_public = au->visible.before;
    }
    buffer_reset(&a->buffer);
    r = encode(&a->encoder, &a->buffer, keyframe ? NULL : capture_previous(a->capture), &before,
            capture_current(a->capture), &now);
    if (r < 0)
        return r;
    *cache = packet_new(&a->pool, &a->buffer);
    return *cache ? 0 : -ENOMEM;
}

void tick_frame_done(tick_frame_t *f)
{
    packet_unref(take_ptr(f->shared));
    packet_unref(take_ptr(f->own));
}

int audience_encode(audiences_t *a, audience_t *au, bool keyframe, tick_frame_t *ret)
{
    packet_t **own = keyframe ? &au->keyframe : &au->diff, **shared = NULL;
    tick_frame_t f = {0};
    int r;

    if (!keyframe && !sees_all(au) && !au->has_before)
        return -ESTALE;
    if (au->rights == RIGHTS_OWN) {
        shared = keyframe ? &a->public_keyframe : &a->public_diff;
        r = encode_once(a, au, snapshot_encode_public, keyframe, shared);
        if (r == 0)
            r = encode_once(a, au, snapshot_encode_private, keyframe, own);
    } else {
        r = encode_once(a, au, snapshot_encode, keyframe, own);
    }
    if (r < 0)
        return r;
    r = frame_header(MESSAGE_TICK, (*own)->len + (shared ? (*shared)->len : 0), f.header);
    if (r < 0)
        return r;
    f.own = packet_ref(*own);
    f.shared = shared ? packet_ref(*shared) : NULL;
    *ret = f;
    return 0;
}
