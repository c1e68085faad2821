/* SPDX-License-Identifier: ISC
 *
 * driver_socketmap.c - socketmap:inet:host:port:name and
 * socketmap:unix:/path:name, lookups by netstrings.
 *
 * Request "name key"; reply "OK data", "NOTFOUND", "TEMP reason", "TIMEOUT
 * reason" or "PERM reason".
 */

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "internal.h"
#include "remote.h"

enum { TIMEOUT_S = 100, IDLE_S = 10, LIFE_S = 100, MAX_DIGITS = 10 };

struct socketmap {
    char *table;           /* owned; the type and name, for messages */
    char *name;            /* owned; what the server is asked for */
    struct remote *server; /* owned */
    size_t max_query, max_reply;
};

static void socketmap_close(void *instance)
{
    struct socketmap *m = instance;

    remote_free(m->server);
    free(m->name);
    free(m->table);
    free(m);
}

static void *socketmap_open(const char *name,
                            const struct table_options *options,
                            struct error *why)
{
    const char *colon = strrchr(name, ':');

    if (options->mode != TABLE_READ) {
        error_set(why, "socketmap:%s map requires O_RDONLY access mode", name);
        return NULL;
    }
    if (colon == NULL || colon == name || colon[1] == 0) {
        error_set(why, "socketmap requires server:socketmap argument");
        return NULL;
    }
    struct socketmap *m = mem_zalloc(sizeof(*m));
    char *server = mem_strndup(name, colon - name);
    m->table = mem_printf("socketmap:%s", name);
    m->name = mem_strdup(colon + 1);
    m->max_query = options->setup->socketmap_max_query_size;
    m->max_reply = options->setup->socketmap_max_reply_size;
    m->server = remote_new(server, TIMEOUT_S, IDLE_S, LIFE_S, why);
    free(server);
    if (m->server != NULL)
        return m;
    socketmap_close(m);
    return NULL;
}

/* "length:bytes,". False if there was none. */
static bool read_netstring(struct stream *in, size_t max, struct str *out,
                           struct error *why)
{
    unsigned long length;
    char comma;

    if (!stream_get_until(in, ':', MAX_DIGITS, out))
        return error_set(why, "%s", stream_error_text(in));
    if (!num_parse_ulong(out->data, 10, &length) || length > max)
        return error_set(why, "bad netstring length \"%s\"", out->data);
    str_clear(out);
    str_reserve(out, length + 1);
    if (!stream_get_bytes(in, out->data, length) ||
        !stream_get_bytes(in, &comma, 1))
        return error_set(why, "%s", stream_error_text(in));
    out->data[length] = 0;
    out->length = length;
    if (comma != ',')
        return error_set(why, "bad netstring terminator");
    return memchr(out->data, 0, length) == NULL ||
           error_set(why, "null character in the reply");
}

static bool exchange(struct stream *stream, const struct str *query,
                     const struct socketmap *m, struct str *reply,
                     struct error *why)
{
    stream_putf(stream, "%zu:", query->length);
    stream_put_bytes(stream, query->data, query->length);
    stream_put_char(stream, ',');
    if (!stream_flush(stream))
        return error_set(why, "%s", stream_error_text(stream));
    return read_netstring(stream, m->max_reply, reply, why);
}

/* An idle connection may have been closed by the server: a second try is made
 * on a new one. */
static bool ask_server(struct socketmap *m, const struct str *query,
                       struct str *reply, struct error *why)
{
    for (int attempt = 1;; attempt++) {
        struct stream *stream = remote_stream(m->server, why);
        if (stream == NULL) {
            log_warning("%s", why->text);
            return false;
        }
        bool was_reused = remote_is_reused(m->server);
        if (exchange(stream, query, m, reply, why))
            return true;
        remote_drop(m->server);
        if (!was_reused || attempt > 1)
            return false;
    }
}

static enum answer parse_reply(const struct socketmap *m, char *reply,
                               struct str *value, struct error *why)
{
    static const char *const refusals[] = { "TEMP", "TIMEOUT", "PERM" };
    char *text = reply + strcspn(reply, " ");

    if (*text != 0)
        *text++ = 0;
    if (strcmp(reply, "OK") == 0) {
        str_set(value, text);
        return FOUND;
    }
    if (strcmp(reply, "NOTFOUND") == 0)
        return ABSENT;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (strcmp(reply, refusals[i]) == 0) {
            log_warning("%s socketmap server reports %s error: %s", m->table,
                        reply, text);
            error_set(why, "%s: %s", reply, text);
            return FAILED;
        }
    log_warning("%s unexpected reply: %.100s", m->table, reply);
    error_set(why, "unexpected reply");
    return FAILED;
}

static enum answer socketmap_get(void *instance, const char *key,
                                 struct str *value, struct error *why)
{
    struct socketmap *m = instance;
    struct str query = STR_EMPTY;
    struct str reply = STR_EMPTY;
    enum answer answer = FAILED;

    str_setf(&query, "%s %s", m->name, key);
    if (query.length > m->max_query) {
        log_warning("table %s query too large: '%.100s...', returning 'not "
                    "found'",
                    m->table, query.data);
        answer = ABSENT;
    } else if (ask_server(m, &query, &reply, why)) {
        answer = parse_reply(m, reply.data, value, why);
    } else {
        log_warning("table %s lookup error: %s", m->table, why->text);
    }
    str_fini(&reply);
    str_fini(&query);
    return answer;
}

const struct table_driver driver_socketmap = {
    .type = "socketmap",
    .can = TABLE_IS_PATTERN | TABLE_CAN_WAIT | TABLE_IS_UNAUTH |
           TABLE_ASKS_SERVER,
    .open = socketmap_open,
    .get = socketmap_get,
    .close = socketmap_close,
};
