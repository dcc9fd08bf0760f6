#ifndef MEMSCOPE_DAEMON_PUBLISH_SERVER_PRIVATE_H
#define MEMSCOPE_DAEMON_PUBLISH_SERVER_PRIVATE_H

// What the files of the server share: connections (server.c), who is let in (server_accept.c) and
// what they ask for (server_requests.c).

#include "daemon/publish/audience.h"
#include "daemon/publish/details.h"
#include "daemon/publish/server.h"
#include "daemon/publish/subscriber.h"
#include "daemon/publish/users.h"
#include "protocol/cursor.h"

// DETAILS as they travel, for all who inspect the same process and may see as much of it.
typedef struct {
    buffer_t bytes;
    uint64_t pid, start_time;
    uint64_t tick, reading_ms; // what they were made of; 0: without a reading
    bool valid;
} shared_details_t;

// Where answers come from: but for the details, of the engine.
typedef struct {
    capture_t *capture;
    details_t *details;
    history_t *history;
    const events_t *events;
    why_t *why;
    inspections_t *inspections;
} sources_t;

typedef struct client {
    struct client *next, *prev;
    server_t *server;
    subscriber_t *subscriber;
    sd_event_source *source;
    user_t *owner;
    uint64_t number;            // of those that were ever let in
    unsigned inspections, whys; // since the last tick
    wanted_t wanted;
    bool follows;  // wants events as they happen
    uint64_t told; // number of the last of them
    void (*last_one)(void *user);
    void *user;
} client_t;

struct server {
    sd_event *loop;
    server_config_t config;
    audience_policy_t policy;
    sources_t from;
    shared_details_t shared[2]; // [1]: with what is private
    users_t users;
    audiences_t *audiences;
    client_t *clients;
    unsigned count;
    uint64_t numbers; // given to clients so far
    unsigned mark;    // of the last count of frames
    sd_event_source *listener;
    sd_event_source *rested; // when it is listened to again
    int fd_limit;            // connections have descriptors below
    listener_t listening;    // what is removed in the end
    uint64_t instance;
};

// Takes the descriptor. 0 or -errno.
int server_add_client(server_t *s, int fd, const peer_t *peer, client_t **ret);

// What a subscriber asks its handlers; `user` is the client.
bool server_greeted(void *user, subscriber_t *sub, const hello_message_t *hello);
void server_request(void *user, subscriber_t *sub, message_type_t type, const message_t *m);
bool server_may_ask(void *user);

// DETAILS of what it inspects: at once, or when the reader has come back (server_answer_details).
void server_inspect(client_t *c);
void server_answer_details(client_t *c, uint32_t slot, const reader_result_t *reading);
// Has read what was inspected before a restart, until its viewers are back.
void server_keep_inspecting(server_t *s);
void server_keep_details(server_t *s, uint32_t slot, const reader_result_t *reading);

#endif
