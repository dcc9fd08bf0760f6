#include "client/cli/suggest.h"

#include "common/cleanup.h"
#include <string.h>

#define WORD_MAX 32 // no word of ours is longer

suggest_t suggest_for(const char *word, size_t len)
{
    return (suggest_t){.word = word, .len = len};
}

// Letters to put in, leave out, change, or exchange with the next one.
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_MAX + 1];

    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = MIN(row[j], MIN(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = MIN(row[j], before[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

void suggest_offer(suggest_t *s, const char *candidate)
{
    size_t len = strlen(candidate), d;

    if (s->len < 2 || s->len > WORD_MAX || len > WORD_MAX)
        return;
    d = distance(s->word, s->len, candidate, len);
    // The beginning of a word is more than a slip, but means it all the same.
    if (s->len >= 3 && s->len < len && strncmp(s->word, candidate, s->len) == 0)
        d = 1;
    if (d > (MAX(s->len, len) + 2) / 4 || (s->nearest && d >= s->distance))
        return;
    s->nearest = candidate;
    s->distance = d;
}

const char *suggest_text(
        const suggest_t *s, const char *prefix, const char *otherwise, char buf[SUGGEST_MAX])
{
    if (s->nearest)
        snprintf(buf, SUGGEST_MAX, "did you mean '%s%s'?", prefix, s->nearest);
    else
        snprintf(buf, SUGGEST_MAX, "try '%s'", otherwise);
    return buf;
}
