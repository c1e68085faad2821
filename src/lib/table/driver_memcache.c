/* SPDX-License-Identifier: ISC
 *
 * driver_memcache.c - memcache:/file.cf, a table in a memcached server, as a
 * rule in front of a slower table that outlives it (backup).
 *
 * The server has what is asked for often; what it lacks is asked of the
 * backup and then stored there. Changes go to the backup first. With a backup,
 * a failure of the server costs time only.
 */

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/library.h"
#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "config.h"
#include "remote.h"
#include "settings.h"
#include "template.h"

#define OPENSSL_FUNCTIONS(FUNCTION) \
    FUNCTION(EVP_Digest) FUNCTION(EVP_get_digestbyname)
LIBRARY(openssl, LIBRARY_OPENSSL, OPENSSL_FUNCTIONS)

enum { MAX_KEY = 250 }; /* what memcached takes */

struct memcache {
    char *table;               /* owned; "memcache:/etc/x.cf" */
    struct settings *settings; /* owned */
    struct remote *server;     /* owned */
    struct table *backup;      /* owned; NULL: none */
    struct template_rules rules;
    const EVP_MD *digest;      /* NULL: keys as they are */
    const char *where, *backup_name, *key_format, *key_digest, *domain;
    long flags, ttl, data_size_limit, line_size_limit, max_try, retry_pause,
        timeout;
};

#define TEXT(name, member, fallback, min)                              \
    { name, SETTING_TEXT, offsetof(struct memcache, member), fallback, \
      min, 0 }
#define NUMBER(name, member, fallback, min)                           \
    { name, SETTING_INT, offsetof(struct memcache, member), fallback, \
      min, 0 }

static const struct setting settings[] = {
    TEXT("memcache", where, "inet:localhost:11211", 0),
    TEXT("backup", backup_name, "", 0),
    TEXT("key_format", key_format, "%s", 0),
    TEXT("key_digest", key_digest, "", 0),
    TEXT("domain", domain, "", 0),
    NUMBER("flags", flags, "0", 0),
    NUMBER("ttl", ttl, "3600", 0),
    NUMBER("data_size_limit", data_size_limit, "10240", 1),
    NUMBER("line_size_limit", line_size_limit, "1024", 1),
    NUMBER("max_try", max_try, "2", 1),
    NUMBER("retry_pause", retry_pause, "1", 1),
    NUMBER("timeout", timeout, "2", 0),
};

/* ---- Open and close ---- */

static void memcache_close(void *instance)
{
    struct memcache *m = instance;

    table_close(m->backup);
    remote_free(m->server);
    template_rules_fini(&m->rules);
    settings_close(m->settings);
    free(m->table);
    free(m);
}

static bool set_rules(struct memcache *m, const char *source,
                      struct error *why)
{
    m->rules = (struct template_rules){
        .table = m->table,
        .source = source,
        .result_format = "%s",
        .domain = m->domain,
    };
    if (*m->key_digest != 0 && !openssl_load(why))
        return false;
    if (*m->key_digest != 0)
        m->digest = openssl.EVP_get_digestbyname(m->key_digest);
    if (*m->key_digest != 0 && m->digest == NULL)
        return error_set(why, "%s: key_digest: there is no digest \"%s\"",
                         m->table, m->key_digest);
    return template_check(m->key_format, false, source, "key_format",
                          &m->rules.needs, why) &&
           template_rules_init(&m->rules, why);
}

static bool connect_parts(struct memcache *m,
                          const struct table_options *options,
                          struct error *why)
{
    if (!text_has_prefix(m->where, "inet:") &&
        !text_has_prefix(m->where, "unix:"))
        return error_set(why, "need service transport:endpoint instead of "
                              "\"%s\"",
                         m->where);
    m->server = remote_new(m->where, (int)m->timeout, 0, 0, why);
    if (m->server == NULL)
        return false;
    if (*m->backup_name != 0)
        m->backup = table_open_inner(m->backup_name, options, why);
    return *m->backup_name == 0 || m->backup != NULL;
}

static void *memcache_open(const char *name,
                           const struct table_options *options,
                           struct error *why)
{
    if (options->mode == TABLE_CREATE) {
        error_set(why,
                  "memcache:%s map requires O_RDONLY or O_RDWR access mode",
                  name);
        return NULL;
    }
    struct memcache *m = mem_zalloc(sizeof(*m));
    m->table = mem_printf("memcache:%s", name);
    m->settings = table_settings_open(name, why);
    if (m->settings != NULL &&
        settings_load(m->settings, settings,
                      sizeof(settings) / sizeof(settings[0]), m, why) &&
        set_rules(m, name, why) && connect_parts(m, options, why))
        return m;
    memcache_close(m);
    return NULL;
}

static unsigned memcache_can(void *instance)
{
    const struct memcache *m = instance;

    return TABLE_CAN_WAIT | TABLE_IS_UNAUTH | TABLE_CAN_WRITE |
           TABLE_IS_SHARED_WRITE |
           (m->backup != NULL ? table_can(m->backup) & TABLE_CAN_WALK : 0) |
           (m->rules.needs.partial ? TABLE_IS_PATTERN : 0);
}

/* ---- Keys ---- */

static void replace_by_digest(const EVP_MD *digest, struct str *key)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    openssl.EVP_Digest(key->data, key->length, sum, &length, digest, NULL);
    hex_encode(key, sum, length, false);
    text_lower(key->data);
}

/* A blank would end the key, a line break the command: what follows would be
 * another key or command, of a stranger's choice. */
static bool is_safe(const struct str *key)
{
    for (size_t i = 0; i < key->length; i++) {
        unsigned char c = key->data[i];
        if (c <= ' ' || c == 127)
            return false;
    }
    return key->length > 0 && key->length <= MAX_KEY;
}

/* FOUND: <out> is what the server calls <key>. ABSENT: it cannot have it, and
 * <why> tells why. */
static enum answer make_key(struct memcache *m, const char *key,
                            struct str *out, struct error *why)
{
    enum answer answer = template_rules_admit(&m->rules, key, why);

    if (answer == ABSENT)
        error_set(why, "%s: key \"%s\": domain mismatch or incomplete key -- "
                       "ignored",
                  m->table, key);
    if (answer != FOUND)
        return answer;
    template_expand(out, m->key_format, key, NULL, NULL, NULL);
    if (m->digest != NULL)
        replace_by_digest(m->digest, out);
    if (is_safe(out))
        return FOUND;
    error_set(why, "%s: key \"%s\" is too long, empty, or has blanks or "
                   "control characters -- ignored",
              m->table, key);
    return ABSENT;
}

/* ---- The protocol ---- */

struct exchange {
    const char *command; /* without its line break */
    const char *data;    /* NULL: none */
    struct str line;     /* of the reply */
    struct str value;    /* in the reply */
    bool has_value;
};

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
    const char *key = x->command + sizeof(get) - 1;
    const char *theirs = x->line.data + sizeof(value) - 1;
    size_t length;

    if (!text_has_prefix(x->command, get))
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
    stream_putf(stream, "%s\r\n", x->command);
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

static void exchange_fini(struct exchange *x)
{
    str_fini(&x->line);
    str_fini(&x->value);
}

static enum answer cache_get(struct memcache *m, const char *key,
                             struct str *value, struct error *why)
{
    struct str command = STR_EMPTY;
    struct exchange x = { .line = STR_EMPTY, .value = STR_EMPTY };
    enum answer answer = FAILED;

    str_setf(&command, "get %s", key);
    x.command = command.data;
    if (exchange(m, &x, why))
        answer = judge(m, &x, "END", NULL, why);
    if (answer == FOUND && !x.has_value)
        answer = ABSENT;
    if (answer == FOUND)
        str_swap(&x.value, value);
    exchange_fini(&x);
    str_fini(&command);
    return answer;
}

static enum answer cache_put(struct memcache *m, const char *key,
                             const char *value, struct error *why)
{
    struct str command = STR_EMPTY;
    struct exchange x = { .data = value,
                          .line = STR_EMPTY,
                          .value = STR_EMPTY };
    enum answer answer = FAILED;

    if (strlen(value) > (size_t)m->data_size_limit) {
        error_set(why, "database %s: data for key %s is too long "
                       "(data_size_limit=%ld) -- not stored",
                  m->table, key, m->data_size_limit);
        log_warning("%s", why->text);
        return FAILED;
    }
    str_setf(&command, "set %s %ld %ld %zu", key, m->flags, m->ttl,
             strlen(value));
    x.command = command.data;
    if (exchange(m, &x, why))
        answer = judge(m, &x, "STORED", NULL, why);
    exchange_fini(&x);
    str_fini(&command);
    return answer;
}

static enum answer cache_del(struct memcache *m, const char *key,
                             struct error *why)
{
    struct str command = STR_EMPTY;
    struct exchange x = { .line = STR_EMPTY, .value = STR_EMPTY };
    enum answer answer = FAILED;

    str_setf(&command, "delete %s", key);
    x.command = command.data;
    if (exchange(m, &x, why))
        answer = judge(m, &x, "DELETED", "NOT_FOUND", why);
    exchange_fini(&x);
    str_fini(&command);
    return answer;
}

/* ---- The functions of a driver ---- */

static enum answer from_backup(const struct memcache *m, enum answer answer,
                               struct error *why)
{
    if (answer == FAILED)
        error_set(why, "%s", table_error(m->backup));
    return answer;
}

static enum answer memcache_get(void *instance, const char *key,
                                struct str *value, struct error *why)
{
    struct memcache *m = instance;
    struct str name = STR_EMPTY;
    enum answer usable = make_key(m, key, &name, why);
    enum answer answer = usable;

    if (usable == FOUND)
        answer = cache_get(m, name.data, value, why);
    if (usable != FAILED && answer != FOUND && m->backup != NULL) {
        bool can_store = usable == FOUND && answer == ABSENT;
        answer = from_backup(m, table_get(m->backup, key, value), why);
        if (answer == FOUND && can_store)
            cache_put(m, name.data, value->data, why);
    }
    str_fini(&name);
    return answer;
}

static enum answer memcache_put(void *instance, const char *key,
                                const char *value, struct error *why)
{
    struct memcache *m = instance;
    struct str name = STR_EMPTY;
    enum answer answer = make_key(m, key, &name, why);

    if (m->backup != NULL && answer != FAILED) {
        enum answer stored = table_put(m->backup, key, value);
        if (stored == FOUND && answer == FOUND)
            cache_put(m, name.data, value, why);
        answer = from_backup(m, stored, why);
    } else if (answer == FOUND) {
        answer = cache_put(m, name.data, value, why);
    }
    str_fini(&name);
    return answer;
}

static enum answer memcache_del(void *instance, const char *key,
                                struct error *why)
{
    struct memcache *m = instance;
    struct str name = STR_EMPTY;
    enum answer answer = make_key(m, key, &name, why);

    if (m->backup != NULL && answer != FAILED) {
        enum answer deleted = table_del(m->backup, key);
        /* Else the cache would keep alive what is gone. */
        if (answer == FOUND)
            cache_del(m, name.data, why);
        answer = from_backup(m, deleted, why);
    } else if (answer == FOUND) {
        answer = cache_del(m, name.data, why);
    }
    str_fini(&name);
    return answer;
}

static enum answer memcache_next(void *instance, bool first, struct str *key,
                                 struct str *value, struct error *why)
{
    struct memcache *m = instance;

    if (m->backup != NULL)
        return from_backup(m, table_next(m->backup, first, key, value), why);
    error_set(why,
              "database %s: first/next support requires backup database",
              m->table);
    log_warning("%s", why->text);
    return FAILED;
}

static bool memcache_commit(void *instance, struct error *why)
{
    struct memcache *m = instance;

    if (m->backup == NULL || table_commit(m->backup))
        return true;
    return error_set(why, "%s", table_error(m->backup));
}

const struct table_driver driver_memcache = {
    .type = "memcache",
    .can = TABLE_CAN_WRITE | TABLE_CAN_WALK | TABLE_CAN_WAIT |
           TABLE_IS_UNAUTH | TABLE_ASKS_SERVER | TABLE_HAS_SETTINGS,
    .open = memcache_open,
    .get = memcache_get,
    .put = memcache_put,
    .del = memcache_del,
    .next = memcache_next,
    .instance_can = memcache_can,
    .commit = memcache_commit,
    .close = memcache_close,
};
