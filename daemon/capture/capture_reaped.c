// I/O of children that ended. The kernel adds all that a child has ever read and written to the
// counters of the process that reaps it: a jump that is no I/O of that moment. What was seen of the
// child is kept until it turns up there, and is taken out of the rate again. What the child did
// after it was last seen stays, for nobody else tells it.

#include "daemon/capture/capture_private.h"
#include "daemon/capture/turn.h"

// The parent may be looked at before it reaps, or seldom.
#define PATIENCE_TICKS (CAPTURE_IO_S + 1)

static void set_parent(const capture_t *c, reaped_t *child, uint64_t pid)
{
    uint32_t slot = procmap_get(&c->by_pid, pid, 0);

    child->parent = slot != PROCMAP_NONE ? pid : 0;
    child->parent_start = slot != PROCMAP_NONE ? c->tracked[slot].start_time : 0;
    // It may have ended a moment before: then it has passed on what came to it.
    for (size_t i = 0; i < c->n_reaped && slot == PROCMAP_NONE; i++) {
        if (c->reaped[i].pid != pid || c->reaped[i].ticks > 0)
            continue;
        child->parent = c->reaped[i].parent;
        child->parent_start = c->reaped[i].parent_start;
    }
}

void capture_note_reaped(capture_t *c, uint32_t slot)
{
    const tracked_t *t = &c->tracked[slot];
    reaped_t child = {.pid = t->pid, .read_bytes = t->read_bytes, .write_bytes = t->write_bytes};

    if (!t->has_io)
        return;
    set_parent(c, &child, capture_now(c)->processes[slot].ppid);
    for (size_t i = 0; i < c->n_reaped; i++) {
        if (c->reaped[i].parent != t->pid || c->reaped[i].parent_start != t->start_time)
            continue;
        c->reaped[i].parent = child.parent;
        c->reaped[i].parent_start = child.parent_start;
    }
    if (c->n_reaped < CAPTURE_REAPED_MAX)
        c->reaped[c->n_reaped++] = child;
}

// False: it has not come yet.
static bool is_settled(capture_t *c, const reaped_t *child)
{
    uint32_t slot = capture_find(c, child->parent, child->parent_start);
    turn_t turn = {.v = &c->visit, .slot = slot};

    if (slot == PROCMAP_NONE)
        return true; // nobody will tell it
    turn.t = &c->tracked[slot];
    turn.p = &capture_now(c)->processes[slot];
    return turn_take_back_io(&turn, child->read_bytes, child->write_bytes);
}

void capture_settle_reaped(capture_t *c)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->n_reaped; i++) {
        reaped_t *child = &c->reaped[i];

        if (!is_settled(c, child) && ++child->ticks < PATIENCE_TICKS)
            c->reaped[kept++] = *child;
    }
    c->n_reaped = kept;
}
