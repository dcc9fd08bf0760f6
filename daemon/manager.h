#ifndef MEMSCOPE_DAEMON_MANAGER_H
#define MEMSCOPE_DAEMON_MANAGER_H

// Owns the event loop, gives the engine its rhythm and publishes what it made.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct manager_config {
    const char *proc_root;
    const char *socket_path;     // where to listen; NULL: nowhere
    int listen_fd;               // handed over by systemd; -1: none
    int state_fds[2];            // of the run before, kept by systemd; -1: none
    const char *state_directory; // NULL: nothing outlives a stop
    int private_fd;              // connection of the one client of a private daemon; -1: none
    int analyze_fd;              // a trace to judge for that client instead; -1: none
    int replay_fd;               // a trace to play to that client instead; -1: none
    double replay_speed;         // see daemon/trace/replay.h
    const char *group;           // whose members see everything
    size_t memory_max;           // bytes; 0: sized from the machine
    uint64_t pss_budget_ppm;     // millionths of one core
    unsigned subscribers_max, subscribers_max_per_user;
    // On SIGHUP: the settings as they are now; false: they are wrong, which was logged.
    bool (*reload)(void *user, struct manager_config *ret);
    void *reload_user;
} manager_config_t;

void manager_config_default(manager_config_t *ret);

typedef struct manager manager_t;

// 0 or -errno; what went wrong was logged.
int manager_new(manager_t **ret, const manager_config_t *config);
void manager_free(manager_t *m);

// Until SIGTERM, SIGINT or, in a private daemon, the end of its client. The program's exit status.
int manager_run(manager_t *m);

#endif
