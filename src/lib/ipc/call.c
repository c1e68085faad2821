/* SPDX-License-Identifier: ISC
 *
 * call.c - calling a service of the suite: connect, retry, time limit, idle
 * close.
 */
#include "ipc/call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sock.h"
#include "codec_private.h"

#define RETRY_PAUSE_MS 1000
#define HOPELESS_S     30 /* after a call that took all patience */
#define HOPELESS_MS    1000
#define MISSING_S      5 /* master makes all sockets before it starts anybody */

static char *folder; /* owned; NULL: the current directory */
static int patience_s; /* constant after start; 0: timeouts decide */

struct ipc_pool {
    struct ipc_client model;   /* its path is owned; never connected */
    struct idle_client *idle;  /* owned, the last used first */
    deadline_t hopeless_until; /* the service did not answer for long */
};

static pid_t parent; /* constant after start; 0: not needed */

void ipc_depend_on_parent(void)
{
    parent = getppid();
}

static bool is_orphan(void)
{
    return parent != 0 && getppid() != parent;
}

void ipc_set_patience(int seconds)
{
    patience_s = seconds;
}

void ipc_set_folder(const char *queue_directory)
{
    free(folder);
    folder = queue_directory == NULL ? NULL : mem_strdup(queue_directory);
}

static char *service_path(const char *class_name, const char *service)
{
    if (folder == NULL)
        return mem_printf("%s/%s", class_name, service);
    return mem_printf("%s/%s/%s", folder, class_name, service);
}

/* ---- one client ---- */

void ipc_client_init(struct ipc_client *client, const char *class_name,
                     const char *service, int timeout_s, int idle_s, int ttl_s)
{
    memset(client, 0, sizeof *client);
    client->path = service_path(class_name, service);
    client->timeout_s = timeout_s;
    client->idle_s = idle_s;
    client->ttl_s = ttl_s;
}

void ipc_client_fini(struct ipc_client *client)
{
    ipc_client_drop(client);
    free(client->path);
    client->path = NULL;
}

void ipc_client_drop(struct ipc_client *client)
{
    stream_abandon(client->stream);
    client->stream = NULL;
}

static deadline_t limit_of(int seconds)
{
    return seconds > 0 ? deadline_in_s(seconds) : DEADLINE_NEVER;
}

static void drop_if_old(struct ipc_client *client)
{
    if (client->stream == NULL)
        return;
    deadline_t now = clock_now();
    if (now >= client->idle_until || now >= client->ttl_until)
        ipc_client_drop(client);
}

static bool connect_client(struct ipc_client *client, deadline_t until,
                           struct error *why)
{
    int fd = sock_connect_unix(client->path, until, why);

    if (fd < 0)
        return error_prefix(why, "connect to %s", client->path);
    client->stream = stream_open_socket(fd);
    stream_set_timeout(client->stream, client->timeout_s);
    client->ttl_until = limit_of(client->ttl_s);
    return true;
}

struct stream *ipc_client_stream(struct ipc_client *client, struct error *why)
{
    drop_if_old(client);
    /* A server that went away has closed its end, or said something unasked. */
    if (client->stream != NULL && !sock_is_quiet(stream_fd(client->stream)))
        ipc_client_drop(client);
    if (client->stream == NULL &&
        !connect_client(client, limit_of(client->timeout_s), why))
        return NULL;
    client->idle_until = limit_of(client->idle_s);
    return client->stream;
}

/* ---- a call ---- */

struct call {
    struct arena *arena;
    const char *name;
    const struct ipc_schema *request_schema, *reply_schema;
    const void *request;
    void *reply;
};

static bool talk(struct stream *s, const struct call *call, struct error *why)
{
    if (ipc_has_descriptor(call->reply_schema))
        ipc_accept_descriptors(s);
    ipc_write_pair(s, "request", call->name);
    if (ipc_write(s, call->request_schema, call->request, true) &&
        ipc_read(s, call->arena, call->reply_schema, call->reply))
        return true;
    return error_set(
        why, "%s", stream_failed(s) ? stream_error_text(s) : "malformed reply");
}

static bool try_once(struct ipc_client *client, const struct call *call,
                     deadline_t until, struct error *why)
{
    if (client->stream == NULL && !connect_client(client, until, why))
        return false;
    stream_set_deadline(client->stream, until);
    bool ok = talk(client->stream, call, why);
    if (!ok) {
        ipc_client_drop(client);
        return false;
    }
    stream_set_deadline(client->stream, DEADLINE_NEVER);
    client->idle_until = limit_of(client->idle_s);
    return true;
}

static const char *service_of(const struct ipc_client *client)
{
    return strrchr(client->path, '/') + 1;
}

deadline_t ipc_call_deadline(int timeout_s)
{
    if (patience_s > 0 && (timeout_s <= 0 || timeout_s > patience_s))
        timeout_s = patience_s;
    return limit_of(timeout_s);
}

static deadline_t deadline_of_call(const struct ipc_client *client)
{
    if (client->pool != NULL && clock_now() < client->pool->hopeless_until)
        return deadline_in_ms(HOPELESS_MS);
    return ipc_call_deadline(client->timeout_s);
}

/* So that others who wait for us do not wait as long each time. */
static void note_outcome(struct ipc_client *client, bool ok)
{
    if (client->pool != NULL && patience_s > 0)
        client->pool->hopeless_until = ok ? 0 : deadline_in_s(HOPELESS_S);
}

/* A name that master.cf does not have; or master makes it anew, at a reload. */
static bool is_missing(const struct ipc_client *client)
{
    return access(client->path, F_OK) != 0 && errno == ENOENT;
}

static bool keep_trying(struct ipc_client *client, const struct call *call,
                        struct error *why)
{
    deadline_t until = deadline_of_call(client);
    deadline_t missing_until = deadline_in_s(MISSING_S);
    struct error trouble = ERROR_NONE;

    drop_if_old(client);
    /* A server may end while its client is idle: that is no trouble. */
    if (client->stream != NULL && try_once(client, call, until, &trouble))
        return true;
    for (bool first = true;; first = false) {
        if (try_once(client, call, until, &trouble))
            return true;
        bool over = clock_now() >= until - RETRY_PAUSE_MS || is_orphan() ||
                    (clock_now() >= missing_until && is_missing(client));
        if (first || over)
            log_warning("problem talking to service %s: %s", service_of(client),
                        trouble.text);
        if (over)
            return error_set(why, "%s", trouble.text);
        clock_sleep_ms(RETRY_PAUSE_MS);
    }
}

bool ipc_exchange(struct ipc_client *client, struct arena *arena,
                  const char *request_name,
                  const struct ipc_schema *request_schema, const void *request,
                  const struct ipc_schema *reply_schema, void *reply,
                  struct error *why)
{
    const struct call call = { arena,        request_name, request_schema,
                               reply_schema, request,      reply };
    bool ok = keep_trying(client, &call, why);

    note_outcome(client, ok);
    return ok;
}

/* ---- connections for many fibers ---- */

struct idle_client {
    struct ipc_client client; /* first: it is what the pool hands out */
    struct idle_client *next;
};

struct ipc_pool *ipc_pool_new(const char *class_name, const char *service,
                              int timeout_s, int idle_s, int ttl_s)
{
    struct ipc_pool *pool = mem_zalloc(sizeof *pool);

    ipc_client_init(&pool->model, class_name, service, timeout_s, idle_s,
                    ttl_s);
    return pool;
}

static void client_free(struct idle_client *client)
{
    ipc_client_fini(&client->client);
    free(client);
}

void ipc_pool_free(struct ipc_pool *pool)
{
    if (pool == NULL)
        return;
    while (pool->idle != NULL) {
        struct idle_client *client = pool->idle;
        pool->idle = client->next;
        client_free(client);
    }
    ipc_client_fini(&pool->model);
    free(pool);
}

static void drop_old_clients(struct ipc_pool *pool)
{
    deadline_t now = clock_now();

    for (struct idle_client **link = &pool->idle; *link != NULL;) {
        struct idle_client *client = *link;

        if (now < client->client.idle_until) {
            link = &client->next;
            continue;
        }
        *link = client->next;
        client_free(client);
    }
}

struct ipc_client *ipc_pool_take(struct ipc_pool *pool)
{
    drop_old_clients(pool);
    struct idle_client *client = pool->idle;
    if (client != NULL) {
        pool->idle = client->next;
        return &client->client;
    }
    client = mem_zalloc(sizeof *client);
    client->client = pool->model;
    client->client.path = mem_strdup(pool->model.path);
    client->client.pool = pool;
    return &client->client;
}

void ipc_pool_give_back(struct ipc_pool *pool, struct ipc_client *client)
{
    struct idle_client *idle = (struct idle_client *)client;

    if (client->stream == NULL) {
        client_free(idle);
        return;
    }
    idle->next = pool->idle;
    pool->idle = idle;
}

/* ---- triggers ---- */

/* What services of type fifo have. */
static bool write_fifo(const char *path, const void *bytes, size_t length,
                       struct error *why)
{
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, bytes, length) == (ssize_t)length;
    int reason = errno;

    if (fd >= 0)
        close(fd);
    errno = reason;
    return ok || error_set(why, "%s", strerror(reason));
}

/* The descriptor, which is the caller's, or -1. */
static int write_socket(const char *path, const void *bytes, size_t length,
                        deadline_t until, struct error *why)
{
    int fd = sock_connect_unix(path, until, why);

    if (fd < 0)
        return -1;
    struct stream *s = stream_open_socket(fd);
    stream_set_deadline(s, until);
    stream_put_bytes(s, bytes, length);
    if (stream_flush(s))
        return stream_detach(s);
    errno = stream_errno(s);
    error_set(why, "%s", stream_error_text(s));
    stream_close(s);
    return -1;
}

static bool is_fifo(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* Name the service in <why>, and free its path. */
static bool end_trigger(bool ok, char *path, struct error *why)
{
    int reason = errno;

    if (!ok)
        error_prefix(why, "connect to %s", path);
    free(path);
    errno = reason;
    return ok;
}

bool ipc_trigger(const char *class_name, const char *service, const void *bytes,
                 size_t length, int timeout_s, struct error *why)
{
    char *path = service_path(class_name, service);

    if (is_fifo(path))
        return end_trigger(write_fifo(path, bytes, length, why), path, why);
    int fd = write_socket(path, bytes, length, limit_of(timeout_s), why);
    if (fd >= 0)
        close(fd);
    return end_trigger(fd >= 0, path, why);
}

/* So short a line is taken whole or not at all. Not at all: the service has
 * gone, or is so busy that it had better see a client that waits. */
static bool write_kept(int *kept, const char *line, size_t length)
{
    if (*kept < 0)
        return false;
    if (send(*kept, line, length, MSG_DONTWAIT | MSG_NOSIGNAL) ==
        (ssize_t)length)
        return true;
    close(*kept);
    *kept = -1;
    return false;
}

bool ipc_trigger_line(int *kept, const char *class_name, const char *service,
                      const char *line, int timeout_s, struct error *why)
{
    size_t length = strlen(line);

    if (write_kept(kept, line, length))
        return true;
    char *path = service_path(class_name, service);
    if (is_fifo(path))
        return end_trigger(write_fifo(path, line, length, why), path, why);
    char *first = mem_printf("%c%s", IPC_TRIGGER_KEEP, line);
    int fd = write_socket(path, first, length + 1, limit_of(timeout_s), why);
    free(first);
    if (fd < 0)
        return end_trigger(false, path, why);
    if (*kept >= 0)
        close(*kept); /* made by another fiber while this one waited */
    *kept = fd;
    return end_trigger(true, path, why);
}
