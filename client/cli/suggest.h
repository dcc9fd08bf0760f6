#ifndef MEMSCOPE_CLIENT_CLI_SUGGEST_H
#define MEMSCOPE_CLIENT_CLI_SUGGEST_H

// What somebody may have meant by a word that is not understood: the one nearest to it, if it is
// near enough to be a slip.
//
//     suggest_t s = suggest_for("snapsoht");
//     suggest_offer(&s, "snapshot"); ...
//     s.nearest // "snapshot", or NULL

#include <stddef.h>

typedef struct {
    const char *word;
    size_t len;
    const char *nearest;
    size_t distance; // of it
} suggest_t;

suggest_t suggest_for(const char *word, size_t len);
void suggest_offer(suggest_t *s, const char *candidate);
// "did you mean 'PREFIXNEAREST'?", or where there is none "try 'OTHERWISE'".
#define SUGGEST_MAX 128
const char *suggest_text(
        const suggest_t *s, const char *prefix, const char *otherwise, char buf[SUGGEST_MAX]);

#endif
