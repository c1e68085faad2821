/* SPDX-License-Identifier: ISC
 *
 * message_writer.c - a queue file from creation to commit.
 */
#include "mail/message_writer.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/io.h"

struct message_writer {
    char id[QUEUE_ID_SIZE];
    char *queue;            /* owned */
    struct stream *out;     /* owned */
    struct timeval created;
    bool committed;
};

struct message_writer *message_writer_create(const char *queue, mode_t mode,
                                             struct error *why)
{
    struct message_writer *writer = mem_zalloc(sizeof *writer);

    int fd = queue_dir_create(queue, mode, writer->id, &writer->created);
    if (fd < 0) {
        int saved = errno;
        error_set(why, "create file in queue %s: %s", queue, strerror(saved));
        free(writer);
        errno = saved;
        return NULL;
    }
    writer->queue = mem_strdup(queue);
    writer->out = stream_open_file(fd);
    return writer;
}

const char *message_writer_id(const struct message_writer *writer)
{
    return writer->id;
}

const char *message_writer_queue(const struct message_writer *writer)
{
    return writer->queue;
}

struct stream *message_writer_stream(struct message_writer *writer)
{
    return writer->out;
}

struct timeval message_writer_created(const struct message_writer *writer)
{
    return writer->created;
}

/* The name must be as durable as the data. */
static bool sync_folder(const struct message_writer *writer, struct error *why)
{
    struct str path = STR_EMPTY;

    queue_dir_path(&path, writer->queue, writer->id);
    bool synced = file_sync_folder(path.data, why);
    /* Users may write to the maildrop folder and not read it. */
    if (!synced && errno == EACCES)
        synced = syncfs(stream_fd(writer->out)) == 0;
    int saved = errno;
    str_fini(&path);
    errno = saved;
    return synced;
}

/* The disk takes its time, in which other sessions of this process go on. */
struct sync {
    int fd;
    int error;
};

/* On a busy machine those who are about to sync their own files go first: one
 * commit of the journal, and one flush of the disk, is then for them all. With
 * nobody waiting for a CPU it costs nothing. */
static void sync_now(void *argument)
{
    struct sync *sync = argument;

    sched_yield();
    sync->error = fsync(sync->fd) == 0 ? 0 : errno;
}

static bool sync_to_disk(int fd)
{
    struct sync sync = { .fd = fd };

    offload(sync_now, &sync);
    errno = sync.error;
    return sync.error == 0;
}

static bool failed(const struct message_writer *writer, const char *what,
                   struct error *why)
{
    int saved = errno;

    error_set(why, "%s: %s queue file: %s", writer->id, what, strerror(saved));
    errno = saved;
    return false;
}

/* The time goes first: a file that is ready must not be looked at before its
 * time has come. */
bool message_writer_commit(struct message_writer *writer, mode_t extra,
                           time_t mtime, struct error *why)
{
    int fd = stream_fd(writer->out);
    struct timespec times[2] = { { mtime, 0 }, { mtime, 0 } };

    if (!stream_flush(writer->out)) {
        errno = stream_errno(writer->out);
        return failed(writer, "write", why);
    }
    if (mtime != 0 && futimens(fd, times) != 0)
        return failed(writer, "set time of", why);
    if (fchmod(fd, S_IRWXU | extra) != 0)
        return failed(writer, "change mode of", why);
    if (!sync_to_disk(fd))
        return failed(writer, "sync", why);
    if (!file_sync_carries_name(fd) && !sync_folder(writer, why))
        return false;
    writer->committed = true;
    return true;
}

bool message_writer_move(struct message_writer *writer, const char *queue,
                         struct error *why)
{
    if (!queue_dir_move(writer->id, writer->queue, queue))
        return failed(writer, "move", why);
    free(writer->queue);
    writer->queue = mem_strdup(queue);
    return true;
}

void message_writer_free(struct message_writer *writer)
{
    if (writer == NULL)
        return;
    if (!writer->committed)
        queue_dir_remove(writer->queue, writer->id);
    stream_abandon(writer->out);
    free(writer->queue);
    free(writer);
}
