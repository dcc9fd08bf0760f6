#include "daemon/settings/conf.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "daemon/settings/options.h"

#include <errno.h>
#include <glob.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 64 // bytes of a key or a value in a message

typedef struct {
    settings_t *settings;
    conf_texts_t *texts;
    const char *path;
    FILE *file;
    unsigned line, mistakes;
    int error;     // why the file could not be read to its end
    bool in_doubt; // the library has made nothing of the line so far
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

static void settle_line(reading_t *r)
{
    if (r->in_doubt) {
        log_error("%s:%u: expected name = value", r->path, r->line);
        r->mistakes++;
    }
    r->in_doubt = false;
}

// `cut`: the line is longer than what there is of it. False: it is for nobody.
static bool begin_line(reading_t *r, const char *text, bool cut)
{
    static const char mark[] = "\xef\xbb\xbf"; // of UTF-8, before the first line
    char section[SHOWN_MAX];

    if (r->line++ == 0 && strncmp(text, mark, strlen(mark)) == 0)
        text += strlen(mark);
    text += strspn(text, " \t\r");
    if (!*text || *text == '#' || *text == ';')
        return false;
    r->in_doubt = *text != '[' && !cut;
    if (r->in_doubt)
        return true;
    r->mistakes++;
    if (cut)
        log_error("%s:%u: the line is too long: expected name = value", r->path, r->line);
    else
        log_error("%s:%u: '%s': there are no sections here; remove the line", r->path, r->line,
                shown(section, text));
    return false;
}

// The library does not tell lines to its handler, and tells of the first that it cannot read only
// in the end: so lines are counted and judged on their way in, and mistakes told in their order.
static char *read_line(char *buf, int cap, void *user)
{
    reading_t *r = user;
    bool cut = false;
    int used = 0, c;

    settle_line(r);
    while ((c = fgetc(r->file)) != EOF && c != '\n') {
        // The library takes what is indented for more of the value before.
        if (used == 0 && (c == ' ' || c == '\t'))
            continue;
        if (used + 1 < cap)
            buf[used++] = c ? (char) c : '?';
        else
            cut = true;
    }
    buf[used] = '\0';
    if (ferror(r->file))
        r->error = errno; // of a directory, for one
    if (ferror(r->file) || (c == EOF && used == 0))
        return NULL;
    if (!begin_line(r, buf, cut))
        buf[0] = '\0';
    return buf;
}

static int on_value(void *user, const char *section, const char *key, const char *value)
{
    reading_t *r = user;
    char key_shown[SHOWN_MAX], value_shown[SHOWN_MAX], keys[256];
    const char *allowed;
    char *kept;

    (void) section;
    r->in_doubt = false;
    kept = r->texts->count < CONF_TEXTS_MAX ? strdup(value) : NULL;
    if (!kept) {
        log_error("%s:%u: more settings than there can be: remove what is said twice", r->path,
                r->line);
        r->mistakes++;
        return 1;
    }
    r->texts->texts[r->texts->count++] = kept;
    allowed = options_set(r->settings, key, kept);
    if (!allowed)
        return 1;
    r->mistakes++;
    if (*allowed)
        log_error("%s:%u: %s '%s': expected %s", r->path, r->line, key, shown(value_shown, value),
                allowed);
    else
        log_error("%s:%u: unknown setting '%s': expected %s", r->path, r->line,
                shown(key_shown, key), options_keys(keys, sizeof(keys)));
    return 1;
}

static unsigned load_file(
        settings_t *settings, conf_texts_t *texts, const char *path, bool required)
{
    _cleanup_fclose_ FILE *f = fopen(path, "re");
    reading_t r = {.settings = settings, .texts = texts, .path = path, .file = f};
    int result;

    if (!f) {
        if (errno == ENOENT && !required)
            return 0;
        log_error("cannot read %s: %s", path, strerror(errno));
        return 1;
    }
    result = ini_parse_stream(read_line, &r, on_value, &r);
    if (r.error || result < 0) {
        log_error("cannot read %s: %s", path, strerror(r.error ? r.error : ENOMEM));
        r.mistakes++;
    }
    return r.mistakes;
}

unsigned conf_load(settings_t *settings, conf_texts_t *texts, const char *path, bool required)
{
    unsigned mistakes = load_file(settings, texts, path, required);
    char pattern[PATH_MAX];
    glob_t found = {0};

    if ((size_t) snprintf(pattern, sizeof(pattern), "%s.d/*.conf", path) >= sizeof(pattern))
        return mistakes + 1;
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            mistakes += load_file(settings, texts, found.gl_pathv[i], true);
    globfree(&found);
    return mistakes;
}
