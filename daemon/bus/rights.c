#include "common/cleanup.h"
#include "daemon/bus/bus_private.h"
#include "daemon/proc/pid_status.h"
#include "protocol/messages.h"

#include <string.h>

#define NOBODY UINT32_MAX

typedef struct {
    bool in_group, in_hidepid_group;
    uint32_t uid, pid;
} credentials_t;

static int read_groups(sd_bus_message *m, const audience_policy_t *p, credentials_t *c)
{
    const void *ids;
    size_t size;
    int r = sd_bus_message_enter_container(m, 'v', "au");

    if (r > 0)
        r = sd_bus_message_read_array(m, 'u', &ids, &size);
    for (size_t i = 0; r > 0 && i < size / sizeof(uint32_t); i++) {
        uint32_t id = ((const uint32_t *) ids)[i];

        if (id == NOBODY)
            continue;
        c->in_group |= id == p->group;
        c->in_hidepid_group |= id == p->hidepid_group;
    }
    return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_credentials(sd_bus_message *m, const audience_policy_t *p, credentials_t *c)
{
    const char *key;
    int r = sd_bus_message_enter_container(m, 'a', "{sv}");

    while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        r = sd_bus_message_read(m, "s", &key);
        if (r >= 0 && strcmp(key, "UnixUserID") == 0)
            r = sd_bus_message_read(m, "v", "u", &c->uid);
        else if (r >= 0 && strcmp(key, "ProcessID") == 0)
            r = sd_bus_message_read(m, "v", "u", &c->pid);
        else if (r >= 0 && strcmp(key, "UnixGroupIDs") == 0)
            r = read_groups(m, p, c);
        else if (r >= 0)
            r = sd_bus_message_skip(m, "v");
        if (r >= 0)
            r = sd_bus_message_exit_container(m);
    }
    return r;
}

static bool read_ids(const bus_t *b, uint64_t pid, pid_status_t *ret)
{
    return pid_status_read(engine_procfs(b->config.engine), pid, ret) == 0 &&
           pid_status_has_ids(ret);
}

// The bus tells the groups, and not which of them is the caller's own. Of a caller who has gone, or
// is no longer who it was, nothing is known.
int bus_asker_read(const bus_t *b, sd_bus_message *credentials, bus_asker_t *ret)
{
    const audience_policy_t *p = &b->policy;
    credentials_t c = {.uid = NOBODY};
    int r = read_credentials(credentials, p, &c);
    pid_status_t s;

    if (r < 0)
        return r;
    *ret = (bus_asker_t){.uid = c.uid, .gid = NOBODY};
    ret->rights = c.uid == 0 || c.in_group            ? RIGHTS_ALL
                  : p->hidepid && !c.in_hidepid_group ? RIGHTS_HIDEPID
                                                      : RIGHTS_OWN;
    if (c.pid != 0 && c.uid != NOBODY && read_ids(b, c.pid, &s) && s.uid[1] == c.uid) {
        ret->gid = s.gid[3];
        ret->known = true;
    }
    return 0;
}

bool bus_asker_sees_private(const bus_asker_t *a, owner_t owner)
{
    return a->rights == RIGHTS_ALL || (a->known && owner.uid == a->uid && owner.gid == a->gid);
}

bool bus_asker_sees(const bus_asker_t *a, owner_t owner)
{
    return a->rights != RIGHTS_HIDEPID || bus_asker_sees_private(a, owner);
}

// What the kernel asks for, but for its security modules: the figures are of its last capture.
static bool owns_by_now(const bus_t *b, const bus_asker_t *a, uint64_t pid)
{
    const owner_t now = owner_now(engine_procfs(b->config.engine), pid);

    return now.uid == a->uid && now.gid == a->gid;
}

bool bus_asker_sees_slot(const bus_t *b, const bus_asker_t *a, uint32_t slot, bool *ret_private)
{
    const capture_t *c = engine_capture(b->config.engine);
    const process_snapshot_t *p = &capture_current(c)->processes[slot];

    *ret_private = bus_asker_sees_private(a, capture_owner(c, slot)) &&
                   (a->rights == RIGHTS_ALL || owns_by_now(b, a, p->pid));
    return *ret_private || a->rights != RIGHTS_HIDEPID;
}
