#ifndef MEMSCOPE_DAEMON_RELOAD_H
#define MEMSCOPE_DAEMON_RELOAD_H

// Settings that were read again: applies what can be, and says what cannot.

#include "daemon/capture/capture.h"
#include "daemon/engine/status.h"
#include "daemon/publish/server.h"
#include "daemon/settings/settings.h"

void reload_apply(settings_t *now, const settings_t *read, capture_t *capture, server_t *server,
        status_t *status);

#endif
