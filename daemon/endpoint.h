#ifndef MEMSCOPE_DAEMON_ENDPOINT_H
#define MEMSCOPE_DAEMON_ENDPOINT_H

// Where clients come in: a socket of the daemon's own, one that systemd handed over, or the one
// connection of a private daemon. What goes wrong is logged.

#include "daemon/confine/sweeper.h"
#include "daemon/publish/listener.h"
#include "daemon/publish/server.h"
#include "daemon/settings/settings.h"

// Before privileges are dropped, and before there are threads. 0 or -errno; nothing to open is no
// failure.
int endpoint_open(listener_t *ret, sweeper_t *ret_sweeper, const settings_t *settings);

// `gone`: the client of a private daemon went. 0 or -errno.
int endpoint_serve(listener_t *l, const settings_t *settings, server_t *server,
        void (*gone)(void *user), void *user);

#endif
