#include "daemon/changes.h"
#include "common/cleanup.h"

#include <string.h>

static const struct {
    unsigned tag;
    const char *name;
} told[] = {{TAG_LEAK, "LEAK"}, {TAG_SPIKE, "SPIKE"}, {TAG_ZOMBIE, "ZOMBIE"},
        {TAG_UNREAPED, "UNREAPED"}};

const char *changes_tag_name(unsigned tag)
{
    for (size_t i = 0; i < ARRAY_SIZE(told); i++)
        if (told[i].tag == tag)
            return told[i].name;
    return NULL;
}

char *changes_receipt(engine_t *e, uint32_t slot, unsigned tag, char *buf, size_t cap)
{
    const snapshot_t *s = capture_current(engine_capture(e));
    const tags_t *tags = engine_tags(e);
    uint64_t now_ms = s->system.mono_ms;
    leak_receipt_t leak;
    spike_receipt_t spike;
    zombie_receipt_t zombie;

    buf[0] = '\0';
    switch (tag) {
    case TAG_LEAK:
        tags_leak_receipt(tags, slot, now_ms,
                SYSTEM_KNOWN(&s->system, mem_available_kb) ? s->system.mem_available_kb
                                                           : UINT64_MAX,
                &leak);
        return leak_format(&leak, now_ms, buf, cap);
    case TAG_SPIKE:
        return tags_spike_receipt(tags, slot, &spike) ? spike_format(&spike, buf, cap) : buf;
    default:
        return tags_zombie_receipt(tags, s, slot, now_ms, &zombie)
                       ? zombie_format(&zombie, now_ms, buf, cap)
                       : buf;
    }
}

static bool is_same(const process_snapshot_t *a, const process_snapshot_t *b)
{
    return a->known != 0 && b->known != 0 && a->pid == b->pid && a->start_time == b->start_time;
}

void changes_find(engine_t *e, void (*changed)(void *user, const tag_change_t *change), void *user)
{
    const snapshot_t *before = capture_previous(engine_capture(e));
    const snapshot_t *now = capture_current(engine_capture(e));
    char receipt[CHANGES_RECEIPT_MAX];

    for (uint32_t slot = 0; slot < before->n_slots; slot++) {
        const process_snapshot_t *old = &before->processes[slot];
        bool lives = slot < now->n_slots && is_same(old, &now->processes[slot]);
        const process_snapshot_t *p = lives ? &now->processes[slot] : old;
        size_t name_len;
        uint64_t moved = old->known == 0 ? 0 : lives ? old->tags ^ p->tags : old->tags;

        for (size_t i = 0; moved != 0 && i < ARRAY_SIZE(told); i++) {
            tag_change_t c = {.process = p,
                    .slot = slot,
                    .tag = told[i].tag,
                    .tag_name = told[i].name,
                    .set = lives && (p->tags & told[i].tag),
                    .receipt = receipt};

            if (!(moved & told[i].tag))
                continue;
            c.name = intern_get(now->strings, (uint32_t) p->name, &name_len);
            receipt[0] = '\0';
            if (lives)
                changes_receipt(e, slot, c.tag, receipt, sizeof(receipt));
            changed(user, &c);
        }
    }
}
