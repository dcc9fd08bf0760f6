#ifndef MEMSCOPE_DAEMON_SETTINGS_SETTINGS_H
#define MEMSCOPE_DAEMON_SETTINGS_SETTINGS_H

// What memscoped is to do: by default, by its file (conf.h) and by its command line (options.h).

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLAY_SPEED_MAX 0 // as fast as it can be read

typedef struct settings {
    const char *proc_root;
    const char *socket_path;     // where to listen
    int listen_fd;               // handed over by systemd; -1: none
    int state_fds[2];            // of the run before, kept by systemd; -1: none
    const char *state_directory; // NULL: nothing outlives a stop
    int private_fd;              // connection of the one client of a private daemon; -1: none
    int analyze_fd;              // a trace to judge for that client instead; -1: none
    int replay_fd;               // a trace to play to that client instead; -1: none
    double replay_speed;         // seconds of the trace a second, or REPLAY_SPEED_MAX
    const char *group;           // whose members see everything
    size_t memory_max;           // bytes; 0: sized from the machine
    uint64_t pss_budget_ppm;     // millionths of one core
    unsigned subscribers_max, subscribers_max_per_user;
    // On SIGHUP: the settings as they are now; false: they are wrong, which was logged.
    bool (*reload)(void *user, struct settings *ret);
    void *reload_user;
} settings_t;

void settings_default(settings_t *ret);

#endif
