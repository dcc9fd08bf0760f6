// memscoped: options, and nothing else. The work is in manager.c.

#include "common/cleanup.h"
#include "common/log.h"
#include "config.h"
#include "daemon/manager.h"
#include "daemon/options.h"

#include <systemd/sd-daemon.h>

int main(int argc, char **argv)
{
    manager_config_t config;
    options_t options;
    manager_t *manager = NULL;
    int status, n;

    log_open("memscoped", LOG_LEVEL_INFO);
    manager_config_default(&config);
    config.socket_path = MEMSCOPE_SOCKET_PATH;
    if (!options_parse(argc, argv, &config, &options))
        return options.status;

    n = sd_listen_fds(1);
    if (n > 1) {
        log_error("systemd handed over %d sockets: memscoped.socket has to name exactly one", n);
        return 1;
    }
    if (n == 1 && config.private_fd < 0)
        config.listen_fd = SD_LISTEN_FDS_START;
    if (manager_new(&manager, &config) < 0)
        return 1;
    status = manager_run(manager);
    manager_free(manager);
    return status;
}
