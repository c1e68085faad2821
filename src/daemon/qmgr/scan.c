/* SPDX-License-Identifier: ISC
 *
 * scan.c - finding messages: scans of incoming and deferred, and messages
 * that cleanup tells us of.
 *
 * A scan is the fallback that loses nothing: at start, on the wakeup timers
 * of master and our own, and when somebody asks for it; also soon after
 * something could not be taken, and now and then while messages come, one of
 * which we may not have been told of. While the active queue has room, one
 * message is taken from incoming and one from deferred in turns, so that a
 * backlog does not hold up new mail.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/fiber.h"
#include "base/log.h"
#include "base/str.h"
#include "config/params.h"
#include "flow.h"
#include "mail/queue_dir.h"
#include "message.h"

/* New messages that are taken in at the same time: their addresses are being
 * looked up. YIELD_FILES: others want to run, too. */
enum { WORKERS = 8, YIELD_FILES = 50, ANNOUNCED_MAX = 10000 };
/* Between scans of incoming: while all goes well, and after a failure, twice
 * as long each time. */
enum { LOOK_S = 10, AGAIN_MIN_S = 5, AGAIN_MAX_S = 300 };

struct scan {
    const char *queue;
    struct queue_scan *walk; /* NULL: none in progress */
    unsigned flags;          /* TAKE_, of the walk in progress */
    bool requested;          /* another one is wanted */
    unsigned next_flags;
};
static struct scan incoming = { .queue = "incoming" };
static struct scan deferred = { .queue = "deferred" };
static deadline_t next_deferred_scan;
static deadline_t next_look;               /* with the next announcement */
static deadline_t again_at = DEADLINE_NEVER;
static int again_s = AGAIN_MIN_S;

/* The feeder waits here. */
static struct fiber *feeder;
static bool feeder_has_news;

static struct { ARRAY_OF(char *); } announced; /* IDs, owned */
static size_t announced_taken;
static int workers;

static void wake_feeder(void)
{
    feeder_has_news = true;
    if (feeder != NULL)
        fiber_wake(feeder);
}

static void start_request(struct scan *scan, unsigned flags)
{
    scan->requested = true;
    scan->next_flags |= flags;
}

void scan_room_in_active(void)
{
    if (incoming.walk != NULL || deferred.walk != NULL || incoming.requested ||
        deferred.requested)
        wake_feeder();
}

static void scan_incoming(void)
{
    start_request(&incoming, 0);
    wake_feeder();
}

int scan_again_soon(void)
{
    deadline_t now = clock_now();

    if (again_at != DEADLINE_NEVER)
        return (int)((again_at - now) / 1000) + 1;
    int wait_s = again_s;
    again_s = again_s * 2 < AGAIN_MAX_S ? again_s * 2 : AGAIN_MAX_S;
    again_at = deadline_in_s(wait_s);
    wake_feeder();
    return wait_s;
}

/* ---- Announced messages ------------------------------------------------ */

static void take_announced(void *unused)
{
    (void)unused;
    while (announced_taken < announced.count) {
        char *id = announced.items[announced_taken++];
        if (!active_has_room())
            scan_incoming();
        else
            active_take("incoming", id, TAKE_FRESH);
        free(id);
    }
    announced.count = announced_taken = 0;
    workers--;
    if (workers == 0 && incoming.walk == NULL && !incoming.requested)
        flow_all_taken();
}

/* False: it has to be found by a scan. */
static bool announce(const char *id, size_t length)
{
    char name[QUEUE_ID_SIZE];

    if (length >= sizeof name || announced.count >= ANNOUNCED_MAX)
        return false;
    memcpy(name, id, length);
    name[length] = '\0';
    if (!queue_id_is_valid(name))
        return false;
    ARRAY_ADD(&announced, mem_strdup(name));
    return true;
}

static void start_worker(void)
{
    if (announced_taken >= announced.count || workers >= WORKERS)
        return;
    workers++;
    fiber_start(take_announced, NULL);
}

/* ---- Requests ---------------------------------------------------------- */

static void forget_dead(void)
{
    size_t position = 0;
    void *value, *inner;

    while (hash_next(the_scheduler.transports, &position, NULL, &value)) {
        struct transport *t = value;
        size_t place = 0;
        if (t->hold.state == RUN_DEAD)
            transport_resume(t);
        while (hash_next(t->destinations, &place, NULL, &inner)) {
            struct destination *d = inner;
            if (d->hold.state == RUN_DEAD)
                destination_resume(d);
        }
    }
    deliver_kick_all();
}

enum request { WANT_INCOMING = 1, WANT_DEFERRED = 2, WANT_FORGET = 4,
               WANT_ALL = 8 };

/* F and A come into effect before D and I, in whatever order they are. */
static void carry_out(unsigned wanted)
{
    unsigned flags = 0;

    if (wanted & WANT_FORGET) {
        forget_dead();
        flags |= TAKE_FLUSH;
        incoming.next_flags |= TAKE_FLUSH;
        deferred.next_flags |= TAKE_FLUSH;
    }
    if (wanted & WANT_ALL)
        deferred.next_flags |= TAKE_ANY_TIME;
    if (wanted & WANT_DEFERRED)
        start_request(&deferred, flags);
    if (wanted & WANT_INCOMING)
        start_request(&incoming, flags);
    if (wanted & (WANT_DEFERRED | WANT_INCOMING))
        wake_feeder();
}

/* "N<id>\n" at <p>. Returns its last byte. A line that was cut off, or an ID
 * that is none, asks for a scan. */
static const char *read_announcement(const char *p, const char *end,
                                     unsigned *wanted)
{
    const char *newline = memchr(p, '\n', (size_t)(end - p));

    if (newline == NULL || !announce(p + 1, (size_t)(newline - p - 1)))
        *wanted |= WANT_INCOMING;
    return newline != NULL ? newline : end - 1;
}

void scan_request(const char *bytes, size_t length)
{
    const char *end = bytes + length;
    unsigned wanted = 0;

    for (const char *p = bytes; p < end; p++) {
        switch (*p) {
        case 'W':
        case 'I': wanted |= WANT_INCOMING; break;
        case 'D': wanted |= WANT_DEFERRED; break;
        case 'F': wanted |= WANT_FORGET; break;
        case 'A': wanted |= WANT_ALL; break;
        case 'N': p = read_announcement(p, end, &wanted); break;
        default: break;
        }
    }
    if (clock_now() >= next_look)
        wanted |= WANT_INCOMING;
    carry_out(wanted);
    start_worker();
}

/* ---- Scans ------------------------------------------------------------- */

static bool is_due(const char *path, unsigned flags)
{
    struct stat st;

    return lstat(path, &st) == 0 && active_is_due(&st, flags);
}

static void open_walk(struct scan *scan)
{
    if (scan == &deferred)
        active_free_stranded();
    else
        next_look = deadline_in_s(LOOK_S);
    scan->walk = queue_scan_open(scan->queue);
    scan->flags = scan->next_flags;
    scan->next_flags = 0;
    scan->requested = false;
}

static void close_walk(struct scan *scan)
{
    struct error why = ERROR_NONE;

    if (queue_scan_failed(scan->walk, &why)) {
        log_warning("%s", why.text);
        scan_again_soon();
        if (scan == &deferred)
            next_deferred_scan = again_at;
    }
    queue_scan_close(scan->walk);
    scan->walk = NULL;
    if (scan != &incoming)
        return;
    if (again_at == DEADLINE_NEVER)
        again_s = AGAIN_MIN_S;
    if (!scan->requested)
        flow_nothing_incoming();
}

/* Take one message. False: this scan has come to its end. */
static bool step(struct scan *scan)
{
    struct str path = STR_EMPTY;
    const char *id = NULL;
    bool taken = false;

    if (scan->walk == NULL && scan->requested)
        open_walk(scan);
    if (scan->walk == NULL)
        return false;
    for (int i = 0; !taken; i++) {
        if (i % YIELD_FILES == YIELD_FILES - 1)
            fiber_yield();
        id = queue_scan_next(scan->walk, &path);
        if (id == NULL)
            break;
        taken = is_due(path.data, scan->flags) &&
                active_take(scan->queue, id, scan->flags);
    }
    if (id == NULL)
        close_walk(scan);
    str_fini(&path);
    return taken;
}

static deadline_t next_scan(void)
{
    return again_at < next_deferred_scan ? again_at : next_deferred_scan;
}

static void wait_for_news(void)
{
    while (!feeder_has_news && clock_now() < next_scan())
        fiber_park(next_scan());
    feeder_has_news = false;
}

static void request_what_is_due(void)
{
    if (clock_now() >= again_at) {
        again_at = DEADLINE_NEVER;
        start_request(&incoming, 0);
    }
    if (clock_now() >= next_deferred_scan) {
        start_request(&deferred, 0);
        next_deferred_scan = deadline_in_s(queue_params.queue_run_delay);
    }
}

void scan_run(void)
{
    feeder = fiber_self();
    start_request(&incoming, 0);
    next_deferred_scan = clock_now();
    for (;;) {
        request_what_is_due();
        bool took_new = active_has_room() && step(&incoming);
        bool took_old = active_has_room() && step(&deferred);
        if (!took_new && !took_old && !incoming.requested &&
            !deferred.requested)
            wait_for_news();
        else if (!active_has_room())
            wait_for_news();
        else
            fiber_yield();
    }
}

/* ---- Start ------------------------------------------------------------- */

static void recover_one(const char *id, const char *path)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return;
    /* Now, and not when it would have been its turn. */
    if (utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) == 0 &&
        queue_dir_move(id, "active", "incoming"))
        return;
    log_warning("cannot move %s from queue active to queue incoming: %s", id,
                strerror(errno));
    active_has_stranded();
}

void scan_recover_active(void)
{
    struct error why = ERROR_NONE;
    struct queue_scan *walk = queue_scan_open("active");
    struct str path = STR_EMPTY;
    const char *id;

    while ((id = queue_scan_next(walk, &path)) != NULL)
        recover_one(id, path.data);
    if (queue_scan_failed(walk, &why)) {
        log_warning("%s", why.text);
        active_has_stranded();
    }
    queue_scan_close(walk);
    str_fini(&path);
}
