#include "protocol/snapshot.h"

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
        kb = (uint64_t) ((double) kb * ((double) rss / (double) p->pss_rss_kb));
    }
    *ret_kb = kb;
    *ret_estimated = estimated;
    *ret_age_ms = now_ms > p->pss_time_ms ? now_ms - p->pss_time_ms : 0;
    return true;
}
