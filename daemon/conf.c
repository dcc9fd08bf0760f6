#include "daemon/conf.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "daemon/options.h"

#include <errno.h>
#include <glob.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 64 // bytes of a key or a value in a message

typedef struct {
    manager_config_t *config;
    conf_texts_t *texts;
    const char *path;
    FILE *file;
    unsigned line, mistakes;
    int error;    // why the file could not be read to its end
    bool in_line; // the last piece did not end its line
} reading_t;

void conf_texts_done(conf_texts_t *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->texts[i]);
    *t = (conf_texts_t){0};
}

static const char *shown(char buf[SHOWN_MAX], const char *s)
{
    text_sanitize(buf, SHOWN_MAX, s, strlen(s), true);
    return buf;
}

// The library does not tell lines to its handler, so that they are counted as it reads.
static char *read_line(char *buf, int cap, void *user)
{
    reading_t *r = user;
    size_t len;

    if (!fgets(buf, cap, r->file)) {
        if (ferror(r->file))
            r->error = errno; // of a directory, for one
        return NULL;
    }
    if (!r->in_line)
        r->line++;
    len = strlen(buf);
    r->in_line = len > 0 && buf[len - 1] != '\n';
    return buf;
}

static int on_value(void *user, const char *section, const char *key, const char *value)
{
    reading_t *r = user;
    char key_shown[SHOWN_MAX], value_shown[SHOWN_MAX], keys[256];
    const char *allowed;
    char *kept;

    if (*section) {
        log_error("%s:%u: section [%s]: there are no sections here, remove the line", r->path,
                r->line, shown(key_shown, section));
        r->mistakes++;
        return 1;
    }
    kept = r->texts->count < CONF_TEXTS_MAX ? strdup(value) : NULL;
    if (!kept) {
        log_error("%s:%u: more settings than there can be", r->path, r->line);
        r->mistakes++;
        return 1;
    }
    r->texts->texts[r->texts->count++] = kept;
    allowed = options_set(r->config, key, kept);
    if (!allowed)
        return 1;
    r->mistakes++;
    if (*allowed)
        log_error("%s:%u: %s = %s: expected %s", r->path, r->line, key, shown(value_shown, value),
                allowed);
    else
        log_error("%s:%u: unknown key %s: expected one of %s", r->path, r->line,
                shown(key_shown, key), options_keys(keys, sizeof(keys)));
    return 1;
}

static unsigned load_file(
        manager_config_t *config, conf_texts_t *texts, const char *path, bool required)
{
    _cleanup_fclose_ FILE *f = fopen(path, "re");
    reading_t r = {.config = config, .texts = texts, .path = path, .file = f};
    int line;

    if (!f) {
        if (errno == ENOENT && !required)
            return 0;
        log_error("cannot read %s: %s", path, strerror(errno));
        return 1;
    }
    line = ini_parse_stream(read_line, &r, on_value, &r);
    if (r.error) {
        log_error("cannot read %s: %s", path, strerror(r.error));
        r.mistakes++;
    }
    if (line != 0) {
        if (line > 0)
            log_error("%s:%d: neither a comment nor KEY = VALUE", path, line);
        else
            log_error("%s: %s", path, strerror(ENOMEM));
        r.mistakes++;
    }
    return r.mistakes;
}

unsigned conf_load(manager_config_t *config, conf_texts_t *texts, const char *path, bool required)
{
    unsigned mistakes = load_file(config, texts, path, required);
    char pattern[PATH_MAX];
    glob_t found = {0};

    if ((size_t) snprintf(pattern, sizeof(pattern), "%s.d/*.conf", path) >= sizeof(pattern))
        return mistakes + 1;
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            mistakes += load_file(config, texts, found.gl_pathv[i], true);
    globfree(&found);
    return mistakes;
}
