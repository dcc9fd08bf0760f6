#ifndef MEMSCOPE_COMMON_USERDB_H
#define MEMSCOPE_COMMON_USERDB_H

// uid -> name, asked once each (the answer may come over a network) and remembered.

#include <stddef.h>
#include <stdint.h>

typedef struct userdb userdb_t;

int userdb_new(userdb_t **ret);
void userdb_free(userdb_t *db);

// The user's name, or the number in decimal where nobody knows one. Valid as long as `db`.
const char *userdb_name(userdb_t *db, uint32_t uid);

#endif
