#ifndef MEMSCOPE_PROTOCOL_MESSAGES_H
#define MEMSCOPE_PROTOCOL_MESSAGES_H

// Every message, declared once, as the fields of PROCESS_FIELDS are in protocol/schema.h.
//
// MESSAGES: X(type, NAME, member, direction, since, doc)
//   direction  BOTH, TO_CLIENT, TO_DAEMON
// <NAME>_FIELDS: F(number, name, kind, unit, since, audience, doc)
//   kind       UINT (varint), INT (zigzag varint), TEXT (hostile bytes), BYTES (packed, see doc)
//
// A message body is a sequence of (key varint = number << 1 | packed, value), where packed values
// are a varint length and that many bytes. Fields come in any order, an absent field is unknown, a
// field or message of unknown number is skipped. TICK alone has a body of its own, see man page.

#include "protocol/schema.h"

// clang-format off
#define MESSAGES(X) \
    X( 1, HELLO,            hello,            BOTH,      1, "first message of both sides; the daemon answers the client's with its own or with REFUSED") \
    X( 2, REFUSED,          refused,          TO_CLIENT, 1, "why the connection is about to be closed") \
    X( 3, TICK,             tick,             TO_CLIENT, 1, "a keyframe or a diff of all processes; see THE TICK") \
    X( 4, KEYFRAME_REQUEST, keyframe_request, TO_DAEMON, 1, "asks for a keyframe at the next tick, or at once for what is held") \
    X( 5, PAUSE,            pause,            TO_DAEMON, 1, "stops or resumes ticks for this connection") \
    X( 6, INSPECT,          inspect,          TO_DAEMON, 1, "asks for DETAILS of one process with each tick; another INSPECT replaces it") \
    X( 7, DETAILS,          details,          TO_CLIENT, 1, "all that is known of the inspected process") \
    X( 8, HISTORY_REQUEST,  history_request,  TO_DAEMON, 1, "asks for the past of a process or of the system") \
    X( 9, HISTORY,          history,          TO_CLIENT, 1, "the past of one process, answers HISTORY_REQUEST") \
    X(10, ERROR,            error,            TO_CLIENT, 1, "a request that could not be answered; the connection goes on")

#define HELLO_FIELDS(F) \
    F(1, magic,       UINT,  "",     1, PUBLIC, "PROTOCOL_MAGIC 0x4350534d") \
    F(2, version_min, UINT,  "",     1, PUBLIC, "oldest version spoken") \
    F(3, version_max, UINT,  "",     1, PUBLIC, "newest version spoken; in the daemon's answer both are the version chosen") \
    F(4, features,    UINT,  "bits", 1, PUBLIC, "features; the daemon answers with those that both have") \
    F(5, build,       TEXT,  "",     1, PUBLIC, "program and version, for people") \
    F(6, instance,    UINT,  "",     1, PUBLIC, "daemon only: random number of this run; another number, another run") \
    F(7, rights,      UINT,  "",     1, PUBLIC, "daemon only: what this connection may see") \
    F(8, uid,         UINT,  "",     1, PUBLIC, "daemon only: the user it takes the client for")

#define REFUSED_FIELDS(F) \
    F(1, code,        UINT,  "",     1, PUBLIC, "why, for programs") \
    F(2, text,        TEXT,  "",     1, PUBLIC, "reason and remedy in one line")

#define TICK_FIELDS(F)
#define KEYFRAME_REQUEST_FIELDS(F)

#define PAUSE_FIELDS(F) \
    F(1, paused,      UINT,  "",     1, PUBLIC, "1 to stop, 0 to resume (with a keyframe)")

#define INSPECT_FIELDS(F) \
    F(1, pid,         UINT,  "",     1, PUBLIC, "0 ends inspection") \
    F(2, start_time,  UINT,  "clock ticks", 1, PUBLIC, "identity; absent: whoever has that pid now")

#define DETAILS_FIELDS(F) \
    F( 1, pid,            UINT, "",      1, PUBLIC,  "identity") \
    F( 2, start_time,     UINT, "clock ticks", 1, PUBLIC, "identity") \
    F( 3, mono_ms,        UINT, "ms",    1, PUBLIC,  "when this was true, CLOCK_BOOTTIME") \
    F( 4, exited_ms,      UINT, "ms",    1, PUBLIC,  "when it was found dead; the other figures are its last") \
    F( 5, source,         UINT, "",      1, PUBLIC,  "who answered for the breakdown: PSS_SOURCE_*") \
    F( 6, breakdown_ms,   UINT, "ms",    1, PUBLIC,  "when the breakdown was read, CLOCK_BOOTTIME") \
    F( 7, rss_kb,         UINT, "KiB",   1, PUBLIC,  "Rss at that moment") \
    F( 8, anon_kb,        UINT, "KiB",   1, PUBLIC,  "anonymous part of it") \
    F( 9, file_kb,        UINT, "KiB",   1, PUBLIC,  "file mappings' part of it") \
    F(10, shmem_kb,       UINT, "KiB",   1, PUBLIC,  "shared memory's part of it") \
    F(11, swap_kb,        UINT, "KiB",   1, PUBLIC,  "Swap") \
    F(12, pss_kb,         UINT, "KiB",   1, PRIVATE, "Pss") \
    F(13, pss_anon_kb,    UINT, "KiB",   1, PRIVATE, "Pss_Anon") \
    F(14, pss_file_kb,    UINT, "KiB",   1, PRIVATE, "Pss_File") \
    F(15, pss_shmem_kb,   UINT, "KiB",   1, PRIVATE, "Pss_Shmem") \
    F(16, private_clean_kb, UINT, "KiB", 1, PRIVATE, "Private_Clean") \
    F(17, private_dirty_kb, UINT, "KiB", 1, PRIVATE, "Private_Dirty; with Private_Clean the USS") \
    F(18, shared_clean_kb,  UINT, "KiB", 1, PRIVATE, "Shared_Clean") \
    F(19, shared_dirty_kb,  UINT, "KiB", 1, PRIVATE, "Shared_Dirty") \
    F(20, swap_pss_kb,    UINT, "KiB",   1, PRIVATE, "SwapPss") \
    F(21, locked_kb,      UINT, "KiB",   1, PUBLIC,  "VmLck: locked in memory") \
    F(22, page_tables_kb, UINT, "KiB",   1, PUBLIC,  "VmPTE") \
    F(23, hwm_kb,         UINT, "KiB",   1, PUBLIC,  "VmHWM: peak RSS") \
    F(24, size_kb,        UINT, "KiB",   1, PUBLIC,  "VmSize: address space") \
    F(25, utime_ms,       UINT, "ms",    1, PUBLIC,  "CPU time in user mode") \
    F(26, stime_ms,       UINT, "ms",    1, PUBLIC,  "CPU time in the kernel") \
    F(27, minflt,         UINT, "",      1, PUBLIC,  "minor page faults") \
    F(28, majflt,         UINT, "",      1, PUBLIC,  "major page faults") \
    F(29, read_bytes,     UINT, "bytes", 1, PRIVATE, "read from storage") \
    F(30, write_bytes,    UINT, "bytes", 1, PRIVATE, "written towards storage") \
    F(31, rchar,          UINT, "bytes", 1, PRIVATE, "read by system calls, cache included") \
    F(32, wchar,          UINT, "bytes", 1, PRIVATE, "written by system calls") \
    F(33, cgroup,         TEXT, "",      1, PUBLIC,  "cgroup path") \
    F(34, cgroup_limit_kb, UINT, "KiB",  1, PUBLIC,  "lowest memory.max on that path; absent: none") \
    F(35, cgroup_used_kb, UINT, "KiB",   1, PUBLIC,  "memory.current of the group with that limit") \
    F(36, exe,            TEXT, "",      1, PRIVATE, "target of /proc/PID/exe") \
    F(37, read_us,        UINT, "us",    1, PUBLIC,  "how long reading the breakdown took") \
    F(38, leak_since_ms,  UINT, "ms",    1, PUBLIC,  "LEAK or LEAK?: since when it grows") \
    F(39, leak_growth_kb, UINT, "KiB",   1, PUBLIC,  "LEAK or LEAK?: by how much since then") \
    F(40, leak_text,      TEXT, "",      1, PUBLIC,  "the receipt in a line, or why there is no LEAK tag") \
    F(41, spike_text,     TEXT, "",      1, PUBLIC,  "the receipt of SPIKE in a line") \
    F(42, zombie_text,    TEXT, "",      1, PUBLIC,  "the receipt of ZOMBIE in a line") \
    F(43, name,           TEXT, "",      1, PUBLIC,  "command name, for one that has exited") \
    F(44, unreadable,     TEXT, "",      1, PUBLIC,  "what the kernel did not let the daemon read, and why")

#define HISTORY_REQUEST_FIELDS(F) \
    F(1, request,     UINT,  "",     1, PUBLIC, "number that the answer carries") \
    F(2, pid,         UINT,  "",     1, PUBLIC, "identity; 0: the system") \
    F(3, start_time,  UINT,  "clock ticks", 1, PUBLIC, "identity") \
    F(4, span_ms,     UINT,  "ms",   1, PUBLIC, "how far back from now") \
    F(5, step_ms,     UINT,  "ms",   1, PUBLIC, "finest step wanted; the daemon may answer with a coarser one")

#define HISTORY_FIELDS(F) \
    F(1, request,     UINT,  "",     1, PUBLIC, "of the request") \
    F(2, pid,         UINT,  "",     1, PUBLIC, "identity; 0: the system") \
    F(3, start_time,  UINT,  "clock ticks", 1, PUBLIC, "identity") \
    F(4, step_ms,     UINT,  "ms",   1, PUBLIC, "time between points") \
    F(5, end_ms,      UINT,  "ms",   1, PUBLIC, "time of the last point, CLOCK_BOOTTIME") \
    F(6, count,       UINT,  "",     1, PUBLIC, "points, gaps included") \
    F(7, points,      BYTES, "",     1, PUBLIC, "runs of equal points, see Points of a HISTORY")

#define ERROR_FIELDS(F) \
    F(1, request,     UINT,  "",     1, PUBLIC, "of the request, 0 for none") \
    F(2, code,        UINT,  "",     1, PUBLIC, "why, for programs") \
    F(3, text,        TEXT,  "",     1, PUBLIC, "reason and remedy in one line")

#define FEATURE_VALUES(V) \
    V(FEATURE_HISTORY, 1 << 0, "answers HISTORY_REQUEST")

#define RIGHTS_VALUES(V) \
    V(RIGHTS_ALL,     1, "everything: root, or a member of the group memscope") \
    V(RIGHTS_OWN,     2, "all public fields, the private ones of the user's own processes") \
    V(RIGHTS_HIDEPID, 3, "nothing but the user's own processes: hidepid is in force on /proc") \
    V(RIGHTS_SESSION, 4, "a private daemon: what the kernel lets this user read")

#define REFUSED_VALUES(V) \
    V(REFUSED_VERSION,     1, "no version that both speak") \
    V(REFUSED_LIMIT_TOTAL, 2, "as many connections as the daemon takes") \
    V(REFUSED_LIMIT_USER,  3, "as many connections as it takes of one user") \
    V(REFUSED_PROTOCOL,    4, "malformed, too long, or not a HELLO where one belongs") \
    V(REFUSED_TIMEOUT,     5, "HELLO did not come in time; worth another try") \
    V(REFUSED_SHUTDOWN,    6, "the daemon ends; worth another try")

#define ERROR_VALUES(V) \
    V(ERROR_NO_PROCESS,      1, "no such process, living or remembered") \
    V(ERROR_NOT_PERMITTED,   2, "not for this user") \
    V(ERROR_LIMIT,           3, "more than the daemon does for one client") \
    V(ERROR_UNKNOWN_REQUEST, 4, "what is asked for is not known here")
// clang-format on

enum { FEATURE_VALUES(VALUE_NAME_) };
enum { RIGHTS_VALUES(VALUE_NAME_) };
enum { REFUSED_VALUES(VALUE_NAME_) };
enum { ERROR_VALUES(VALUE_NAME_) };

#define MESSAGE_TYPE_(type, NAME, member, direction, since, doc) MESSAGE_##NAME = type,
typedef enum { MESSAGES(MESSAGE_TYPE_) MESSAGE_TYPE_MAX } message_type_t;
#undef MESSAGE_TYPE_

#endif
