/* SPDX-License-Identifier: ISC
 *
 * notify.c - who gets which notice.
 *
 * No bounce of a bounce, ever: mail from the null sender goes to the
 * postmaster or nowhere, and mail from the double-bounce address, which is
 * what postmaster notices are sent with, goes nowhere.
 *
 * A log is removed only after its notices are safe in the queue; recipients
 * are marked as done in the queue file before that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "bounce.h"
#include "config/params.h"
#include "mail/dsn_notify.h"
#include "mail/queue_dir.h"
#include "mail/queue_log.h"
#include "mail/record.h"
#include "mail/verp.h"

/* What a kind of notice is like. */
struct kind {
    enum template_kind template;
    int wanted;                 /* DSN_NOTIFY_ bits; 0: all recipients */
    const char *postmaster_class; /* of notify_classes, or NULL */
    const char *log_word;       /* "sender <word>: ID" */
    bool failed, always_headers;
};
static const struct kind failure = {
    TEMPLATE_FAILURE, DSN_NOTIFY_FAILURE, "bounce",
    "non-delivery notification", true, false
};
static const struct kind delay = {
    TEMPLATE_DELAY, DSN_NOTIFY_DELAY, "delay", "delay notification", true, true
};
static const struct kind success = {
    TEMPLATE_SUCCESS, DSN_NOTIFY_SUCCESS, NULL,
    "delivery status notification", false, true
};
static const struct kind end_of_delay = {
    TEMPLATE_SUCCESS, DSN_NOTIFY_SUCCESS | DSN_NOTIFY_DELAY, NULL,
    "delivery status notification", false, true
};
static const struct kind verify = {
    TEMPLATE_VERIFY, 0, NULL, "delivery status notification", false, true
};

/* One request while it is served. */
struct job {
    struct arena *arena;
    const struct kind *kind;
    const struct bounce_notify *message;
    const struct bounce_append **all; /* recipients, for the postmaster */
    size_t all_count;
    const struct bounce_append **wanted; /* those that the sender wants */
    size_t wanted_count;
};

static bool class_is_on(const char *name)
{
    char *list = mem_strdup(notify_params.notify_classes);
    char *cursor = list;
    bool found = false;

    for (char *word; (word = text_token(&cursor, LIST_SEPARATORS)) != NULL;)
        if (text_equal_nocase(word, name))
            found = true;
    free(list);
    return found;
}

static const char *double_bounce_address(struct arena *arena)
{
    const char *name = common_params.double_bounce_sender;

    return strchr(name, '@') != NULL
               ? name
               : arena_printf(arena, "%s@%s", name, common_params.myorigin);
}

static void choose(struct job *job, const struct log_entries *log)
{
    job->all = arena_array(job->arena, log->count + 1, sizeof *job->all);
    job->wanted =
        arena_array(job->arena, log->count + 1, sizeof *job->wanted);
    for (size_t i = 0; i < log->count; i++) {
        int asked = (int)log->items[i].dsn_notify;
        job->all[job->all_count++] = &log->items[i];
        if (job->kind->wanted == 0 || asked == 0 ||
            (asked & job->kind->wanted) != 0)
            job->wanted[job->wanted_count++] = &log->items[i];
    }
}

/* One that message_size_limit does not let pass has less of the message, and
 * then goes in two halves. */
static bool send_report(struct report *report, const char *log_word)
{
    char id[QUEUE_ID_SIZE];
    enum report_result result = report_send(report, id);

    while (result == REPORT_TOO_BIG && report->attached != ATTACH_NOTHING) {
        report->attached++;
        result = report_send(report, id);
    }
    if (result == REPORT_SENT) {
        log_info("%s: %s %s: %s", report->message->queue_id,
                 report->for_postmaster ? "postmaster" : "sender", log_word,
                 id);
        return true;
    }
    if (result == REPORT_LATER || report->count < 2)
        return false;
    struct report first = *report, second = *report;
    first.count = report->count / 2;
    second.recipients += first.count;
    second.count -= first.count;
    return send_report(&first, log_word) && send_report(&second, log_word);
}

static bool send_one(struct job *job, const char *to, const char *from,
                     bool for_postmaster, enum attachment attached,
                     const char *log_word)
{
    const struct bounce_notify *m = job->message;
    struct report report = {
        .arena = job->arena, .message = m,
        .template = template_get(job->kind->template),
        .recipients = for_postmaster ? job->all : job->wanted,
        .count = for_postmaster ? job->all_count : job->wanted_count,
        .to = to, .from = from, .for_postmaster = for_postmaster,
        .attached = attached, .failed = job->kind->failed,
        .is_retried = job->kind == &delay,
        /* What was delayed until now, by its log, has failed. */
        .action = job->kind == &failure ? "failed" : NULL,
    };

    return send_report(&report, log_word);
}

/* The original has no sender to tell: a notice came back. */
static bool tell_double_bounce(struct job *job)
{
    if (job->kind != &failure || !class_is_on("2bounce"))
        return true;
    return send_one(job, notify_params.double_bounce_notice_recipient,
                    double_bounce_address(job->arena), true,
                    ATTACH_MESSAGE, job->kind->log_word);
}

static const char *postmaster_of(const struct kind *kind)
{
    return kind == &delay ? notify_params.delay_notice_recipient
                          : notify_params.bounce_notice_recipient;
}

/* To the sender, as far as the sender wants to know, and a copy of all to the
 * postmaster. The copy is best effort: the sender's notice is the one that
 * counts. */
static bool tell_sender(struct job *job)
{
    const struct bounce_notify *m = job->message;
    enum attachment attached = job->kind->always_headers ||
                                       m->dsn_return == DSN_RET_HEADERS
                                   ? ATTACH_HEADERS
                                   : ATTACH_MESSAGE;

    if (job->wanted_count > 0 &&
        !send_one(job, m->sender, "", false, attached, job->kind->log_word))
        return false;
    if (job->kind->postmaster_class != NULL &&
        class_is_on(job->kind->postmaster_class) &&
        !send_one(job, postmaster_of(job->kind),
                  double_bounce_address(job->arena), true,
                  ATTACH_HEADERS, job->kind->log_word))
        log_warning("%s: the postmaster copy of the %s could not be sent",
                    m->queue_id, job->kind->log_word);
    return true;
}

static bool is_trace(const struct job *job)
{
    return job->kind == &success || job->kind == &end_of_delay ||
           job->kind == &verify;
}

static bool tell(struct job *job)
{
    const struct bounce_notify *m = job->message;
    const char *sender = m->sender;
    bool is_double =
        text_equal_nocase(sender, double_bounce_address(job->arena));

    if (job->all_count == 0)
        return true;
    if (is_trace(job) && (is_double || *sender == '\0')) {
        log_info("%s: not sending trace/success notification for "
                 "%s-bounce message",
                 m->queue_id, is_double ? "double" : "single");
        return true;
    }
    if (is_double) {
        log_warning("%s: undeliverable postmaster notification discarded",
                    m->queue_id);
        return true;
    }
    return *sender == '\0' ? tell_double_bounce(job) : tell_sender(job);
}

/* ---- after the notice ---- */

static void mark_recipients(const struct bounce_notify *m,
                            const struct log_entries *log)
{
    int fd = queue_dir_open(m->queue_name, m->queue_id, O_RDWR);

    if (fd < 0) {
        log_warning("%s: cannot mark bounced recipients as done: %s",
                    m->queue_id, strerror(errno));
        return;
    }
    for (size_t i = 0; i < log->count; i++)
        if (log->items[i].offset > 0 &&
            !record_mark(fd, log->items[i].offset, REC_DONE))
            log_warning("%s: cannot mark a bounced recipient as done",
                        m->queue_id);
    close(fd);
}

static bool notify(const char *log, const struct bounce_notify *m,
                   const struct kind *kind, bool keep_log)
{
    enum log_result result;
    off_t position = 0;
    bool ok;

    do {
        struct job job = { .arena = arena_new(), .kind = kind, .message = m };
        struct log_entries entries;
        result = log_read(job.arena, log, m->queue_id, &position, &entries);
        choose(&job, &entries);
        ok = result != LOG_FAILED && tell(&job);
        if (ok && (m->flags & BOUNCE_FLAG_DELRCPT))
            mark_recipients(m, &entries);
        arena_free(job.arena);
    } while (ok && result == LOG_READ_PART);
    if (result == LOG_MISSING)
        log_warning("%s: there is no %s log to report from", m->queue_id, log);
    /* Whom it does not tell of, it must not remove either. */
    if (ok && result == LOG_READ && !keep_log)
        queue_log_remove(log, m->queue_id);
    return ok;
}

bool notify_flush(const char *log, const struct bounce_notify *m)
{
    return notify(log, m, &failure, false);
}

bool notify_warn(const char *log, const struct bounce_notify *m)
{
    return notify(log, m, &delay, true);
}

bool notify_trace(const char *log, const struct bounce_notify *m)
{
    if (m->trace_flags & (TRACE_USER_VERIFY | TRACE_RECORD))
        return notify(log, m, &verify, false);
    return notify(log, m,
                  m->trace_flags & TRACE_DELAY_CLEARED ? &end_of_delay
                                                       : &success,
                  false);
}

bool notify_one(const struct bounce_notify *m,
                const struct bounce_append *recipient)
{
    struct job job = { .arena = arena_new(), .kind = &failure, .message = m };
    struct bounce_append copy = *recipient;
    struct log_entries one = { &copy, 1 };

    choose(&job, &one);
    bool ok = tell(&job);
    arena_free(job.arena);
    return ok;
}

static bool tell_verp(struct arena *arena, const struct bounce_notify *m,
                      const struct bounce_append *recipient)
{
    struct bounce_notify each = *m;

    if (*m->sender != '\0')
        each.sender = verp_sender(arena, m->verp, m->sender,
                                  *recipient->original != '\0'
                                      ? recipient->original
                                      : recipient->recipient);
    return notify_one(&each, recipient);
}

/* A notice a recipient, to an address that names the recipient. */
bool notify_verp(const char *log, const struct bounce_notify *m)
{
    enum log_result result;
    off_t position = 0;
    bool ok;

    do {
        struct arena *arena = arena_new();
        struct log_entries entries;
        result = log_read(arena, log, m->queue_id, &position, &entries);
        ok = result != LOG_FAILED;
        for (size_t i = 0; ok && i < entries.count; i++)
            ok = tell_verp(arena, m, &entries.items[i]);
        if (ok && (m->flags & BOUNCE_FLAG_DELRCPT))
            mark_recipients(m, &entries);
        arena_free(arena);
    } while (ok && result == LOG_READ_PART);
    if (ok && result == LOG_READ)
        queue_log_remove(log, m->queue_id);
    return ok;
}
