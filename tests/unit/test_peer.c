// Who is at the other end of a socket, and what that entitles to.

#include "common/cleanup.h"
#include "daemon/publish/peer.h"
#include "protocol/messages.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUP 30077

typedef struct {
    uid_t uid;
    gid_t gid;
    gid_t groups[3];
    size_t n_groups;
} person_t;

// What peer_identify says of that person at the other end of a socket.
static unsigned rights_of(const person_t *person, const audience_policy_t *policy)
{
    int ready[2], status;
    peer_t peer;
    char c;
    pid_t pid;

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);

    // Whose socket it is is decided where it connects.
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof(sa_family_t);
    assert_int_equal(bind(listener, (struct sockaddr *) &address, len), 0); // an abstract name
    assert_int_equal(listen(listener, 1), 0);
    len = sizeof(address);
    assert_int_equal(getsockname(listener, (struct sockaddr *) &address, &len), 0);
    pid = process_fork();
    if (pid == 0) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (setgroups(person->n_groups, person->groups) < 0 ||
                setresgid(person->gid, person->gid, person->gid) < 0 ||
                setresuid(person->uid, person->uid, person->uid) < 0 ||
                connect(fd, (struct sockaddr *) &address, len) < 0)
            _exit(1);
        close(ready[1]);
        _exit(read(ready[0], &c, 1) != 0);
    }
    close(ready[0]);

    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(peer_identify(fd, policy, &peer), 0);
    assert_int_equal(peer.uid, person->uid);
    assert_int_equal(peer.gid, person->gid);
    assert_int_equal(peer.pid, pid);
    close(ready[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(fd);
    close(listener);
    return peer.rights;
}

static void test_peers(void **state)
{
    const audience_policy_t open_to_all = {.group = GROUP, .hidepid_group = (gid_t) -1};
    const audience_policy_t hiding = {.group = GROUP, .hidepid = true, .hidepid_group = 30088};
    const audience_policy_t nobody = {.group = (gid_t) -1, .hidepid_group = (gid_t) -1};
    const audience_policy_t private_one = {.group = GROUP, .private_daemon = true};
    const person_t root = {.uid = 0, .gid = 0};
    const person_t user = {.uid = 30001, .gid = 30001, .groups = {30001, 30002}, .n_groups = 2};
    const person_t member = {
            .uid = 30001, .gid = 30001, .groups = {30002, GROUP, 30003}, .n_groups = 3};
    const person_t primary = {.uid = 30001, .gid = GROUP};
    const person_t exempt = {.uid = 30001, .gid = 30001, .groups = {30088}, .n_groups = 1};
    // Members of nothing are not members of a group that does not exist.
    const person_t odd = {.uid = 30001, .gid = 30001, .n_groups = 0};

    (void) state;
    if (geteuid() != 0)
        skip_because("only root can be several people");
    assert_int_equal(rights_of(&root, &open_to_all), RIGHTS_ALL);
    assert_int_equal(rights_of(&user, &open_to_all), RIGHTS_OWN);
    assert_int_equal(rights_of(&member, &open_to_all), RIGHTS_ALL);
    assert_int_equal(rights_of(&primary, &open_to_all), RIGHTS_ALL);
    assert_int_equal(rights_of(&odd, &nobody), RIGHTS_OWN);
    assert_int_equal(rights_of(&root, &hiding), RIGHTS_ALL);
    assert_int_equal(rights_of(&user, &hiding), RIGHTS_HIDEPID);
    assert_int_equal(rights_of(&member, &hiding), RIGHTS_ALL);
    assert_int_equal(rights_of(&exempt, &hiding), RIGHTS_OWN);
    assert_int_equal(rights_of(&user, &private_one), RIGHTS_SESSION);
}

static void test_policy_of_this_host(void **state)
{
    audience_policy_t p;

    (void) state;
    audience_policy_init(&p, "root", "/proc");
    assert_int_equal(p.group, 0);
    audience_policy_init(&p, "no-such-group-here", "/somewhere");
    assert_true(p.group == (gid_t) -1);
    assert_false(p.hidepid);
    assert_true(p.hidepid_group == (gid_t) -1);
    audience_policy_init(&p, NULL, "/proc");
    assert_true(p.group == (gid_t) -1);
}

static void test_not_a_socket(void **state)
{
    const audience_policy_t policy = {.group = (gid_t) -1};
    peer_t peer;

    (void) state;
    assert_int_equal(peer_identify(STDIN_FILENO, &policy, &peer), -ENOTSOCK);
    assert_int_equal(peer_identify(-1, &policy, &peer), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_peers),
            cmocka_unit_test(test_policy_of_this_host),
            cmocka_unit_test(test_not_a_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
