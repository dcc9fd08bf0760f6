#include "client/options.h"

#include "common/cleanup.h"
#include "config.h"
#include <errno.h>
#include <stddef.h>
#include <string.h>

// The options, declared once: an option sets the member at `offset`, to true or to its argument.
typedef struct {
    const char *name;
    const char *argument; // NULL: it has none
    size_t offset;
    const char *help;
} option_t;

static const option_t options[] = {
        {"socket", "PATH", offsetof(options_t, socket),
                "connect to this socket instead of " MEMSCOPE_SOCKET_PATH},
        {"private", NULL, offsetof(options_t, private_daemon),
                "start a daemon of one's own, with one's own rights"},
        {"version", NULL, offsetof(options_t, version), "print the version and exit"},
        {"help", NULL, offsetof(options_t, help), "print this help and exit"},
};

void options_print_help(FILE *out)
{
    fputs("Usage: memscope [OPTION]...\n"
          "Shows which processes take the host's memory, and which of them leak.\n\n",
            out);
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        char name[32];

        snprintf(name, sizeof(name), "--%s%s%s", options[i].name, options[i].argument ? " " : "",
                options[i].argument ? options[i].argument : "");
        fprintf(out, "  %-14s %s\n", name, options[i].help);
    }
    fputs("\nWithout a daemon on the system's socket, memscope starts a private one.\n"
          "Keys: ? shows them.\n",
            out);
}

static const option_t *find(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
            return &options[i];
    return NULL;
}

int options_parse(options_t *o, int argc, char **argv, char *ret_error, size_t cap)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i] + 2, *value;
        const option_t *option;

        if (strncmp(argv[i], "--", 2) != 0) {
            snprintf(ret_error, cap, "unknown %s '%.80s'; try --help",
                    argv[i][0] == '-' ? "option" : "command", argv[i]);
            return -EINVAL;
        }
        value = strchr(name, '=');
        option = find(name, value ? (size_t) (value - name) : strlen(name));
        if (!option) {
            snprintf(ret_error, cap, "unknown option '%.80s'; try --help", argv[i]);
            return -EINVAL;
        }
        if (!option->argument) {
            if (value) {
                snprintf(ret_error, cap, "--%s takes no argument", option->name);
                return -EINVAL;
            }
            *(bool *) ((char *) o + option->offset) = true;
            continue;
        }
        value = value ? value + 1 : (i + 1 < argc ? argv[++i] : "");
        if (!value[0]) {
            snprintf(ret_error, cap, "--%s needs an argument: %s", option->name, option->argument);
            return -EINVAL;
        }
        *(const char **) ((char *) o + option->offset) = value;
    }
    if (o->socket && o->private_daemon) {
        snprintf(ret_error, cap, "--socket and --private exclude each other");
        return -EINVAL;
    }
    return 0;
}
