/* SPDX-License-Identifier: ISC
 *
 * memcache_protocol.c - a command to a memcached server and its reply: lines of
 * text, with a value of so many bytes behind "VALUE" and "set".
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "memcache_private.h"

struct exchange {
    struct str command; /* without its line break */
    const char *data;   /* NULL: none */
    struct str line;    /* of the reply */
    struct str value;   /* in the reply */
    bool has_value;
};
#define EXCHANGE_EMPTY { STR_EMPTY, NULL, STR_EMPTY, STR_EMPTY, false }

static bool broken(const struct memcache *m, struct stream *stream,
                   struct error *why)
{
    const char *reason = stream_error_text(stream);

    if (stream_state(stream) == STREAM_LIMIT)
        reason = "line is too long";
    return error_set(why, "%s: %s receiving memcache server reply", m->table,
                     reason);
}

static bool read_line(const struct memcache *m, struct stream *stream,
                      struct str *line, struct error *why)
{
    if (!stream_get_until(stream, '\n', m->line_size_limit, line))
        return broken(m, stream, why);
    if (line->length > 0 && line->data[line->length - 1] == '\r')
        str_truncate(line, line->length - 1);
    return true;
}

static bool unexpected(const struct memcache *m, const char *reply,
                       struct error *why)
{
    struct str shown = STR_EMPTY;

    str_setf(&shown, "%.100s", reply);
    error_set(why, "%s: unexpected memcache server reply: %s", m->table,
              text_printable(shown.data, '?', false));
    str_fini(&shown);
    return false;
}

/* Is it "VALUE", and the key of our "get"? Else it answers another question. */
static bool is_our_value(const struct exchange *x)
{
    static const char get[] = "get ", value[] = "VALUE ";
    const char *key = x->command.data + sizeof(get) - 1;
    const char *theirs = x->line.data + sizeof(value) - 1;
    size_t length;

    if (!text_has_prefix(x->command.data, get))
        return false;
    length = strlen(key);
    return strncmp(theirs, key, length) == 0 && theirs[length] == ' ';
}

/* "VALUE key flags length", the value, "END". */
static bool read_value(const struct memcache *m, struct stream *stream,
                       struct exchange *x, struct error *why)
{
    const char *at = strrchr(x->line.data, ' ');
    char end[2];
    long length;

    if (!is_our_value(x) ||
        !num_parse_long(at + 1, 0, m->data_size_limit, &length))
        return unexpected(m, x->line.data, why);
    str_clear(&x->value);
    str_reserve(&x->value, length + 1);
    if (!stream_get_bytes(stream, x->value.data, length) ||
        !stream_get_bytes(stream, end, sizeof(end)))
        return broken(m, stream, why);
    x->value.data[length] = 0;
    x->value.length = length;
    x->has_value = true;
    if (!read_line(m, stream, &x->line, why))
        return false;
    return (memcmp(end, "\r\n", 2) == 0 && strcmp(x->line.data, "END") == 0) ||
           unexpected(m, x->line.data, why);
}

static bool exchange_once(struct memcache *m, struct stream *stream,
                          struct exchange *x, struct error *why)
{
    stream_putf(stream, "%s\r\n", x->command.data);
    if (x->data != NULL)
        stream_putf(stream, "%s\r\n", x->data);
    if (!stream_flush(stream))
        return error_set(why, "%s: %s sending memcache command", m->table,
                         stream_error_text(stream));
    if (!read_line(m, stream, &x->line, why))
        return false;
    return !text_has_prefix(x->line.data, "VALUE ") ||
           read_value(m, stream, x, why);
}

/* False after a warning. A server that takes no connection is not asked
 * again. */
static bool exchange(struct memcache *m, struct exchange *x,
                     struct error *why)
{
    for (long attempt = 1;; attempt++) {
        struct stream *stream = remote_stream(m->server, why);
        if (stream == NULL)
            break;
        x->has_value = false;
        if (exchange_once(m, stream, x, why))
            return true;
        bool was_reused = remote_is_reused(m->server);
        remote_drop(m->server);
        if (attempt >= m->max_try)
            break;
        if (!was_reused)
            clock_sleep_ms((int64_t)m->retry_pause * 1000);
    }
    log_warning("%s", why->text);
    return false;
}

/* What a reply comes to. <absent> is NULL if there is no such reply. */
static enum answer judge(struct memcache *m, const struct exchange *x,
                         const char *found, const char *absent,
                         struct error *why)
{
    if (strcmp(x->line.data, found) == 0)
        return FOUND;
    if (absent != NULL && strcmp(x->line.data, absent) == 0)
        return ABSENT;
    unexpected(m, x->line.data, why);
    log_warning("%s", why->text);
    remote_drop(m->server);
    return FAILED;
}

/* An exchange, and what it comes to. */
static enum answer ask(struct memcache *m, struct exchange *x,
                       const char *found, const char *absent,
                       struct error *why)
{
    return exchange(m, x, why) ? judge(m, x, found, absent, why) : FAILED;
}

static void exchange_fini(struct exchange *x)
{
    str_fini(&x->command);
    str_fini(&x->line);
    str_fini(&x->value);
}

enum answer memcache_fetch(struct memcache *m, const char *key,
                           struct str *value, struct error *why)
{
    struct exchange x = EXCHANGE_EMPTY;

    str_setf(&x.command, "get %s", key);
    enum answer answer = ask(m, &x, "END", NULL, why);
    if (answer == FOUND && !x.has_value)
        answer = ABSENT;
    if (answer == FOUND)
        str_swap(&x.value, value);
    exchange_fini(&x);
    return answer;
}

enum answer memcache_store(struct memcache *m, const char *key,
                           const char *value, struct error *why)
{
    struct exchange x = EXCHANGE_EMPTY;

    if (strlen(value) > (size_t)m->data_size_limit) {
        error_set(why, "database %s: data for key %s is too long "
                       "(data_size_limit=%ld) -- not stored",
                  m->table, key, m->data_size_limit);
        log_warning("%s", why->text);
        return FAILED;
    }
    x.data = value;
    str_setf(&x.command, "set %s %ld %ld %zu", key, m->flags, m->ttl,
             strlen(value));
    enum answer answer = ask(m, &x, "STORED", NULL, why);
    exchange_fini(&x);
    return answer;
}

enum answer memcache_forget(struct memcache *m, const char *key,
                            struct error *why)
{
    struct exchange x = EXCHANGE_EMPTY;

    str_setf(&x.command, "delete %s", key);
    enum answer answer = ask(m, &x, "DELETED", "NOT_FOUND", why);
    exchange_fini(&x);
    return answer;
}
