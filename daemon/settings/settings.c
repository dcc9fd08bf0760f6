#include "daemon/settings/settings.h"
#include "config.h"

void settings_default(settings_t *ret)
{
    *ret = (settings_t){.proc_root = "/proc",
            .socket_path = MEMSCOPE_SOCKET_PATH,
            .listen_fd = -1,
            .private_fd = -1,
            .state_fds = {-1, -1},
            .analyze_fd = -1,
            .replay_fd = -1,
            .replay_speed = 1,
            .group = "memscope",
            .pss_budget_ppm = 5000,
            .subscribers_max = 256,
            .subscribers_max_per_user = 32};
}
