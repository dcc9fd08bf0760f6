#include "client/link/attach.h"

#include "common/cleanup.h"
#include "common/text.h"
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define END_MS 300

extern char **environ;

// The binary beside this one in a build tree, otherwise the installed one.
static const char *daemon_path(char *buf, size_t cap)
{
    const char *given = getenv("MEMSCOPED");
    char *slash;
    ssize_t len;

    if (given && given[0])
        return given;
    len = readlink("/proc/self/exe", buf, cap - sizeof("../daemon/memscoped"));
    if (len > 0) {
        buf[len] = '\0';
        slash = strrchr(buf, '/');
        if (slash) {
            strcpy(slash + 1, "../daemon/memscoped");
            if (access(buf, X_OK) == 0)
                return buf;
        }
    }
    return MEMSCOPE_DAEMON_PATH;
}

// What a private daemon works on; NULL: the machine itself.
typedef struct {
    const char *option;
    int fd;
    const char *speed; // NULL: not a matter of it
} work_t;

// The child gets these descriptors and nothing else of ours; a session of its own keeps the
// terminal's ^C and ^Z from it.
static int spawn_daemon(
        const char *path, int socket_fd, int errors_fd, const work_t *work, pid_t *ret_pid)
{
    char number[16], file[16];
    char *argv[] = {strdupa("memscoped"), strdupa("--private"), number,
            work ? strdupa(work->option) : NULL, file,
            work && work->speed ? strdupa("--speed") : NULL,
            work && work->speed ? strdupa(work->speed) : NULL, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, ignored;
    int r;

    snprintf(number, sizeof(number), "%d", socket_fd);
    snprintf(file, sizeof(file), "%d", work ? work->fd : -1);
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, errors_fd, STDERR_FILENO);
    // Onto itself: inherited from here on.
    posix_spawn_file_actions_adddup2(&files, socket_fd, socket_fd);
    if (work)
        posix_spawn_file_actions_adddup2(&files, work->fd, work->fd);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    r = posix_spawn(ret_pid, path, &files, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return -r;
}

static int attach_private(
        attach_t *a, const work_t *work, const session_handlers_t *handlers, char *ret_error)
{
    _cleanup_close_ int ours = -1, theirs = -1, errors = -1, errors_in = -1;
    char buf[PATH_MAX];
    const char *path = daemon_path(buf, sizeof(buf));
    int fds[2], r;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    ours = fds[0];
    theirs = fds[1];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    errors = fds[0];
    errors_in = fds[1];
    fcntl(errors, F_SETFL, O_NONBLOCK);
    fcntl(ours, F_SETFL, O_NONBLOCK);
    r = spawn_daemon(path, theirs, errors_in, work, &a->daemon);
    if (r < 0) {
        a->daemon = 0;
        snprintf(ret_error, ATTACH_ERROR_MAX,
                "cannot start a private daemon, %.300s: %s; install memscoped, or set MEMSCOPED to "
                "its path",
                path, strerror(-r));
        return r;
    }
    a->errors_fd = take_fd(&errors);
    return session_new_fd(&a->session, take_fd(&ours), handlers);
}

// Whoever is full for now is waited for; where nobody listens, nobody is.
static int attach_path(attach_t *a, const char *path, const char *remedy,
        const session_handlers_t *handlers, char *ret_error)
{
    int r = session_new_path(&a->session, path, handlers);

    if (r == 0) {
        r = session_connect_error(a->session);
        if (r == 0 || r == -EAGAIN || r == -EINTR)
            return 0;
        session_free(take_ptr(a->session));
    }
    snprintf(ret_error, ATTACH_ERROR_MAX, "cannot connect to %.200s: %s; %s", path, strerror(-r),
            r == -EACCES ? "its mode keeps this user out, --private does without it" : remedy);
    return r;
}

int attach(attach_t *a, const attach_target_t *target, const session_handlers_t *handlers,
        char *ret_error)
{
    *a = (attach_t){.errors_fd = -1};
    if (target->socket[0] && !target->private_daemon)
        return attach_path(a, target->socket, "start memscoped there, or leave --socket out",
                handlers, ret_error);
    if (!target->private_daemon) {
        int r = attach_path(
                a, MEMSCOPE_SOCKET_PATH, "--private does without it", handlers, ret_error);

        if (r != -ENOENT && r != -ECONNREFUSED)
            return r;
    }
    snprintf(ret_error, ATTACH_ERROR_MAX, "out of memory or descriptors");
    return attach_private(a, NULL, handlers, ret_error);
}

int attach_file(attach_t *a, const char *option, int fd, const session_handlers_t *handlers,
        char *ret_error)
{
    const work_t work = {.option = option, .fd = fd};

    *a = (attach_t){.errors_fd = -1};
    snprintf(ret_error, ATTACH_ERROR_MAX, "out of memory or descriptors");
    return attach_private(a, &work, handlers, ret_error);
}

int attach_replay(attach_t *a, const char *path, const char *speed,
        const session_handlers_t *handlers, char *ret_error)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const work_t work = {.option = "--replay", .fd = fd, .speed = speed[0] ? speed : "1"};
    struct stat st;
    int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;

    *a = (attach_t){.errors_fd = -1, .replayed = path};
    if (r == 0 && !S_ISREG(st.st_mode))
        r = S_ISDIR(st.st_mode) ? -EISDIR : -ESPIPE;
    if (r < 0) {
        snprintf(ret_error, ATTACH_ERROR_MAX, "cannot read %.300s: %s", path,
                r == -ESPIPE ? "not a regular file; 'memscope analyze' reads others, too"
                             : strerror(-r));
        return r;
    }
    snprintf(ret_error, ATTACH_ERROR_MAX, "out of memory or descriptors");
    return attach_private(a, &work, handlers, ret_error);
}

// It ends as soon as it notices that nobody is left; then it is not left behind unreaped either.
static void wait_for_end(pid_t pid)
{
    int fd = (int) syscall(SYS_pidfd_open, pid, 0);
    struct pollfd ended = {.fd = fd, .events = POLLIN};

    if (fd < 0)
        return;
    poll(&ended, 1, END_MS);
    waitpid(pid, NULL, WNOHANG);
    close(fd);
}

void attach_done(attach_t *a)
{
    session_free(a->session);
    if (a->daemon > 0)
        wait_for_end(a->daemon);
    if (a->errors_fd >= 0)
        close(a->errors_fd);
    *a = (attach_t){.errors_fd = -1};
}

static void keep_line(attach_t *a, const char *line, size_t len)
{
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        len--;
    if (len > 0)
        text_sanitize(a->errors, sizeof(a->errors), line, len, true);
}

void attach_read_errors(attach_t *a)
{
    char buf[4096];
    ssize_t n;

    while (a->errors_fd >= 0) {
        char *start = buf, *end;

        n = read(a->errors_fd, buf, sizeof(buf) - 1);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            close(take_fd(&a->errors_fd));
            return;
        }
        buf[n] = '\0';
        for (; start < buf + n; start = end) {
            end = memchr(start, '\n', (size_t) (buf + n - start));
            end = end ? end + 1 : buf + n;
            keep_line(a, start, (size_t) (end - start));
        }
    }
}

bool attach_reap(attach_t *a)
{
    int status;

    if (a->daemon == 0 || waitpid(a->daemon, &status, WNOHANG) != a->daemon)
        return false;
    a->daemon = 0;
    attach_read_errors(a);
    // Whoever is killed does not say why: what it said last was about something else.
    if (WIFSIGNALED(status))
        snprintf(a->errors, sizeof(a->errors), "it was ended by signal %d (%s)", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    else if (!a->errors[0])
        snprintf(a->errors, sizeof(a->errors), "it ended with status %d", WEXITSTATUS(status));
    return true;
}

// What it says of the trace that it plays is said of the file.
char *attach_ending(const attach_t *a, char *buf, size_t cap)
{
    static const char trace[] = "memscoped: trace";
    const char *text = a->errors;

    if (a->replayed && strncmp(text, trace, strlen(trace)) == 0)
        snprintf(buf, cap, "%.300s%.260s", a->replayed, text + strlen(trace));
    else if (text[0])
        snprintf(buf, cap, "the private daemon ended: %s", text);
    else
        snprintf(buf, cap, "%s", session_error(a->session));
    return buf;
}
