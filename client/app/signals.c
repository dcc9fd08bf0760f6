#include "client/app/actions.h"

#include "client/view/views.h"
#include "common/cleanup.h"
#include "common/format.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// A signal goes to the process that was selected when its prompt was opened, and only once the
// signal's name was typed: no key that was meant for something else ends anybody.

static const struct {
    const char *name;
    int number;
} signals[] = {
        {"TERM", SIGTERM},
        {"KILL", SIGKILL},
        {"INT", SIGINT},
        {"HUP", SIGHUP},
        {"QUIT", SIGQUIT},
        {"STOP", SIGSTOP},
        {"CONT", SIGCONT},
        {"USR1", SIGUSR1},
        {"USR2", SIGUSR2},
        {"ABRT", SIGABRT},
};

__attribute__((format(printf, 2, 3))) static void say(app_t *a, const char *format, ...)
{
    char text[UI_MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    app_say(a, text);
}

void signals_ask(app_t *a)
{
    const row_t *row = a->inspect ? &a->inspect->row : list_selected(&a->list, &a->model);

    if (!row || a->grid.rows < VIEW_MIN_ROWS || a->grid.cols < VIEW_MIN_COLS)
        return;
    if (row->flags & ROW_GROUP) {
        app_say(a, "a signal goes to one process: Enter shows those of the group");
    } else if (a->model.system.system_flags & SYSTEM_REPLAY) {
        app_say(a, "no signals are sent: this is a recording, its processes are not here");
    } else if (!a->requests.signal) {
        app_say(a, "no signals are sent: the option --signals, or the settings, say so");
    } else {
        list_move(&a->list, &a->model, 0); // whoever is meant was chosen
        a->signal_to = row->id;
        if (a->inspect)
            snprintf(a->signal_name, sizeof(a->signal_name), "%s", a->inspect->name);
        else
            model_name(&a->model, row, a->signal_name, sizeof(a->signal_name));
        prompt_open(&a->prompt, PROMPT_SIGNAL, "", a->list.cursor);
    }
}

static int find_signal(const char *name, const char **ret_name)
{
    if (strncasecmp(name, "SIG", 3) == 0)
        name += 3;
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        if (strcasecmp(name, signals[i].name) == 0) {
            *ret_name = signals[i].name;
            return signals[i].number;
        }
    }
    return 0;
}

// "'FOO': expected TERM, KILL, ... or ABRT"
static void refuse_name(prompt_t *p)
{
    char words[128] = "", allowed[128];
    line_t line = {.buf = words, .cap = sizeof(words)};

    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        line_add(&line, "%s%s", i > 0 ? "|" : "", signals[i].name);
    snprintf(p->error, sizeof(p->error), "'%.20s': expected %s", p->text,
            format_words(allowed, sizeof(allowed), words));
}

bool signals_send(app_t *a)
{
    unsigned long long pid = a->signal_to.pid;
    const char *name;
    int number = find_signal(a->prompt.text, &name), r;

    if (!a->prompt.text[0]) {
        app_say(a, "nothing was sent: no signal was typed");
        return true;
    }
    if (number == 0) {
        refuse_name(&a->prompt);
        return false;
    }
    r = a->requests.signal(a->requests.user, pid, a->signal_to.start_time, number);
    if (r == 0)
        say(a, "%s was sent to %s (PID %llu)", name, a->signal_name, pid);
    else if (r == -ESRCH)
        say(a, "nothing was sent: %s (PID %llu) has ended or is out of sight", a->signal_name, pid);
    else if (r == -EPERM)
        say(a, "nothing was sent: %s (PID %llu) is another user's", a->signal_name, pid);
    else
        say(a, "nothing was sent to %s (PID %llu): %s", a->signal_name, pid, strerror(-r));
    return true;
}
