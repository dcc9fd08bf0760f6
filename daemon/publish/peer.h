#ifndef MEMSCOPE_DAEMON_PUBLISH_PEER_H
#define MEMSCOPE_DAEMON_PUBLISH_PEER_H

// Who is at the other end of a socket, and what that entitles to.

#include <stdbool.h>
#include <sys/types.h>

typedef struct {
    gid_t group;         // members see everything; (gid_t) -1: there is no such group
    bool hidepid;        // in force on /proc
    gid_t hidepid_group; // exempt from it; (gid_t) -1: none
    bool private_daemon; // whoever is there started this daemon with their own rights
} audience_policy_t;

// Looks up the group by name and the mount options of `proc_root`.
void audience_policy_init(audience_policy_t *p, const char *group, const char *proc_root);

typedef struct {
    uid_t uid;
    gid_t gid;
    pid_t pid;
    unsigned rights; // RIGHTS_* of protocol/messages.h
} peer_t;

// Whether nothing is kept from whoever has these rights.
bool rights_see_all(unsigned rights);

// Asks the socket who is at the other end and decides. 0 or -errno.
int peer_identify(int fd, const audience_policy_t *policy, peer_t *ret);

#endif
