// memscoped: options and settings, and nothing else. The work is in manager.c.

#include "common/cleanup.h"
#include "common/file.h"
#include "common/log.h"
#include "config.h"
#include "daemon/confine/privileges.h"
#include "daemon/engine/state.h"
#include "daemon/manager.h"
#include "daemon/settings/conf.h"
#include "daemon/settings/options.h"
#include "daemon/trace/analyze.h"
#include "daemon/trace/replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

typedef struct {
    int argc;
    char **argv;
    conf_texts_t texts, reloaded;
    options_t options;
} program_t;

// Defaults, then the file, then the command line. False: options.status says how to end.
static bool settings_read(program_t *p, settings_t *ret, conf_texts_t *texts)
{
    const char *path;
    unsigned mistakes;

    settings_default(ret);
    if (!options_parse(p->argc, p->argv, ret, &p->options))
        return false;
    if (ret->private_fd >= 0 && !p->options.config_file)
        return true; // its user's, not the system's
    path = p->options.config_file ? p->options.config_file : MEMSCOPE_CONFIG_FILE;
    settings_default(ret);
    mistakes = conf_load(ret, texts, path, p->options.config_file != NULL);
    if (p->options.check_config) {
        if (mistakes == 0)
            printf("%s: no mistakes\n", path);
        p->options.status = mistakes == 0 ? 0 : OPTIONS_STATUS_USAGE;
        return false;
    }
    if (mistakes > 0) {
        p->options.status = OPTIONS_STATUS_USAGE;
        return false;
    }
    return options_parse(p->argc, p->argv, ret, &p->options);
}

static bool on_reload(void *user, settings_t *ret)
{
    program_t *p = user;

    conf_texts_done(&p->reloaded);
    return settings_read(p, ret, &p->reloaded);
}

_Static_assert(ARRAY_SIZE(((settings_t *) 0)->state_fds) == STATE_COPIES, "one for each copy");

// The socket, and what the run before gave systemd to keep. False: more sockets than one.
static bool take_descriptors(settings_t *settings)
{
    char **names = NULL;
    int n = sd_listen_fds_with_names(1, &names), sockets = 0;

    for (int i = 0; i < n; i++) {
        int fd = SD_LISTEN_FDS_START + i, *state = NULL;

        for (int k = 0; k < STATE_COPIES; k++)
            if (strcmp(names[i], state_memfd_names[k]) == 0)
                state = &settings->state_fds[k];
        if (state && *state < 0) {
            *state = fd;
        } else if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0) {
            settings->listen_fd = fd;
            sockets++;
        } else {
            close(fd);
        }
        free(names[i]);
    }
    free(names);
    if (sockets > 1)
        log_error("systemd handed over %d sockets: memscoped.socket has to name exactly one",
                sockets);
    return sockets <= 1;
}

static int run(program_t *p, settings_t *settings)
{
    manager_t *manager = NULL;
    int status;

    if (settings->analyze_fd >= 0 || settings->replay_fd >= 0) {
        // A trace is anybody's: whoever wrote it gets at nothing but the client's answer.
        if (privileges_drop(PRIVILEGES_USER, false) < 0)
            return 1;
        if (settings->replay_fd >= 0)
            return replay_run(settings->private_fd, settings->replay_fd, settings->replay_speed);
        return analyze_run(settings->private_fd, settings->analyze_fd);
    }
    if (settings->private_fd < 0 && !take_descriptors(settings))
        return 1;
    settings->state_directory = getenv("STATE_DIRECTORY");
    settings->reload = on_reload;
    settings->reload_user = p;
    if (manager_new(&manager, settings) < 0)
        return 1;
    status = manager_run(manager);
    manager_free(manager);
    return status;
}

// Each viewer makes systemd try again, until it has had enough and closes the socket, too.
static void say_way_back(int status)
{
    if (status == OPTIONS_STATUS_USAGE && getenv("NOTIFY_SOCKET"))
        log_error("not started: once that is mended, systemctl reset-failed memscoped.service && "
                  "systemctl start memscoped.service brings the service and its socket back");
}

int main(int argc, char **argv)
{
    program_t p = {.argc = argc, .argv = argv};
    settings_t settings;
    int status;

    file_occupy_standard();
    log_open("memscoped", LOG_LEVEL_INFO);
    status = settings_read(&p, &settings, &p.texts) ? run(&p, &settings) : p.options.status;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        log_error("cannot write the output: %s", strerror(errno));
        status = 1;
    }
    say_way_back(status);
    conf_texts_done(&p.texts);
    conf_texts_done(&p.reloaded);
    return status;
}
