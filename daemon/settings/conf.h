#ifndef MEMSCOPE_DAEMON_SETTINGS_CONF_H
#define MEMSCOPE_DAEMON_SETTINGS_CONF_H

// memscoped.conf and what stands in memscoped.conf.d/*.conf beside it, in the order of their names:
// `key = value` lines, keys as in daemon/settings/options.c, later ones win.

#include "daemon/settings/settings.h"

#define CONF_TEXTS_MAX 64

// What settings that are texts point to; zeroed before first use, and kept as long as they are.
typedef struct {
    char *texts[CONF_TEXTS_MAX];
    size_t count;
} conf_texts_t;

void conf_texts_done(conf_texts_t *t);

// Applies all that is right and logs what is not: file, line, key, and what is allowed. Returns the
// number of mistakes. A file that is not there is one only where `required`.
unsigned conf_load(settings_t *settings, conf_texts_t *texts, const char *path, bool required);

#endif
