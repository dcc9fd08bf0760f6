#include "protocol/snapshot.h"
#include "common/cleanup.h"

// Anonymous memory that came since the reading is its own. How much of it there was then is not
// known, but as a rule no more than PSS.
static uint64_t estimate_pss_kb(const process_snapshot_t *p, uint64_t rss)
{
    uint64_t grown = rss > p->pss_rss_kb ? rss - p->pss_rss_kb : 0;
    uint64_t own = MIN(grown, p->anon_kb > p->pss_kb ? p->anon_kb - p->pss_kb : 0);

    return own + (uint64_t) ((double) p->pss_kb * ((double) (rss - own) / (double) p->pss_rss_kb));
}

bool snapshot_pss_kb(const process_snapshot_t *p, uint64_t now_ms, uint64_t *ret_kb,
        bool *ret_estimated, uint64_t *ret_age_ms)
{
    uint64_t kb = p->pss_kb, rss = 0;
    bool has_rss = snapshot_rss_kb(p, &rss);
    bool estimated = !has_rss || rss != p->pss_rss_kb;

    if (!PROCESS_KNOWN(p, pss_kb) || !PROCESS_KNOWN(p, pss_rss_kb) ||
            !PROCESS_KNOWN(p, pss_time_ms))
        return false;
    if (has_rss && estimated) {
        if (p->pss_rss_kb == 0)
            return false; // nothing was resident then: no ratio
        kb = estimate_pss_kb(p, rss);
    }
    *ret_kb = kb;
    *ret_estimated = estimated;
    *ret_age_ms = now_ms > p->pss_time_ms ? now_ms - p->pss_time_ms : 0;
    return true;
}
