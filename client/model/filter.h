#ifndef MEMSCOPE_CLIENT_MODEL_FILTER_H
#define MEMSCOPE_CLIENT_MODEL_FILTER_H

// Which processes a list shows, as a line that people type. Terms are separated by blanks and all
// of them have to hold:
//
//     text          in the name or the command line, in any case
//     /regex/       the same, as an extended regular expression
//     user:NAME     the user's name begins with it; unit:TEXT is in the unit's
//     tag:TEXT      a tag begins with it: leak, spike, zombie, unreaped, blocked, any
//     pid:N         that process
//     >SIZE <SIZE   memory (RSS), with K, M, G or T; M where there is none
//     !term         what it says does not hold

#include "client/model/model.h"

#define FILTER_TERMS_MAX 8
#define FILTER_TEXT_MAX  128

typedef struct filter filter_t;

// 0 and a filter (NULL: an empty line, everything passes), or -EINVAL with a few words in
// `ret_error`, or -ENOMEM.
int filter_new(filter_t **ret, const char *line, char *ret_error, size_t cap);
void filter_free(filter_t *f);
bool filter_passes(const filter_t *f, const model_t *m, const row_t *process);

// Whether the text is in the name, the command line or the PID, in any case.
bool filter_finds(const model_t *m, const row_t *r, const char *text);

#endif
