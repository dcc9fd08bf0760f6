#include "tests/support/accounted.h"

#include "common/cleanup.h"

#include <inttypes.h>
#include <string.h>

uint64_t accounted_now_ms(const accounted_t *f)
{
    return capture_current(engine_capture(f->host.engine))->system.mono_ms;
}

int accounted_setup(void **state)
{
    static accounted_t f;

    f = (accounted_t){.slab_mb = 100, .cache_mb = 3000};
    judged_init(&f.host);
    *state = &f;
    return 0;
}

int accounted_teardown(void **state)
{
    accounted_t *f = *state;

    judged_done(&f->host);
    return 0;
}

void accounted_start(accounted_t *f, unsigned i, uint32_t uid)
{
    static const char *const names[HOGS] = {"chrome", "db", "chrome", "cc1"};
    static const char *const groups[HOGS] = {"/a.scope", "/db.service", "/b.scope", "/a.scope"};

    f->hogs[i] = (proctree_process_t){.pid = 100 + i,
            .name = names[i],
            .cgroup = groups[i],
            .start_time = 50 + i,
            .uid = uid,
            .euid = uid,
            .gid = uid,
            .egid = uid};
}

void accounted_end(accounted_t *f, unsigned i)
{
    proctree_end(&f->host.tree, f->hogs[i].pid);
    f->hogs[i].pid = f->hog_mb[i] = 0;
}

void accounted_tick(accounted_t *f, unsigned times)
{
    while (times-- > 0) {
        uint64_t anon = 0, used;

        for (unsigned i = 0; i < HOGS; i++) {
            proctree_process_t *p = &f->hogs[i];

            if (p->pid == 0)
                continue;
            p->utime++;
            p->anon_pages = f->hog_mb[i] * MB_PAGES;
            p->hwm_kb = f->stale_peaks ? MB : MAX(p->hwm_kb, f->hog_mb[i] * MB);
            anon += f->hog_mb[i];
            proctree_process(&f->host.tree, p);
        }
        anon += f->leaving_mb - f->shared_mb;
        used = anon + f->shmem_mb + f->slab_mb + f->cache_mb + f->unknown_mb + f->tables_mb +
               f->stacks_mb;
        proctree_write(&f->host.tree, "meminfo",
                "MemTotal: %d kB\nMemFree: %" PRIu64 " kB\nMemAvailable: %" PRIu64 " kB\n"
                "Cached: %" PRIu64 " kB\nAnonPages: %" PRIu64 " kB\nShmem: %" PRIu64 " kB\n"
                "SUnreclaim: %" PRIu64 " kB\nPageTables: %" PRIu64 " kB\nKernelStack: %" PRIu64
                " kB\n",
                HOST_MB * MB, (HOST_MB - used) * MB, (HOST_MB - used + f->cache_mb) * MB,
                (f->cache_mb + f->shmem_mb) * MB, anon * MB, f->shmem_mb * MB, f->slab_mb * MB,
                f->tables_mb * MB, f->stacks_mb * MB);
        judged_tick(&f->host);
        if (f->began_ms == 0)
            f->began_ms = accounted_now_ms(f);
    }
}

int64_t accounted_change_of(const why_answer_t *a)
{
    return a->change_to_kb - a->change_from_kb;
}

int64_t accounted_share_of(const why_row_t *r)
{
    return (int64_t) (r->end_kb - r->start_kb);
}

void accounted_adds_up(const why_answer_t *a)
{
    int64_t sum = a->others_kb + a->hidden_kb + a->unexplained_kb;

    for (size_t i = 0; i < a->n_rows; i++)
        sum += accounted_share_of(&a->rows[i]);
    assert_int_equal(sum, accounted_change_of(a));
}

why_answer_t accounted_ask(accounted_t *f, unsigned by, uint64_t ago_s)
{
    const why_question_t q = {
            .from_ms = accounted_now_ms(f) - ago_s * 1000, .to_ms = accounted_now_ms(f), .by = by};
    why_answer_t a;

    assert_int_equal(why_ask(engine_why(f->host.engine), &q, &a), 0);
    accounted_adds_up(&a);
    return a;
}
