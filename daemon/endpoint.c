#include "daemon/endpoint.h"
#include "common/log.h"
#include "config.h"
#include "daemon/confine/privileges.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The directory of the system's socket, where root starts on a host that has none yet: the one that
// systemd-tmpfiles would make. Of a path that somebody named, it is more likely a slip of the pen.
static int make_directory(const char *path)
{
    static const char system[] = MEMSCOPE_SOCKET_PATH;
    const struct passwd *pw;
    char name[sizeof(system)];
    struct stat st;

    snprintf(name, sizeof(name), "%.*s", (int) (strrchr(system, '/') - system), system);
    if (geteuid() != 0 || strcmp(path, system) != 0 || stat(name, &st) == 0)
        return 0;
    if (mkdir(name, 0755) < 0 || chmod(name, 0755) < 0)
        return -errno;
    pw = getpwnam(PRIVILEGES_USER);
    if (pw && chown(name, pw->pw_uid, pw->pw_gid) < 0)
        return -errno;
    return 0;
}

static void say_why(const char *path, int error)
{
    if (error == -EADDRINUSE)
        log_error("another memscoped serves %s: stop it, or choose another --socket", path);
    else if (error == -EISCONN) // without the lock beside it: systemd, for one
        log_error("somebody listens on %s already: stop that, or choose another --socket", path);
    else if (error == -EEXIST)
        log_error("%s exists and is not a socket: remove it, or choose another --socket", path);
    else if (error == -ENOENT)
        log_error("cannot listen on %s: there is no such directory; make it, or choose another "
                  "--socket",
                path);
    else
        log_error("cannot listen on %s: %s; choose another --socket", path, strerror(-error));
}

int endpoint_open(listener_t *ret, sweeper_t *ret_sweeper, const settings_t *settings)
{
    int r;

    if (settings->private_fd >= 0 || settings->listen_fd >= 0)
        return 0;
    r = make_directory(settings->socket_path);
    if (r == 0)
        r = listener_open(ret, settings->socket_path);
    if (r == 0)
        r = sweeper_start(ret_sweeper, settings->socket_path);
    if (r < 0)
        say_why(settings->socket_path, r);
    return r;
}

int endpoint_serve(listener_t *l, const settings_t *settings, server_t *server,
        void (*gone)(void *user), void *user)
{
    int r;

    if (settings->private_fd >= 0) {
        r = server_adopt(server, settings->private_fd, gone, user);
        if (r < 0)
            log_error("descriptor %d is not a connected Unix socket: %s", settings->private_fd,
                    strerror(-r));
        return r;
    }
    if (settings->listen_fd >= 0)
        r = server_listen_fd(server, settings->listen_fd);
    else
        r = server_listen(server, l);
    if (r < 0)
        log_error("cannot listen: %s", strerror(-r));
    return r;
}
