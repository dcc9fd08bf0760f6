#ifndef MEMSCOPE_TESTS_SUPPORT_PEOPLE_H
#define MEMSCOPE_TESTS_SUPPORT_PEOPLE_H

// Several real users at one daemon: who is looked at (workers), who looks (onlookers), and what the
// socket carried to each. Takes root, to be several users.

#include "protocol/replica.h"
#include "tests/support/process.h"
#include "tests/support/raw.h"
#include "tests/support/temporary.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PEOPLE_WAIT_MS 60000

#define ANN   61001u // nobody's, as a rule
#define BOB   61002u
#define CAROL 61003u // in the group that may see everything
#define DAVE  61004u
#define ROOT  0u

// To be called first of all by main: does not return where this program was started as a worker.
void people_main(int argc, char **argv);

typedef struct {
    const char *daemon_path;
    temporary_t dir;
    char socket[108], group[64]; // as sun_path
    gid_t group_gid;
    process_t daemon;
} people_t;

// False: skipped, aloud.
bool people_init(people_t *p, const char *daemon_path);
void people_start_daemon(people_t *p);
void people_done(people_t *p);

// Comes back when the daemon has looked at the host twice more: what is so by now is known.
void people_await_looks(const people_t *p);

// From now on connections are this user's, with or without the group that may see everything.
void people_play(const people_t *p, uid_t uid, bool member);

// ---- Who is looked at --------------------------------------------------------------------------

typedef enum {
    WORKER_PLAIN,
    WORKER_SECRETIVE, // not dumpable
    WORKER_SETUID,    // its program is set-uid root
    WORKER_BECOMES,   // Ann, at SIGUSR1, and is then called "became"
    WORKER_LEAVES,    // runs a program that is set-uid root, called "suid", at SIGUSR1
    WORKER_FILLS,     // WORKER_TAKES_MB of memory that belongs to no process: see worker_turn
    WORKER_GROWS,     // by as much of its own
    WORKER_NEGLECTS,  // its children, one of whom has died
} worker_kind_t;

#define WORKER_TAKES_MB 64

typedef struct {
    uid_t uid; // who starts it
    worker_kind_t kind;
    uint64_t bytes; // that it writes: a number that is found in no other stream of bytes
    bool hidden;    // from its own user
    pid_t pid;
    int turned;    // tells of each turn
    char dir[32];  // where its program lies: also not to be found elsewhere
    char name[16]; // of the program, the same
} worker_t;

// Runs when this returns.
void worker_start(const people_t *p, worker_t *w, size_t index);
void worker_stop(const people_t *p, const worker_t *w);
// Has one that fills or grows take what it takes, and the next time give it back; returns when it
// has.
void worker_turn(const worker_t *w);

// ---- Who looks ---------------------------------------------------------------------------------

typedef struct {
    uid_t uid;
    bool member, everything;
    unsigned rights; // expected
    raw_t raw;
} onlooker_t;

void onlooker_connect(const people_t *p, onlooker_t *o);
bool onlooker_may_see(const onlooker_t *o, const worker_t *w); // what is private

// Asks for all there is to know of the worker now, and checks that what is private comes where it
// may be seen, and only there.
void onlooker_inspect(onlooker_t *o, const worker_t *w);
// What is asked about the past; views are valid until more is received.
void onlooker_ask_history(onlooker_t *o, const worker_t *w, history_message_t *ret);
// Since then (CLOCK_BOOTTIME).
void onlooker_ask_why(onlooker_t *o, uint64_t from_ms, why_message_t *ret);
void onlooker_ask_events(onlooker_t *o); // receives all that are kept

// ---- What was carried --------------------------------------------------------------------------

// As a varint.
bool onlooker_got_number(const onlooker_t *o, uint64_t number);
bool onlooker_got_text(const onlooker_t *o, const char *text);
bool onlooker_got_text_in(const onlooker_t *o, message_type_t type, const char *text);

// Calls `look` with what was held after each tick of the recorded stream.
void onlooker_replay(onlooker_t *o, void (*look)(const replica_t *r, void *user), void *user);
const process_snapshot_t *people_find(const replica_t *r, pid_t pid); // NULL: not there

#endif
