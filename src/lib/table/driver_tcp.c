/* SPDX-License-Identifier: ISC
 *
 * driver_tcp.c - tcp:host:port, lookups by lines of text.
 *
 * Request "get key"; reply "200 value", "400 reason" (later) or "500 text"
 * (not found). Keys and values have %XX for white space, '%' and what cannot
 * be printed.
 */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/text.h"
#include "internal.h"
#include "remote.h"

enum { TIMEOUT_S = 100, MAX_LINE = 4096, ATTEMPTS = 10, PAUSE_MS = 1000 };

struct tcp_table {
    char *where;           /* owned */
    struct remote *server; /* owned */
};

static void tcp_close(void *instance)
{
    struct tcp_table *t = instance;

    remote_free(t->server);
    free(t->where);
    free(t);
}

static void *tcp_open(const char *name, const struct table_options *options,
                      struct error *why)
{
    if (options->mode != TABLE_READ) {
        error_set(why, "tcp:%s map requires O_RDONLY access mode", name);
        return NULL;
    }
    struct tcp_table *t = mem_zalloc(sizeof(*t));
    t->where = mem_strdup(name);
    t->server = remote_new(name, TIMEOUT_S, 0, 0, why);
    if (t->server != NULL)
        return t;
    tcp_close(t);
    return NULL;
}

static void encode(struct str *out, const char *text)
{
    for (; *text != 0; text++) {
        unsigned char c = *text;
        if (c <= ' ' || c >= 127 || c == '%')
            str_addf(out, "%%%02X", c);
        else
            str_add_char(out, c);
    }
}

static bool decode(struct str *out, const char *text)
{
    struct str byte = STR_EMPTY;
    bool good = true;

    str_clear(out);
    while (good && *text != 0) {
        if (*text != '%') {
            str_add_char(out, *text++);
            continue;
        }
        good = text[1] != 0 && text[2] != 0 &&
               hex_decode(&byte, text + 1, 2, false);
        if (good)
            str_add_bytes(out, byte.data, byte.length);
        text += good ? 3 : 0;
        str_clear(&byte);
    }
    str_fini(&byte);
    return good;
}

static bool exchange(struct tcp_table *t, const char *request,
                     struct str *reply, struct error *why)
{
    struct stream *stream = remote_stream(t->server, why);

    if (stream == NULL) {
        log_warning("connect to TCP map %s: %s", t->where, why->text);
        return false;
    }
    stream_put(stream, request);
    if (stream_flush(stream) && stream_get_until(stream, '\n', MAX_LINE, reply))
        return true;
    error_set(why, "%s", stream_error_text(stream));
    /* A connection that was idle may just have been closed. */
    if (!remote_is_reused(t->server))
        log_warning("read TCP map reply from %s: %s", t->where, why->text);
    remote_drop(t->server);
    return false;
}

static bool ask_server(struct tcp_table *t, const char *request,
                       struct str *reply, struct error *why)
{
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
        if (exchange(t, request, reply, why))
            return true;
        if (attempt < ATTEMPTS && !remote_is_reused(t->server))
            clock_sleep_ms(PAUSE_MS);
    }
    return false;
}

/* A value would end there for some of those who use it. */
static bool has_nul(const struct str *text)
{
    return memchr(text->data, 0, text->length) != NULL;
}

static enum answer bad_reply(struct tcp_table *t, const char *reply,
                             struct error *why)
{
    log_warning("bad TCP map %s reply: %.100s", t->where, reply);
    error_set(why, "malformed reply from server");
    remote_drop(t->server);
    return FAILED;
}

static enum answer parse_reply(struct tcp_table *t, const char *reply,
                               struct str *value, struct error *why)
{
    struct str text = STR_EMPTY;
    enum answer answer;

    if (strlen(reply) < 4 || !text_is_space((unsigned char)reply[3]) ||
        !decode(&text, reply + 4) || has_nul(&text)) {
        answer = bad_reply(t, reply, why);
    } else if (*reply == '2') {
        str_swap(value, &text);
        answer = FOUND;
    } else if (*reply == '5') {
        answer = ABSENT;
    } else if (*reply == '4') {
        error_set(why, "%s", text.data);
        answer = FAILED;
    } else {
        answer = bad_reply(t, reply, why);
    }
    str_fini(&text);
    return answer;
}

static enum answer tcp_get(void *instance, const char *key, struct str *value,
                           struct error *why)
{
    struct tcp_table *t = instance;
    struct str request = STR_EMPTY;
    struct str reply = STR_EMPTY;
    enum answer answer = FAILED;

    str_set(&request, "get ");
    encode(&request, key);
    str_add_char(&request, '\n');
    if (ask_server(t, request.data, &reply, why)) {
        while (reply.length > 0 &&
               text_is_space((unsigned char)reply.data[reply.length - 1]))
            str_truncate(&reply, reply.length - 1);
        answer = has_nul(&reply) ? bad_reply(t, reply.data, why)
                                 : parse_reply(t, reply.data, value, why);
    }
    str_fini(&reply);
    str_fini(&request);
    return answer;
}

const struct table_driver driver_tcp = {
    .type = "tcp",
    .can = TABLE_IS_PATTERN | TABLE_CAN_WAIT | TABLE_IS_UNAUTH |
           TABLE_ASKS_SERVER,
    .open = tcp_open,
    .get = tcp_get,
    .close = tcp_close,
};
