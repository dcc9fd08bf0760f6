#include "daemon/confine/privileges.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/confine/filter.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const unsigned kept[] = {CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};

// ---- Capabilities and user ---------------------------------------------------------------------

static bool is_kept(unsigned capability)
{
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        if (kept[i] == capability)
            return true;
    return false;
}

static bool has_more(bool keep)
{
    for (unsigned c = 0; c <= CAP_LAST_CAP; c++)
        if (!(keep && is_kept(c)) && capng_have_capability(CAPNG_PERMITTED, c))
            return true;
    return false;
}

static int drop_capabilities(const char *user, bool keep)
{
    const struct passwd *pw = geteuid() == 0 ? getpwnam(user) : NULL;
    bool own[ARRAY_SIZE(kept)];
    int r;

    if (geteuid() == 0 && !pw && !keep)
        pw = getpwnam("nobody");
    if (capng_get_caps_process() < 0)
        return -EPERM;
    if (!pw && !has_more(keep))
        return 0;
    // In most containers. The kernel lets nobody read a process who has fewer capabilities than it.
    if (geteuid() == 0 && keep && !capng_have_capability(CAPNG_PERMITTED, CAP_SYS_PTRACE)) {
        log_warning(
                "there is no CAP_SYS_PTRACE here: memscoped stays root as it is, and reads only "
                "root's processes whole; a container needs --cap-add SYS_PTRACE for more");
        return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        own[i] = keep && capng_have_capability(CAPNG_PERMITTED, kept[i]);
    capng_clear(CAPNG_SELECT_BOTH);
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        if (own[i])
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
    if (pw) {
        r = capng_change_id(
                (int) pw->pw_uid, (int) pw->pw_gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
    } else {
        if (geteuid() == 0)
            log_warning(
                    "there is no user %s: memscoped stays root, but with %s only; systemd-sysusers "
                    "makes that user",
                    user, keep ? "two capabilities" : "no capabilities");
        // Without CAP_SETPCAP the bounding set stays: nothing is executed that could gain from it.
        if (geteuid() == 0)
            capng_apply(CAPNG_SELECT_BOUNDS);
        r = capng_apply(CAPNG_SELECT_CAPS);
    }
    if (r < 0) {
        log_error("cannot give up capabilities (libcap-ng says %d)", r);
        return -EPERM;
    }
    return 0;
}

// ---- All of it ---------------------------------------------------------------------------------

int privileges_drop(const char *user, bool keep)
{
    int r = drop_capabilities(user, keep);

    if (r < 0)
        return r;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) {
        r = -errno;
        log_error("cannot give up new privileges: %s", strerror(-r));
        return r;
    }
    r = filter_daemon();
    if (r == -EOPNOTSUPP) {
        if (!FILTER_LEFT_OUT)
            log_warning(
                    "this kernel filters no system calls: memscoped could do more than it has to");
        return 0;
    }
    if (r < 0)
        log_error("cannot filter system calls: %s", strerror(-r));
    return r;
}
