#include "daemon/proc/meminfo.h"
#include "daemon/proc/number.h"

#include <errno.h>

typedef struct {
    const char *key;
    unsigned field;
    bool add; // to what another line of the same field gave
} line_t;

static const line_t meminfo_lines[] = {
        {"MemTotal:", SYSTEM_FIELD_mem_total_kb, false},
        {"MemFree:", SYSTEM_FIELD_mem_free_kb, false},
        {"MemAvailable:", SYSTEM_FIELD_mem_available_kb, false},
        {"Buffers:", SYSTEM_FIELD_buffers_kb, false},
        {"Cached:", SYSTEM_FIELD_cached_kb, false},
        {"SwapCached:", SYSTEM_FIELD_swap_cached_kb, false},
        {"Active(anon):", SYSTEM_FIELD_lru_anon_kb, true},
        {"Inactive(anon):", SYSTEM_FIELD_lru_anon_kb, true},
        {"Unevictable:", SYSTEM_FIELD_unevictable_kb, false},
        {"Mlocked:", SYSTEM_FIELD_mlocked_kb, false},
        {"SwapTotal:", SYSTEM_FIELD_swap_total_kb, false},
        {"SwapFree:", SYSTEM_FIELD_swap_free_kb, false},
        {"Zswap:", SYSTEM_FIELD_zswap_kb, false},
        {"Dirty:", SYSTEM_FIELD_dirty_kb, false},
        {"Writeback:", SYSTEM_FIELD_writeback_kb, false},
        {"AnonPages:", SYSTEM_FIELD_anon_kb, false},
        {"Mapped:", SYSTEM_FIELD_mapped_kb, false},
        {"Shmem:", SYSTEM_FIELD_shmem_kb, false},
        {"SReclaimable:", SYSTEM_FIELD_slab_reclaimable_kb, false},
        {"SUnreclaim:", SYSTEM_FIELD_slab_unreclaimable_kb, false},
        {"KernelStack:", SYSTEM_FIELD_kernel_stack_kb, false},
        {"PageTables:", SYSTEM_FIELD_page_tables_kb, true},
        {"SecPageTables:", SYSTEM_FIELD_page_tables_kb, true},
        {"VmallocUsed:", SYSTEM_FIELD_vmalloc_kb, false},
        {"Percpu:", SYSTEM_FIELD_percpu_kb, false},
        {"Hugetlb:", SYSTEM_FIELD_hugetlb_kb, false},
};

static const line_t vmstat_lines[] = {
        {"pswpin ", SYSTEM_FIELD_pswpin, false},
        {"pswpout ", SYSTEM_FIELD_pswpout, false},
        {"pgfault ", SYSTEM_FIELD_pgfault, false},
        {"pgmajfault ", SYSTEM_FIELD_pgmajfault, false},
        {"oom_kill ", SYSTEM_FIELD_oom_kill, false},
        {"nr_zspages ", SYSTEM_FIELD_zsmalloc_kb, false}, // in pages
        {"pgsteal_kswapd ", SYSTEM_FIELD_pgsteal, true},
        {"pgsteal_direct ", SYSTEM_FIELD_pgsteal, true},
        {"pgsteal_khugepaged ", SYSTEM_FIELD_pgsteal, true},
        {"pgsteal_proactive ", SYSTEM_FIELD_pgsteal, true},
};

// Both files have many lines in a fixed order, so the search goes on from where it last matched.
static unsigned parse_lines(
        const char *text, size_t len, const line_t *lines, size_t n_lines, system_snapshot_t *ret)
{
    const char *end = text + len;
    size_t next = 0;
    unsigned found = 0;

    for (const char *p = text; p < end;) {
        const char *eol = line_end(p, end), *after;

        for (size_t i = 0; i < n_lines; i++) {
            const line_t *l = &lines[(next + i) % n_lines];
            uint64_t v;

            if (l->key[0] != *p || !line_key(p, eol, l->key, &after))
                continue;
            if (number_parse(&after, eol, &v)) {
                uint64_t bit = UINT64_C(1) << l->field;

                ret->values[l->field] =
                        l->add && (ret->known & bit) ? ret->values[l->field] + v : v;
                ret->known |= bit;
                found++;
            }
            next = (next + i + 1) % n_lines;
            break;
        }
        p = eol + 1;
    }
    return found;
}

int meminfo_parse(const char *text, size_t len, system_snapshot_t *ret)
{
    ret->known &= ~(UINT64_C(1) << SYSTEM_FIELD_page_tables_kb);
    ret->known &= ~(UINT64_C(1) << SYSTEM_FIELD_lru_anon_kb);
    parse_lines(text, len, meminfo_lines, sizeof(meminfo_lines) / sizeof(meminfo_lines[0]), ret);
    return SYSTEM_KNOWN(ret, mem_total_kb) ? 0 : -EBADMSG;
}

int vmstat_parse(const char *text, size_t len, system_snapshot_t *ret)
{
    ret->known &= ~(UINT64_C(1) << SYSTEM_FIELD_pgsteal);
    unsigned found = parse_lines(
            text, len, vmstat_lines, sizeof(vmstat_lines) / sizeof(vmstat_lines[0]), ret);

    return found > 0 ? 0 : -EBADMSG;
}

static bool find_value(const char *p, const char *end, const char *key, const char **ret_value)
{
    while (p < end && !line_key(p, end, key, ret_value))
        p++;
    return p < end;
}

// "avg10=1.23 avg60=..." -> 123
static bool parse_avg10(const char *p, const char *end, uint64_t *ret)
{
    const char *fraction_at;
    uint64_t whole, fraction;

    if (!find_value(p, end, "avg10=", &p) || !number_parse(&p, end, &whole) || p >= end ||
            *p != '.')
        return false;
    fraction_at = ++p;
    if (!number_parse(&p, end, &fraction) || p - fraction_at != 2)
        return false;
    *ret = whole * 100 + fraction;
    return true;
}

static bool parse_total(const char *p, const char *end, uint64_t *ret)
{
    return find_value(p, end, " total=", &p) && number_parse(&p, end, ret);
}

int pressure_parse(const char *text, size_t len, system_snapshot_t *ret)
{
    const char *end = text + len;
    int r = -EBADMSG;

    for (const char *p = text; p < end;) {
        const char *eol = line_end(p, end), *after;
        uint64_t v;

        if (line_key(p, eol, "some ", &after)) {
            if (parse_avg10(after, eol, &v))
                SYSTEM_SET(ret, psi_some, v), r = 0;
            if (parse_total(after, eol, &v))
                SYSTEM_SET(ret, psi_some_total_us, v), r = 0;
        } else if (line_key(p, eol, "full ", &after)) {
            if (parse_avg10(after, eol, &v))
                SYSTEM_SET(ret, psi_full, v), r = 0;
            if (parse_total(after, eol, &v))
                SYSTEM_SET(ret, psi_full_total_us, v), r = 0;
        }
        p = eol + 1;
    }
    return r;
}

int zoneinfo_parse(const char *text, size_t len, system_snapshot_t *ret)
{
    const char *end = text + len;
    uint64_t pages = 0;
    bool any = false;

    for (const char *p = text; p < end;) {
        const char *eol = line_end(p, end), *after;
        uint64_t count;

        while (p < eol && *p == ' ')
            p++;
        if (line_key(p, eol, "count:", &after) && number_parse(&after, eol, &count)) {
            pages += count;
            any = true;
        }
        p = eol + 1;
    }
    if (!any)
        return -EBADMSG;
    SYSTEM_SET(ret, percpu_free_kb, pages);
    return 0;
}

int meminfo_parse_levels(const char *text, size_t len, meminfo_levels_t *ret)
{
    const char *end = text + len;
    meminfo_levels_t levels = {0};
    uint64_t free_kb = 0;
    bool has_free = false, has_available = false;

    for (const char *p = text; p < end;) {
        const char *eol = line_end(p, end), *after;
        uint64_t kb;

        if (line_key(p, eol, "MemFree:", &after) && number_parse(&after, eol, &free_kb))
            has_free = true;
        else if (line_key(p, eol, "MemAvailable:", &after) &&
                 number_parse(&after, eol, &levels.available_kb))
            has_available = true;
        else if ((line_key(p, eol, "AnonPages:", &after) || line_key(p, eol, "Shmem:", &after)) &&
                 number_parse(&after, eol, &kb))
            levels.taken_kb += kb;
        p = eol + 1;
    }
    if (!has_available && !has_free)
        return -EBADMSG;
    if (!has_available)
        levels.available_kb = free_kb;
    *ret = levels;
    return 0;
}

int loadavg_parse_last_pid(const char *text, size_t len, uint64_t *ret_pid)
{
    const char *p = memchr(text, '/', len), *end = text + len;
    uint64_t total, pid;

    if (!p)
        return -EBADMSG;
    p++;
    if (!number_parse(&p, end, &total) || !number_parse(&p, end, &pid))
        return -EBADMSG;
    *ret_pid = pid;
    return 0;
}
