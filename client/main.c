#include "client/app/app.h"
#include "client/cli/cli.h"
#include "client/link/attach.h"
#include "client/loop.h"
#include "client/options.h"
#include "client/remember.h"
#include "client/settings.h"
#include "client/terminal.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#define HELD_MAX 65536

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

    if (!settings_path(path, sizeof(path)))
        return;
    // Columns of groups and trees alone are no setting.
    if (l->order.column != o->sort && column->title && column->sort_name)
        remember(path, "sort", column->sort_name);
    if (l->command != o->command)
        remember(path, "command", l->command ? "yes" : "no");
    if (app->theme != started)
        remember(path, "theme", app->theme->name);
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
        return cli_fail(CLI_FAILURE, "out of memory or descriptors");
    }
    requests = loop_requests(&loop);
    handlers = loop_handlers(&loop);
    if (o->no_signals)
        requests.signal = NULL;
    app->requests = requests;
    app->list.order.column = o->sort;
    app->list.command = o->command;
    app->theme = choose_theme(o);
    r = terminal_check(error, sizeof(error));
    status = r == -ENOENT ? CLI_USAGE : CLI_FAILURE;
    if (r == 0)
        r = o->replay ? attach_replay(&loop.attach, o->replay, o->speed, &handlers, error)
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
    return r < 0 ? cli_fail(status, "%s", error) : CLI_OK;
}

// What is wrong in the settings keeps nobody from the screen.
static void load_settings(options_t *o)
{
    char path[4096], error[512];

    if (settings_path(path, sizeof(path)) && settings_load(o, path, error, sizeof(error)) < 0)
        cli_fail(0, "%s", error);
}

int main(int argc, char **argv)
{
    const cli_command_t *command;
    char error[256];
    options_t o;
    bool utf8;

    file_occupy_standard();
    setlocale(LC_ALL, "");
    // Figures look the same to everybody, and a decimal comma is no JSON.
    setlocale(LC_NUMERIC, "C");
    utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    signal(SIGPIPE, SIG_IGN); // whoever reads the output may have seen enough
    options_init(&o);
    load_settings(&o);
    command = argc > 1 ? cli_find(argv[1]) : NULL;
    if (command)
        return cli_run(command, argc - 1, argv + 1, &o.target, utf8);
    if (options_parse(&o, argc, argv, error, sizeof(error)) < 0)
        return cli_fail(CLI_USAGE, "%s", error);
    if (o.help) {
        options_print_help(stdout);
        return cli_flush(NULL);
    }
    if (o.version) {
        puts("memscope " MEMSCOPE_VERSION);
        return cli_flush(NULL);
    }
    return run(&o, utf8);
}
