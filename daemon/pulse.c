#include "daemon/pulse.h"
#include "common/cleanup.h"

void pulse_init(pulse_t *p, uint64_t first_tick_us, bool looks)
{
    *p = (pulse_t){.tick_us = first_tick_us, .look_us = looks ? first_tick_us : UINT64_MAX};
}

uint64_t pulse_wait_us(const pulse_t *p, uint64_t now_us)
{
    uint64_t next_us = MIN(p->look_us, p->tick_us);

    return next_us > now_us ? next_us - now_us : 0;
}

// The first of the times `each_us` apart that is after `now_us`, and how many are not.
static uint64_t pass(uint64_t *at_us, uint64_t each_us, uint64_t now_us)
{
    uint64_t passed = *at_us <= now_us ? (now_us - *at_us) / each_us + 1 : 0;

    *at_us += passed * each_us;
    return passed;
}

pulse_kind_t pulse_take(pulse_t *p, uint64_t now_us)
{
    bool look = pass(&p->look_us, PULSE_LOOK_US, now_us) > 0;

    if (now_us < p->tick_us)
        return look ? PULSE_LOOK : PULSE_NONE;
    p->late += now_us > p->tick_us + PULSE_LATE_US;
    p->tick_us += PULSE_TICK_US;
    return PULSE_TICK;
}

void pulse_ticked(pulse_t *p, uint64_t now_us)
{
    p->missed += pass(&p->tick_us, PULSE_TICK_US, now_us);
}
