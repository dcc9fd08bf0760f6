#include "client/model/ui.h"

#include "common/cleanup.h"

uint64_t ui_behind_s(const ui_t *ui)
{
    const system_snapshot_t *s = ui->snapshot ? &ui->snapshot->system : NULL;
    uint64_t interval_ms, age;

    // A recording has a clock of its own.
    if (!s || !SYSTEM_KNOWN(s, mono_ms) || ui->now_ms <= s->mono_ms ||
            (s->system_flags & SYSTEM_REPLAY))
        return 0;
    interval_ms = SYSTEM_KNOWN(s, interval_us) ? s->interval_us / 1000 : 1000;
    age = ui->now_ms - s->mono_ms;
    return age > 2 * MAX(interval_ms, UINT64_C(1000)) + 500 ? age / 1000 : 0;
}

bool ui_has_feature(const ui_t *ui, uint64_t feature)
{
    return (ui->features & feature) != 0;
}
