/* SPDX-License-Identifier: ISC
 *
 * queue.c - all messages of one queue, read by several threads at a time.
 *
 * To list a message takes two small files; with many messages it is the
 * kernel that has the work, of which each thread brings it another share.
 * Messages are taken in batches, kept in memory, and sent in the order in
 * which they were found. One that has too many recipients for that is read
 * once more, straight to the client, when it is its turn.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "mail/queue_dir.h"
#include "showq.h"

enum { READERS = 4, BATCH = 256, WORTH_A_THREAD = 16 };

struct job {
    struct str path;    /* of the queue file */
    size_t id_at;       /* where its name begins there */
    struct stream *out; /* owned; what there is to say */
};

struct batch {
    const char *queue;
    bool has_bounces;
    struct job jobs[BATCH];
    size_t count;
    atomic_size_t next; /* job that nobody has taken */
};

void say_unreadable(const char *folder, const char *id, int reason)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&one_at_a_time);
    log_warning("open %s %s: %s", folder, id, strerror(reason));
    pthread_mutex_unlock(&one_at_a_time);
}

static void list_job(const struct batch *batch, const struct job *job,
                     struct stream *out)
{
    list_message(out, batch->queue, job->path.data + job->id_at,
                 job->path.data, batch->has_bounces);
}

static void *read_some(void *argument)
{
    struct batch *batch = argument;
    size_t i;

    while ((i = atomic_fetch_add(&batch->next, 1)) < batch->count)
        list_job(batch, &batch->jobs[i], batch->jobs[i].out);
    return NULL;
}

/* Signals are for the process's own thread. Returns how many there are. */
static int start_helpers(struct batch *batch, pthread_t *helpers, int wanted)
{
    sigset_t all, old;
    int count = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (count < wanted &&
           pthread_create(&helpers[count], NULL, read_some, batch) == 0)
        count++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return count;
}

static void read_batch(struct batch *batch)
{
    pthread_t helpers[READERS - 1];
    size_t worth = batch->count / WORTH_A_THREAD;

    atomic_store(&batch->next, 0);
    int count = start_helpers(batch, helpers,
                              worth < READERS - 1 ? (int)worth : READERS - 1);
    read_some(batch);
    for (int i = 0; i < count; i++)
        pthread_join(helpers[i], NULL);
}

static void send_batch(const struct batch *batch, struct stream *client)
{
    for (size_t i = 0; i < batch->count && !stream_failed(client); i++) {
        const struct job *job = &batch->jobs[i];
        const struct str *text = stream_memory(job->out);
        if (listing_is_too_long(job->out))
            list_job(batch, job, client);
        else
            stream_put_bytes(client, text->data, text->length);
    }
}

/* False: there are no more. */
static bool fill_batch(struct batch *batch, struct queue_scan *scan)
{
    for (batch->count = 0; batch->count < BATCH; batch->count++) {
        struct job *job = &batch->jobs[batch->count];
        const char *id = queue_scan_next(scan, &job->path);
        if (id == NULL)
            break;
        job->id_at = job->path.length - strlen(id);
        job->out = stream_open_memory(NULL, 0);
    }
    return batch->count > 0;
}

static void empty_batch(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        stream_close(batch->jobs[i].out);
}

/* Logs of bounces do not live long, while deferred messages may be many. */
static bool has_any(const char *queue)
{
    struct queue_scan *scan = queue_scan_open(queue);
    bool any = queue_scan_next(scan, NULL) != NULL ||
               queue_scan_failed(scan, NULL);

    queue_scan_close(scan);
    return any;
}

bool list_queue(struct stream *client, const char *queue)
{
    struct error why = ERROR_NONE;
    struct batch *batch = mem_zalloc(sizeof *batch);
    struct queue_scan *scan = queue_scan_open(queue);

    batch->queue = queue;
    batch->has_bounces = has_any("bounce");
    while (!stream_failed(client) && fill_batch(batch, scan)) {
        read_batch(batch);
        send_batch(batch, client);
        empty_batch(batch);
    }
    for (size_t i = 0; i < BATCH; i++)
        str_fini(&batch->jobs[i].path);
    bool complete = !queue_scan_failed(scan, &why);
    if (!complete)
        log_warning("%s", why.text);
    queue_scan_close(scan);
    free(batch);
    return complete;
}
