#include "client/app/app.h"
#include "client/cli/cli.h"
#include "client/link/attach.h"
#include "client/loop.h"
#include "client/options.h"
#include "client/remember.h"
#include "client/terminal.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { EXIT_BAD_USAGE = 2 };

#define HELD_MAX 65536

static int fail(int status, const char *text)
{
    char safe[ATTACH_ERROR_MAX];

    // What was typed, or stands in the settings, may be anything.
    text_sanitize(safe, sizeof(safe), text, strlen(text), true);
    fprintf(stderr, "memscope: %s\n", safe);
    return status;
}

// Whatever a library may have to say on stderr waits until the screen is the shell's again.
static int hold_stderr(void)
{
    int held = isatty(STDERR_FILENO) ? memfd_create("memscope-stderr", MFD_CLOEXEC) : -1;
    int saved = held >= 0 ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : -1;

    if (saved >= 0)
        dup2(held, STDERR_FILENO);
    if (held >= 0)
        close(held);
    return saved;
}

static void release_stderr(int saved)
{
    _cleanup_close_ int held = -1;
    char buf[4096];
    off_t at = 0;
    ssize_t n;

    if (saved < 0)
        return;
    held = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(saved, STDERR_FILENO);
    close(saved);
    while (held >= 0 && at < HELD_MAX && (n = pread(held, buf, sizeof(buf), at)) > 0) {
        if (write(STDERR_FILENO, buf, (size_t) n) < 0)
            break;
        at += n;
    }
}

static int flushed(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS
                                                  : fail(EXIT_FAILURE, "cannot write the output");
}

static const theme_t *choose_theme(const options_t *o)
{
    const char *no_color = getenv("NO_COLOR");

    if (o->theme)
        return o->theme;
    return theme_get(no_color && no_color[0] ? "mono" : "default");
}

// What was changed by a key is what the viewer wants the next time. A file that cannot be written
// is the viewer's wish too.
static void remember_changes(const options_t *o, const theme_t *started, const app_t *app)
{
    const list_t *l = &app->list;
    const column_t *column = &columns[l->order.column];
    char path[4096];

    if (!options_path(path, sizeof(path)))
        return;
    // Columns of groups and trees alone are no setting.
    if (l->order.column != o->sort && column->title && column->sort_name)
        remember(path, "sort", column->sort_name);
    if (l->command != o->command)
        remember(path, "command", l->command ? "yes" : "no");
    if (app->theme != started)
        remember(path, "theme", app->theme->name);
}

// Only a file that can be read at any time: one that blocks would hold up the keys.
static int attach_trace(
        loop_t *l, const options_t *o, const session_handlers_t *handlers, char *ret_error)
{
    _cleanup_close_ int fd = open(o->replay, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;

    if (r == 0 && !S_ISREG(st.st_mode))
        r = S_ISDIR(st.st_mode) ? -EISDIR : -ESPIPE;
    if (r < 0) {
        snprintf(ret_error, ATTACH_ERROR_MAX, "cannot replay %.300s: %s", o->replay,
                r == -ESPIPE ? "not a regular file" : strerror(-r));
        return r;
    }
    l->file = o->replay;
    return attach_replay(&l->attach, fd, o->speed, handlers, ret_error);
}

static int run(const options_t *o, bool utf8)
{
    char error[ATTACH_ERROR_MAX];
    ui_requests_t requests;
    session_handlers_t handlers;
    int r, status, saved;
    app_t *app = NULL;
    loop_t loop;

    if (app_new(&app, utf8, NULL) < 0 || loop_init(&loop, app) < 0) {
        app_free(app);
        return fail(EXIT_FAILURE, "out of memory or descriptors");
    }
    requests = loop_requests(&loop);
    handlers = loop_handlers(&loop);
    app->requests = requests;
    app->list.order.column = o->sort;
    app->list.command = o->command;
    app->theme = choose_theme(o);
    r = terminal_check(error, sizeof(error));
    status = r == -ENOENT ? EXIT_BAD_USAGE : EXIT_FAILURE;
    if (r == 0)
        r = o->replay ? attach_trace(&loop, o, &handlers, error)
                      : attach(&loop.attach, &o->target, &handlers, error);
    saved = hold_stderr();
    if (r == 0)
        r = terminal_open(app->theme, !o->no_mouse, error, sizeof(error));
    if (r == 0) {
        r = loop_run(&loop);
        remember_changes(o, choose_theme(o), app);
        snprintf(error, sizeof(error), "%.500s", loop.error);
    }
    terminal_close();
    loop_done(&loop);
    app_free(app);
    release_stderr(saved);
    return r < 0 ? fail(status, error) : EXIT_SUCCESS;
}

// What is wrong in the settings keeps nobody from the screen.
static void load_settings(options_t *o)
{
    char path[4096], error[256];

    if (options_path(path, sizeof(path)) && options_load(o, path, error, sizeof(error)) < 0)
        fail(0, error);
}

int main(int argc, char **argv)
{
    const cli_command_t *command;
    char error[256];
    options_t o;
    bool utf8;

    setlocale(LC_ALL, "");
    // Figures look the same to everybody.
    setlocale(LC_NUMERIC, "C");
    utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    options_init(&o);
    load_settings(&o);
    command = argc > 1 ? cli_find(argv[1]) : NULL;
    if (command)
        return cli_run(command, argc - 1, argv + 1, &o.target, utf8);
    if (options_parse(&o, argc, argv, error, sizeof(error)) < 0)
        return fail(EXIT_BAD_USAGE, error);
    if (o.help) {
        options_print_help(stdout);
        return flushed();
    }
    if (o.version) {
        puts("memscope " MEMSCOPE_VERSION);
        return flushed();
    }
    return run(&o, utf8);
}
