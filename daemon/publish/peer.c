#include "daemon/publish/peer.h"
#include "common/cleanup.h"
#include "daemon/proc/mountinfo.h"
#include "protocol/messages.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define NO_GID     ((gid_t) -1)
#define GROUPS_MAX 1024

// As the last mount at `root` has it in a mountinfo.
static void find_hidepid(audience_policy_t *p, const char *mountinfo, const char *root)
{
    _cleanup_fclose_ FILE *f = fopen(mountinfo, "re");
    _cleanup_free_ char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    while (f && (len = getline(&line, &cap, f)) > 0) {
        mountinfo_proc_t m;

        if (!mountinfo_parse_proc(line, (size_t) len, root, &m))
            continue;
        p->hidepid = m.hidepid;
        p->hidepid_group = m.hidepid_group;
    }
}

void audience_policy_init(audience_policy_t *p, const char *group, const char *proc_root)
{
    const struct group *g = group ? getgrnam(group) : NULL;

    *p = (audience_policy_t){.group = g ? g->gr_gid : NO_GID, .hidepid_group = NO_GID};
    find_hidepid(p, "/proc/self/mountinfo", proc_root);
    // A service has a /proc of its own, that hides nothing: what counts is what viewers have.
    if (!p->hidepid && strcmp(proc_root, "/proc") == 0)
        find_hidepid(p, "/proc/1/mountinfo", proc_root);
}

bool rights_see_all(unsigned rights)
{
    return rights == RIGHTS_ALL || rights == RIGHTS_SESSION;
}

static bool in_group(const gid_t *groups, size_t n, gid_t own, gid_t wanted)
{
    if (wanted == NO_GID)
        return false;
    for (size_t i = 0; i < n; i++)
        if (groups[i] == wanted)
            return true;
    return own == wanted;
}

int peer_identify(int fd, const audience_policy_t *policy, peer_t *ret)
{
    struct ucred cred;
    socklen_t len = sizeof(cred);
    gid_t groups[GROUPS_MAX];
    socklen_t groups_len = sizeof(groups);
    size_t n = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
        return -errno;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &groups_len) == 0)
        n = groups_len / sizeof(gid_t);
    *ret = (peer_t){.uid = cred.uid, .gid = cred.gid, .pid = cred.pid, .rights = RIGHTS_OWN};
    if (policy->private_daemon)
        ret->rights = RIGHTS_SESSION;
    else if (cred.uid == 0 || in_group(groups, n, cred.gid, policy->group))
        ret->rights = RIGHTS_ALL;
    else if (policy->hidepid && !in_group(groups, n, cred.gid, policy->hidepid_group))
        ret->rights = RIGHTS_HIDEPID;
    return 0;
}
