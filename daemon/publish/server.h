#ifndef MEMSCOPE_DAEMON_PUBLISH_SERVER_H
#define MEMSCOPE_DAEMON_PUBLISH_SERVER_H

// Listens, accepts within limits, and publishes each capture to all subscribers.

#include "daemon/engine/engine.h"
#include "daemon/publish/listener.h"
#include "protocol/message.h"
#include <stdbool.h>
#include <systemd/sd-event.h>

typedef struct {
    unsigned subscribers_max;          // in all
    unsigned subscribers_max_per_user; // root is exempt
    const char *group;                 // whose members see everything
    const char *proc_root;
    bool private_daemon;
    // A viewer came for whom the last capture is not good enough: take one now and publish it.
    void (*want_capture)(void *user);
    // How the daemon is doing, but for who is attached. The texts stay valid.
    void (*status)(void *user, status_message_t *ret);
    void *user;
} server_config_t;

typedef struct server server_t;

// Serves what `engine` finds, which outlives it. 0 or -errno.
int server_new(server_t **ret, sd_event *loop, const server_config_t *config, engine_t *engine);
void server_free(server_t *s);

// A listening socket, owned from here on.
int server_listen_fd(server_t *s, int fd);
// One that was opened by listener_open; it is emptied, and removed by server_free.
int server_listen(server_t *s, listener_t *l);
// A connection that exists already; `last_one` is called when it ends.
int server_adopt(server_t *s, int fd, void (*last_one)(void *user), void *user);

// After each capture.
void server_publish(server_t *s);
// A reading of an inspected process came back.
void server_reading(server_t *s, const reader_result_t *result);

// From now on; who is attached already stays.
void server_set_limits(server_t *s, unsigned max, unsigned max_per_user);
unsigned server_subscribers(const server_t *s);

#endif
