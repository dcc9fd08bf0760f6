#include "client/settings.h"

#include "common/cleanup.h"
#include "common/format.h"
#include <errno.h>
#include <ini.h>
#include <string.h>

bool settings_path(char *buf, size_t cap)
{
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (base && base[0] == '/')
        return snprintf(buf, cap, "%s/memscope/config", base) < (int) cap;
    return home && home[0] == '/' &&
           snprintf(buf, cap, "%s/.config/memscope/config", home) < (int) cap;
}

typedef struct {
    options_t *options;
    FILE *file;
    int line;        // that was read last
    int error;       // why no more was
    int wrong_line;  // the first whose setting is not understood; 0: none
    char wrong[256]; // and what is the matter with it
} settings_file_t;

// The library does not tell lines to its handler, so that they are counted as it reads.
static char *read_line(char *buf, int cap, void *user)
{
    settings_file_t *s = user;

    s->line++;
    if (fgets(buf, cap, s->file))
        return buf;
    s->error = ferror(s->file) ? errno : 0; // of a directory, for one
    return NULL;
}

// "socket, theme, ... or signals"
static const char *all_settings(char buf[OPTIONS_EXPECTED_MAX])
{
    char words[OPTIONS_EXPECTED_MAX] = "";
    line_t line = {.buf = words, .cap = sizeof(words)};

    for (size_t i = 0; i < n_viewer_options; i++)
        if (viewer_options[i].setting)
            line_add(&line, "%s%s", line.len > 0 ? "|" : "", viewer_options[i].name);
    return format_words(buf, OPTIONS_EXPECTED_MAX, words);
}

static int take_setting(void *user, const char *section, const char *name, const char *value)
{
    settings_file_t *s = user;
    const viewer_option_t *option = options_find(name, strlen(name));
    char buf[OPTIONS_EXPECTED_MAX];

    (void) section;
    if (option && option->setting && value && option->set(s->options, value))
        return 1;
    if (s->wrong_line)
        return 0;
    s->wrong_line = s->line;
    if (option && option->setting) {
        snprintf(s->wrong, sizeof(s->wrong), "%s '%.40s': expected %s", option->name,
                value ? value : "", options_expected(option, buf));
    } else {
        snprintf(s->wrong, sizeof(s->wrong), "unknown setting '%.40s': expected %s", name,
                all_settings(buf));
    }
    return 0;
}

int settings_load(options_t *o, const char *path, char *ret_error, size_t cap)
{
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    settings_file_t settings = {.options = o, .file = file};
    int line = 0, error = file ? 0 : errno;

    if (error == ENOENT || error == ENOTDIR)
        return 0;
    if (file) {
        line = ini_parse_stream(read_line, &settings, take_setting, &settings);
        error = settings.error;
    }
    if (error) {
        snprintf(ret_error, cap, "cannot read %.150s: %s", path, strerror(error));
        return -error;
    }
    if (line == 0)
        return 0;
    snprintf(ret_error, cap, "%.150s:%d: %s", path, line,
            settings.wrong_line == line ? settings.wrong : "expected name = value");
    return -EINVAL;
}
