#include "daemon/reload.h"
#include "common/cleanup.h"
#include "common/log.h"

#include <string.h>

static bool differ(const char *a, const char *b)
{
    return (a == NULL) != (b == NULL) || (a && strcmp(a, b) != 0);
}

void reload_apply(settings_t *now, const settings_t *read, capture_t *capture, server_t *server,
        status_t *status)
{
    const struct {
        bool differs;
        const char *name;
    } fixed[] = {{differ(now->socket_path, read->socket_path), "socket"},
            {differ(now->group, read->group), "group"},
            {differ(now->proc_root, read->proc_root), "proc"},
            {now->memory_max != read->memory_max, "memory-max"}};

    now->pss_budget_ppm = status->pss_budget_ppm = read->pss_budget_ppm;
    now->subscribers_max = read->subscribers_max;
    now->subscribers_max_per_user = read->subscribers_max_per_user;
    capture_set_pss_budget(capture, read->pss_budget_ppm);
    server_set_limits(server, read->subscribers_max, read->subscribers_max_per_user);
    log_info("settings reloaded");
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
        if (fixed[i].differs)
            log_warning("%s is unchanged: a new value needs a restart", fixed[i].name);
}
