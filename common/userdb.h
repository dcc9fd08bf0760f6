#ifndef MEMSCOPE_COMMON_USERDB_H
#define MEMSCOPE_COMMON_USERDB_H

// uid -> name, asked once each (the answer may come over a network) and remembered.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct userdb userdb_t;

int userdb_new(userdb_t **ret);
void userdb_free(userdb_t *db);

// From now on userdb_name does not wait: who is not in /etc/passwd is looked up beside the caller,
// and goes by the number until userdb_take. Returns a descriptor that is readable when names have
// come, which stays the db's, or -errno.
int userdb_go_aside(userdb_t *db);
// Puts in the names that have come; texts that userdb_name returned change. False: none do.
bool userdb_take(userdb_t *db);

// The user's name, or the number in decimal where nobody knows one. Valid as long as `db`.
const char *userdb_name(userdb_t *db, uint32_t uid);

#endif
