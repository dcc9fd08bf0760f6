#ifndef MEMSCOPE_CLIENT_CLI_LINK_H
#define MEMSCOPE_CLIENT_CLI_LINK_H

// A subcommand's conversation with a daemon: attaches, hands over what comes, and ends when the
// subcommand says so, the daemon is lost for good or the reader of stdout has gone.
//
//     cli_link_t l = {.tick = on_tick, .user = &mine};
//     return cli_link_run(&l, &options->common);

#include "client/cli/cli.h"
#include "client/cli/progress.h"
#include "protocol/message.h"

typedef struct cli_link cli_link_t;

struct cli_link {
    // Set before cli_link_run; each may be NULL.
    void (*tick)(cli_link_t *l, const snapshot_t *s); // the snapshot lives until the next one
    void (*message)(cli_link_t *l, message_type_t type, const message_t *m);
    void (*wake)(cli_link_t *l); // at wake_us; sets it anew
    void *user;

    uint64_t wake_us; // CLOCK_MONOTONIC; 0: never

    attach_t attach;
    progress_t progress; // of reading a file
    bool live;           // a first tick has come
    bool done;
    int status;
    bool said_lost;
    uint64_t patient_until_us; // CLOCK_MONOTONIC: with a daemon that never answered
};

// All of it, until cli_link_end: the exit status, after saying why where it went wrong. With
// --replay nothing is handed over before the last sample, and no other comes after it.
int cli_link_run(cli_link_t *l, const cli_common_t *o);
// The same with a private daemon that works on a file: see attach_file.
int cli_link_run_file(cli_link_t *l, const char *option, int fd);
void cli_link_end(cli_link_t *l, int status);

// Ends with what the daemon has to say against it.
void cli_link_refused(cli_link_t *l, const error_message_t *e);

static inline session_t *cli_link_session(const cli_link_t *l)
{
    return l->attach.session;
}

// Whether what is asked is a trace.
static inline bool cli_link_is_replay(const cli_link_t *l)
{
    return l->attach.replayed != NULL;
}

// Whether the daemon is one of this program's own, with this user's rights.
bool cli_link_is_private(const cli_link_t *l);

// Says that nothing is known of the time before `when`, and why.
void cli_link_say_known(const cli_link_t *l, const char *when);

#endif
