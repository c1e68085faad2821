/* SPDX-License-Identifier: ISC
 *
 * cleanup.c - posting a message through the cleanup service.
 */
#include "client/cleanup.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "client/client.h"
#include "client/postdrop.h"
#include "mail/date.h"
#include "mail/record.h"

struct cleanup_post {
    struct ipc_client *client; /* taken from the pool; NULL: by postdrop */
    struct submission *submission; /* in <arena> */
    struct arena *arena;           /* owned; only by postdrop */
    char id[QUEUE_ID_SIZE];
    char *myhostname;          /* owned; only notices */
};

static struct ipc_pool *cleanup_pool;

static struct ipc_pool *pool(void)
{
    return client_pool(&cleanup_pool, "public",
                       client_setup()->cleanup_service);
}

struct cleanup_post *cleanup_post_open(int flags, struct error *why)
{
    struct ipc_client *client = ipc_pool_take(pool());
    struct cleanup_open request = { "cleanup_protocol", flags };
    struct cleanup_opened reply;
    struct arena *arena = arena_new();

    bool ok = ipc_call(client, arena, "open", cleanup_open, &request,
                       cleanup_opened, &reply, why) &&
              (queue_id_is_valid(reply.queue_id) ||
               error_set(why, "it cannot make a queue file"));
    if (!ok) {
        ipc_client_drop(client);
        ipc_pool_give_back(pool(), client);
        arena_free(arena);
        return NULL;
    }

    struct cleanup_post *post = mem_zalloc(sizeof *post);
    post->client = client;
    strncpy(post->id, reply.queue_id, sizeof post->id - 1);
    arena_free(arena);
    return post;
}

struct cleanup_post *cleanup_post_by_postdrop(struct error *why)
{
    struct arena *arena = arena_new();
    struct submission *submission = submission_open(arena, 0, why);

    if (submission == NULL) {
        arena_free(arena);
        return NULL;
    }
    struct cleanup_post *post = mem_zalloc(sizeof *post);
    post->submission = submission;
    post->arena = arena;
    strncpy(post->id, submission_id(submission), sizeof post->id - 1);
    return post;
}

bool cleanup_post_is_by_postdrop(const struct cleanup_post *post)
{
    return post->submission != NULL;
}

const char *cleanup_post_id(const struct cleanup_post *post)
{
    return post->id;
}

struct stream *cleanup_post_stream(struct cleanup_post *post)
{
    return post->submission != NULL ? submission_stream(post->submission)
                                    : post->client->stream;
}

static void post_free(struct cleanup_post *post)
{
    if (post->client != NULL)
        ipc_pool_give_back(pool(), post->client);
    arena_free(post->arena);
    free(post->myhostname);
    free(post);
}

static int finish_by_postdrop(struct cleanup_post *post, struct str *reason)
{
    struct str unwanted = STR_EMPTY;
    int status = submission_finish(post->submission, post->arena,
                                   reason != NULL ? reason : &unwanted);

    str_fini(&unwanted);
    return status;
}

static int finish_by_service(struct cleanup_post *post, struct str *reason)
{
    struct stream *stream = post->client->stream;
    struct cleanup_result result;
    struct arena *arena = arena_new();
    int status = CLEANUP_STAT_WRITE;

    if (reason != NULL)
        str_clear(reason);
    record_put(stream, REC_END, "", 0);
    if (stream_flush(stream) &&
        ipc_receive(stream, arena, cleanup_result, &result)) {
        status = (int)result.status;
        if (reason != NULL)
            str_set(reason, result.reason);
    } else {
        log_warning("%s: lost the cleanup service before it said that the "
                    "message is safe: %s",
                    post->id, stream_error_text(stream));
        ipc_client_drop(post->client);
    }
    arena_free(arena);
    return status;
}

int cleanup_post_finish(struct cleanup_post *post, struct str *reason)
{
    int status = post->submission != NULL ? finish_by_postdrop(post, reason)
                                          : finish_by_service(post, reason);

    post_free(post);
    return status;
}

void cleanup_post_cancel(struct cleanup_post *post)
{
    if (post == NULL)
        return;
    if (post->submission != NULL) {
        submission_cancel(post->submission);
    } else if (post->client->stream != NULL) {
        stream_abandon(post->client->stream);
        post->client->stream = NULL;
    }
    post_free(post);
}

/* The first row whose bit is set decides. */
static const struct cleanup_verdict verdicts[] = {
    { CLEANUP_STAT_BAD, 451, "4.3.0", "internal protocol error" },
    { CLEANUP_STAT_RCPT, 550, "5.1.0", "no recipients specified" },
    { CLEANUP_STAT_HOPS, 554, "5.4.0", "too many hops" },
    { CLEANUP_STAT_SIZE, 552, "5.3.4", "message file too big" },
    { CLEANUP_STAT_CONTENT, 550, "5.7.1", "message content rejected" },
    { CLEANUP_STAT_BARE_LF, 550, "5.5.2", "bare <LF> received" },
    { CLEANUP_STAT_NOPERM, 550, "5.7.1", "service denied" },
    { CLEANUP_STAT_DEFER, 451, "4.7.1", "service unavailable" },
    { CLEANUP_STAT_WRITE, 451, "4.3.0", "queue file write error" },
    { CLEANUP_STAT_PROXY, 451, "4.3.0", "queue file write error" },
};
static const struct cleanup_verdict no_verdict = {
    0, 451, "4.3.0", "unknown status"
};

const struct cleanup_verdict *cleanup_verdict(int status)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (status & verdicts[i].status)
            return &verdicts[i];
    return &no_verdict;
}

struct cleanup_post *cleanup_notice_open(const char *sender,
                                         const char *recipient, int flags,
                                         int trace_flags, int sender_options)
{
    const struct client_setup *setup = client_setup();
    struct error why = ERROR_NONE;
    struct cleanup_post *post = cleanup_post_open(flags, &why);
    if (post == NULL)
        return NULL;

    struct stream *out = cleanup_post_stream(post);
    struct timeval now = clock_wall();
    char date[64];

    if (sender_options != 0)
        record_putf(out, REC_SIZE, "%15d %15d %15d %15d %15d %15d", -1, -1, -1,
                    -1, -1, sender_options);
    record_putf(out, REC_TIME, "%ld %ld", (long)now.tv_sec,
                (long)now.tv_usec);
    record_put_text(out, REC_ATTR, "log_message_origin=local");
    if (trace_flags != 0)
        record_putf(out, REC_ATTR, "trace_flags=%d", trace_flags);
    record_put_text(out, REC_FROM, sender);
    record_put_text(out, REC_RCPT, recipient);
    record_put(out, REC_MESG, "", 0);
    cleanup_post_line(post, "Received: by %s (%s)", setup->myhostname,
                      setup->mail_name);
    cleanup_post_line(post, "\tid %s; %s", post->id,
                      date_format(now.tv_sec, date, sizeof date));
    return post;
}

int cleanup_utf8_flags(const char *origin)
{
    const char *classes = client_setup()->utf8_classes;

    return text_lists_word_nocase(classes, origin) ||
                   text_lists_word_nocase(classes, "all")
               ? CLEANUP_AUTOUTF8
               : 0;
}

int cleanup_notice_flags(const char *origin)
{
    bool is_filtered =
        text_lists_word_nocase(client_setup()->filter_classes, origin);

    return cleanup_utf8_flags(origin) |
           (is_filtered ? CLEANUP_FILTER | CLEANUP_MILTER : 0);
}

void cleanup_notice_address(struct cleanup_post *post, const char *header,
                            const char *name, const char *address,
                            const char *format)
{
    if (strcmp(format, "obsolete") == 0)
        cleanup_post_line(post, "%s: %s (%s)", header, address, name);
    else
        cleanup_post_line(post, "%s: %s <%s>", header, name, address);
}

/* Parts of a line may come from strangers, who shall not make two of it. */
void cleanup_post_line(struct cleanup_post *post, const char *format, ...)
{
    struct str line = STR_EMPTY;
    va_list args;

    va_start(args, format);
    str_vaddf(&line, format, args);
    va_end(args);
    for (char *c = line.data; (c = strpbrk(c, "\r\n")) != NULL;)
        *c = '?';
    record_put(cleanup_post_stream(post), REC_NORM, line.data, line.length);
    str_fini(&line);
}
