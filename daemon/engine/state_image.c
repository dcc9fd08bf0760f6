#include "daemon/engine/state_image.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#define MAGIC UINT64_C(0x335441545350534d) // "MSPSTAT3"

uint64_t state_image_sum(const void *data, size_t len)
{
    const unsigned char *at = data;
    uint64_t sum = UINT64_C(0x9e3779b97f4a7c15) ^ len, word;

    for (; len > 0; len -= MIN(len, sizeof(word)), at += sizeof(word)) {
        word = 0;
        memcpy(&word, at, MIN(len, sizeof(word)));
        sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 32;
    }
    return sum;
}

// ---- Saving ------------------------------------------------------------------------------------

// What has no whole header is no state, so that comes last; the sums tell the rest.
int state_image_build(engine_t *e, const char boot[STATE_BOOT_MAX], buffer_t *out)
{
    state_head_t h = {.magic = MAGIC, .saved_us = clock_boottime_us()};
    static const state_head_t none;

    memcpy(h.boot, boot, sizeof(h.boot));
    buffer_put(out, &none, sizeof(none));
    atomic_signal_fence(memory_order_seq_cst);
    for (int i = 0; i < ENGINE_SECTIONS; i++) {
        static const char zeros[8];

        buffer_put(out, zeros, (8 - out->len % 8) % 8);
        memcpy(h.section[i].name, engine_sections[i].name,
                strnlen(engine_sections[i].name, STATE_NAME_MAX));
        h.section[i].layout = engine_sections[i].layout();
        h.section[i].offset = out->len;
        engine_sections[i].save(e, out);
        if (out->failed)
            return out->error;
        h.section[i].len = out->len - h.section[i].offset;
        h.section[i].sum = state_image_sum(out->data + h.section[i].offset, h.section[i].len);
    }
    h.len = out->len;
    h.sum = state_image_sum(&h, offsetof(state_head_t, sum));
    atomic_signal_fence(memory_order_seq_cst);
    memcpy(out->data, &h, sizeof(h));
    return 0;
}

// ---- Loading -----------------------------------------------------------------------------------

// Times and identities are those of one boot.
bool state_image_check(const void *image, size_t len, const char boot[STATE_BOOT_MAX])
{
    const state_head_t *h = image;

    if (len < sizeof(*h) || h->magic == 0)
        return false; // not written yet
    if (h->magic != MAGIC || h->sum != state_image_sum(h, offsetof(state_head_t, sum)) ||
            h->len > len) {
        log_warning("the state that was kept is damaged or of another version: it begins anew");
        return false;
    }
    if (memcmp(h->boot, boot, sizeof(h->boot)) != 0 || h->saved_us > clock_boottime_us()) {
        log_info("the state that was kept is of another boot: it begins anew");
        return false;
    }
    return true;
}

uint64_t state_image_time_us(const void *image)
{
    return ((const state_head_t *) image)->saved_us;
}

size_t state_image_len(const void *image)
{
    return ((const state_head_t *) image)->len;
}

static const state_section_t *find_section(const state_head_t *h, const char *name)
{
    for (size_t i = 0; i < STATE_SECTIONS_MAX; i++)
        if (strncmp(h->section[i].name, name, STATE_NAME_MAX) == 0)
            return &h->section[i];
    return NULL;
}

static const char *check_section(
        const state_head_t *h, const state_section_t *x, const engine_section_t *as)
{
    const unsigned char *base = (const unsigned char *) h;

    if (x->layout != as->layout())
        return "of another version";
    if (x->offset % 8 != 0 || x->offset > h->len || x->len > h->len - x->offset ||
            state_image_sum(base + x->offset, x->len) != x->sum)
        return "damaged";
    return NULL;
}

bool state_image_load(const void *image, unsigned section, engine_t *e)
{
    const engine_section_t *as = &engine_sections[section];
    const state_section_t *x = find_section(image, as->name);
    const char *wrong;

    if (!x)
        return false; // what kept it knew of no such thing
    wrong = check_section(image, x, as);
    if (!wrong && as->load(e, (const char *) image + x->offset, x->len) == 0)
        return true;
    log_warning("the %s of the state that was kept are %s: they begin anew", as->name,
            wrong ? wrong : "malformed");
    return false;
}
