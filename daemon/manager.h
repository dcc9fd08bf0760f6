#ifndef MEMSCOPE_DAEMON_MANAGER_H
#define MEMSCOPE_DAEMON_MANAGER_H

// Owns the event loop, gives the engine its rhythm and publishes what it made.

#include "daemon/settings/settings.h"

typedef struct manager manager_t;

// 0 or -errno; what went wrong was logged.
int manager_new(manager_t **ret, const settings_t *settings);
void manager_free(manager_t *m);

// Until SIGTERM, SIGINT or, in a private daemon, the end of its client. The program's exit status.
int manager_run(manager_t *m);

#endif
