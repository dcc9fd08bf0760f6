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
    X(10, ERROR,            error,            TO_CLIENT, 1, "a request that could not be answered; the connection goes on") \
    X(11, EVENTS_REQUEST,   events_request,   TO_DAEMON, 1, "asks for events of the past and, if it says so, for those to come") \
    X(12, EVENT,            event,            TO_CLIENT, 1, "something that happened, or the end of an answer to EVENTS_REQUEST") \
    X(13, WHY_REQUEST,      why_request,      TO_DAEMON, 1, "asks who took memory in a span of time") \
    X(14, WHY,              why,              TO_CLIENT, 1, "who took memory in a span of time, answers WHY_REQUEST") \
    X(15, STATUS_REQUEST,   status_request,   TO_DAEMON, 1, "asks how the daemon itself is doing") \
    X(16, STATUS,           status,           TO_CLIENT, 1, "how the daemon itself is doing, answers STATUS_REQUEST") \
    X(17, ANALYSIS,         analysis,         TO_CLIENT, 1, "how far a private daemon that judges a trace has come; what it finds comes as EVENTs on the trace's clock")

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

#define EVENTS_REQUEST_FIELDS(F) \
    F(1, request,     UINT,  "",     1, PUBLIC, "number that the answer carries; absent: nothing is answered, but with follow what came after the number `after' is sent as if it happened now") \
    F(2, from_ms,     UINT,  "ms",   1, PUBLIC, "events from then on, CLOCK_BOOTTIME; absent: all that are kept") \
    F(3, to_ms,       UINT,  "ms",   1, PUBLIC, "and until then; absent: until now") \
    F(4, after,       UINT,  "",     1, PUBLIC, "only those of a greater number") \
    F(5, follow,      UINT,  "",     1, PUBLIC, "1: from now on events are sent as they happen, 0: no longer; absent: as before")

#define EVENT_FIELDS(F) \
    F( 1, request,    UINT,  "",     1, PUBLIC, "of the request; absent: it has just happened") \
    F( 2, last,       UINT,  "",     1, PUBLIC, "1: the end of an answer, without an event; then only request, more, number and since_ms count") \
    F( 3, more,       UINT,  "",     1, PUBLIC, "with last: 1 if there are more; ask again with after = number") \
    F( 4, number,     UINT,  "",     1, PUBLIC, "grows with each event; with last: of the last event looked at") \
    F( 5, time_ms,    UINT,  "ms",   1, PUBLIC, "when, CLOCK_BOOTTIME") \
    F( 6, kind,       UINT,  "",     1, PUBLIC, "what happened: EVENT_*") \
    F( 7, tag,        UINT,  "bits", 1, PUBLIC, "the tag (TAG_*) that was suspected, set or cleared; of an exit: those it had") \
    F( 8, pid,        UINT,  "",     1, PUBLIC, "identity; absent: nobody could be named") \
    F( 9, start_time, UINT,  "clock ticks", 1, PUBLIC, "identity") \
    F(10, name,       TEXT,  "",     1, PUBLIC, "command name") \
    F(11, uid,        UINT,  "",     1, PUBLIC, "real user id") \
    F(12, unit,       TEXT,  "",     1, PUBLIC, "systemd unit, as of a process") \
    F(13, text,       TEXT,  "",     1, PUBLIC, "the receipt in a line") \
    F(14, since_ms,   UINT,  "ms",   1, PUBLIC, "since when it grew or was so, CLOCK_BOOTTIME; with last: how far back events are kept") \
    F(15, size_kb,    UINT,  "KiB",  1, PUBLIC, "growth of a LEAK, height of a SPIKE, private memory of one that ended") \
    F(16, peak_kb,    UINT,  "KiB",  1, PUBLIC, "of one that ended: its peak RSS") \
    F(17, rate,       UINT,  "bytes/s", 1, PUBLIC, "of a LEAK") \
    F(18, rate_low,   UINT,  "bytes/s", 1, PUBLIC, "lower bound of rate, two sigmas") \
    F(19, rate_high,  UINT,  "bytes/s", 1, PUBLIC, "upper bound of rate") \
    F(20, confidence, UINT,  "%",    1, PUBLIC, "of a LEAK") \
    F(21, left_s,     UINT,  "s",    1, PUBLIC, "of a LEAK: until the memory that is left is used up") \
    F(22, ruled_out,  UINT,  "bits", 1, PUBLIC, "of a LEAK: other explanations that do not hold, RULED_OUT_*") \
    F(23, duration_ms, UINT, "ms",   1, PUBLIC, "how long a SPIKE rose, or lasted once it has ended") \
    F(24, given_back, UINT,  "",     1, PUBLIC, "of a SPIKE that ended: 1 if it was given back, 0 if it was kept") \
    F(25, count,      UINT,  "",     1, PUBLIC, "zombies of a parent that does not reap; kills of an OOM kill") \
    F(26, story,      UINT,  "",     1, PUBLIC, "the how manieth process of the same service or program to leak; absent: the first") \
    F(27, story_ms,   UINT,  "ms",   1, PUBLIC, "since when the first of them leaked, CLOCK_BOOTTIME") \
    F(28, story_kb,   UINT,  "KiB",  1, PUBLIC, "by how much all of them grew") \
    F(29, cgroup,     TEXT,  "",     1, PUBLIC, "of an OOM kill: the cgroup whose limit was reached; absent: the host's memory, or not known") \
    F(30, grown,      BYTES, "",     1, PUBLIC, "of an OOM kill: who had grown in the minutes before, see Rows of a WHY") \
    F(31, used,       BYTES, "",     1, PUBLIC, "of an OOM kill: used memory in the ten minutes before, see Points of a HISTORY; rss is all, private what is in swap") \
    F(32, step_ms,    UINT,  "ms",   1, PUBLIC, "time between points of used; the last one is of time_ms")

#define WHY_REQUEST_FIELDS(F) \
    F(1, request,     UINT,  "",     1, PUBLIC, "number that the answer carries") \
    F(2, from_ms,     UINT,  "ms",   1, PUBLIC, "begin of the span, CLOCK_BOOTTIME; absent: five minutes before its end") \
    F(3, to_ms,       UINT,  "ms",   1, PUBLIC, "end of the span; absent: now") \
    F(4, by,          UINT,  "",     1, PUBLIC, "what makes a row: WHY_BY_*") \
    F(5, limit,       UINT,  "",     1, PUBLIC, "rows wanted at most; the daemon may send fewer")

#define WHY_FIELDS(F) \
    F( 1, request,    UINT,  "",     1, PUBLIC, "of the request") \
    F( 2, by,         UINT,  "",     1, PUBLIC, "what makes a row: WHY_BY_*") \
    F( 3, known_ms,   UINT,  "ms",   1, PUBLIC, "nothing is known of the time before, CLOCK_BOOTTIME") \
    F( 4, from_ms,    UINT,  "ms",   1, PUBLIC, "the span looked at: what was asked for, cut to what is known") \
    F( 5, to_ms,      UINT,  "ms",   1, PUBLIC, "its end") \
    F( 6, step_ms,    UINT,  "ms",   1, PUBLIC, "how exactly times in it are known") \
    F( 7, used_from_kb, UINT, "KiB", 1, PUBLIC, "used memory at its begin: what no cache can give back, and swap") \
    F( 8, used_to_kb, UINT,  "KiB",  1, PUBLIC, "the same at its end") \
    F( 9, change_from_ms, UINT, "ms", 1, PUBLIC, "the change looked at: the greatest rise in the span, or fall where that was far greater") \
    F(10, change_to_ms, UINT, "ms",  1, PUBLIC, "its end; rows and ledger are about these two moments") \
    F(11, change_from_kb, UINT, "KiB", 1, PUBLIC, "used memory at its begin") \
    F(12, change_to_kb, UINT, "KiB", 1, PUBLIC, "used memory at its end") \
    F(13, steepest_from_ms, UINT, "ms", 1, PUBLIC, "the steepest moment of the change") \
    F(14, steepest_to_ms, UINT, "ms", 1, PUBLIC, "its end") \
    F(15, steepest_kb, INT,  "KiB",  1, PUBLIC, "change of used memory in that moment") \
    F(16, rows,       BYTES, "",     1, PUBLIC, "who took it, largest share first, see Rows of a WHY") \
    F(17, others,     UINT,  "",     1, PUBLIC, "processes and groups beyond the limit of rows") \
    F(18, others_kb,  INT,   "KiB",  1, PUBLIC, "their share of the change") \
    F(19, hidden_kb,  INT,   "KiB",  1, PUBLIC, "share of processes that this client may not see") \
    F(20, unexplained_kb, INT, "KiB", 1, PUBLIC, "the change less the shares of rows, others and hidden") \
    F(21, ledger,     BYTES, "",     1, PUBLIC, "all memory at both moments, see Ledger of a WHY") \
    F(22, mem_total_kb, UINT, "KiB", 1, PUBLIC, "MemTotal") \
    F(23, processes_kb, INT, "KiB",  1, PUBLIC, "share of all processes together") \
    F(24, unseen_from_ms, UINT, "ms", 1, PUBLIC, "the longest time in the span in which nothing was captured; absent: there is none") \
    F(25, unseen_to_ms, UINT, "ms",  1, PUBLIC, "its end") \
    F(26, estimated_kb, UINT, "KiB", 1, PUBLIC, "up to so much of the shares of processes is an estimate: memory that began as a copy, and was written to; absent: nothing")

#define STATUS_REQUEST_FIELDS(F) \
    F(1, request,     UINT,  "",     1, PUBLIC, "number that the answer carries")

#define STATUS_FIELDS(F) \
    F( 1, request,    UINT,  "",     1, PUBLIC, "of the request") \
    F( 2, build,      TEXT,  "",     1, PUBLIC, "program and version, for people") \
    F( 3, pid,        UINT,  "",     1, PUBLIC, "process id of the daemon") \
    F( 4, uptime_ms,  UINT,  "ms",   1, PUBLIC, "since the daemon started") \
    F( 5, ticks,      UINT,  "",     1, PUBLIC, "captures since then") \
    F( 6, missed_ticks, UINT, "",    1, PUBLIC, "ticks skipped, because they were late") \
    F( 7, capture_us, UINT,  "us",   1, PUBLIC, "CPU time of the last capture") \
    F( 8, capture_p99_us, UINT, "us", 1, PUBLIC, "99 of 100 of the last minutes' captures took no more") \
    F( 9, processes,  UINT,  "",     1, PUBLIC, "processes watched") \
    F(10, memory_kb,  UINT,  "KiB",  1, PUBLIC, "what samples and history take") \
    F(11, memory_max_kb, UINT, "KiB", 1, PUBLIC, "cap of it") \
    F(12, rss_kb,     UINT,  "KiB",  1, PUBLIC, "RSS of the daemon") \
    F(13, descriptors, UINT, "",     1, PUBLIC, "files of processes that are kept open") \
    F(14, pss_budget_ppm, UINT, "ppm", 1, PUBLIC, "CPU for readings of PSS, of one core") \
    F(15, pss_spent_us, UINT, "us",  1, PUBLIC, "CPU that they took since the start") \
    F(16, unread_io,  UINT,  "",     1, PUBLIC, "processes whose io the kernel does not let the daemon read") \
    F(17, unread_memory, UINT, "",   1, PUBLIC, "processes whose smaps it does not") \
    F(18, failed_reads, UINT, "",    1, PUBLIC, "reads that failed since the start, for another reason than that the process ended") \
    F(19, subscribers, UINT, "",     1, PUBLIC, "connections") \
    F(20, viewers,    BYTES, "",     1, PUBLIC, "for each connection, as far as there is room, uid, pid, rights and ticks that it lags behind, as varints; only to those who see everything") \
    F(21, late_ticks, UINT,  "",     1, PUBLIC, "ticks that began more than 20 ms late") \
    F(22, minor_faults, UINT, "",    1, PUBLIC, "page faults of ticks since the start that took no disk") \
    F(23, major_faults, UINT, "",    1, PUBLIC, "page faults of ticks since the start that waited for a disk") \
    F(24, locked_kb,  UINT,  "KiB",  1, PUBLIC, "memory of the daemon that is locked")

#define ANALYSIS_FIELDS(F) \
    F(1, rows,        UINT,  "",     1, PUBLIC, "rows read") \
    F(2, samples,     UINT,  "",     1, PUBLIC, "samples that they were") \
    F(3, processes,   UINT,  "",     1, PUBLIC, "processes seen") \
    F(4, bytes,       UINT,  "bytes", 1, PUBLIC, "of the file read") \
    F(5, finished,    UINT,  "",     1, PUBLIC, "1: nothing more comes") \
    F(6, error,       TEXT,  "",     1, PUBLIC, "what ended it before the end of the trace") \
    F(7, line,        UINT,  "",     1, PUBLIC, "where the error is, from 1; absent: not in the text of the trace") \
    F(8, column,      UINT,  "bytes", 1, PUBLIC, "where in the line, from 1")

#define FEATURE_VALUES(V) \
    V(FEATURE_HISTORY, 1 << 0, "answers HISTORY_REQUEST") \
    V(FEATURE_EVENTS,  1 << 1, "answers EVENTS_REQUEST") \
    V(FEATURE_WHY,     1 << 2, "answers WHY_REQUEST") \
    V(FEATURE_STATUS,  1 << 3, "answers STATUS_REQUEST")

#define EVENT_VALUES(V) \
    V(EVENT_SUSPECTED, 1, "a tag is suspected") \
    V(EVENT_SET,       2, "a tag was set; SPIKE: it began") \
    V(EVENT_CLEARED,   3, "a tag, or its suspicion, has gone; SPIKE: it ended") \
    V(EVENT_OOM_KILL,  4, "the kernel killed for want of memory") \
    V(EVENT_EXIT,      5, "a process that held much, or had a tag, has ended")

#define RULED_OUT_VALUES(V) \
    V(RULED_OUT_FILE_PAGES, 1 << 0, "only private memory is counted") \
    V(RULED_OUT_SWAP_IN,    1 << 1, "anonymous memory and swap are counted together") \
    V(RULED_OUT_WARMUP,     1 << 2, "it lasts longer than a start") \
    V(RULED_OUT_SAWTOOTH,   1 << 3, "what is given back is not counted") \
    V(RULED_OUT_CACHE,      1 << 4, "it does not slow down") \
    V(RULED_OUT_STEPS,      1 << 5, "it is spread over many rises") \
    V(RULED_OUT_NOISE,      1 << 6, "it is far more than the process wanders anyway")

#define WHY_BY_VALUES(V) \
    V(WHY_BY_PROCESS, 0, "each process") \
    V(WHY_BY_USER,    1, "all processes of a user") \
    V(WHY_BY_UNIT,    2, "all processes of a systemd unit") \
    V(WHY_BY_NAME,    3, "all processes of a name")

#define LEDGER_VALUES(V) \
    V(LEDGER_PROCESSES,        1, "private memory of processes (AnonPages)") \
    V(LEDGER_SHMEM,            2, "shared memory and tmpfs (Shmem)") \
    V(LEDGER_CACHE_CLEAN,      3, "page cache that is as it is on disk") \
    V(LEDGER_CACHE_DIRTY,      4, "page cache that has to be written yet (Dirty, Writeback)") \
    V(LEDGER_SLAB_RECLAIMABLE, 5, "caches of the kernel (SReclaimable)") \
    V(LEDGER_SLAB,             6, "the kernel's other objects (SUnreclaim)") \
    V(LEDGER_PAGE_TABLES,      7, "PageTables, SecPageTables") \
    V(LEDGER_KERNEL_STACKS,    8, "KernelStack") \
    V(LEDGER_PERCPU,           9, "Percpu") \
    V(LEDGER_VMALLOC,         10, "VmallocUsed without kernel stacks") \
    V(LEDGER_HUGETLB,         11, "Hugetlb, used or not") \
    V(LEDGER_COMPRESSED,      12, "RAM that zswap and zram take for what they hold") \
    V(LEDGER_FREE,            13, "MemFree, and what processors keep for themselves") \
    V(LEDGER_UNEXPLAINED,     14, "MemTotal less all of the above") \
    V(LEDGER_SWAP,            15, "used swap, which is not part of MemTotal")

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
enum { EVENT_VALUES(VALUE_NAME_) };
enum { RULED_OUT_VALUES(VALUE_NAME_) };
enum { WHY_BY_VALUES(VALUE_NAME_) };
enum { LEDGER_VALUES(VALUE_NAME_) };

#define MESSAGE_TYPE_(type, NAME, member, direction, since, doc) MESSAGE_##NAME = type,
typedef enum { MESSAGES(MESSAGE_TYPE_) MESSAGE_TYPE_MAX } message_type_t;
#undef MESSAGE_TYPE_

#endif
