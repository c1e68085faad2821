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

#include "base/hex.h"
#include "base/library.h"
#include "base/log.h"
#include "base/text.h"
#include "config.h"
#include "memcache_private.h"

#define OPENSSL_FUNCTIONS(FUNCTION) \
    FUNCTION(EVP_Digest) FUNCTION(EVP_get_digestbyname)
LIBRARY(openssl, LIBRARY_OPENSSL, OPENSSL_FUNCTIONS)

enum { MAX_KEY = 250 }; /* what memcached takes */

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
        answer = memcache_fetch(m, name.data, value, why);
    if (usable != FAILED && answer != FOUND && m->backup != NULL) {
        bool can_store = usable == FOUND && answer == ABSENT;
        answer = from_backup(m, table_get(m->backup, key, value), why);
        if (answer == FOUND && can_store)
            memcache_store(m, name.data, value->data, why);
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
            memcache_store(m, name.data, value, why);
        answer = from_backup(m, stored, why);
    } else if (answer == FOUND) {
        answer = memcache_store(m, name.data, value, why);
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
            memcache_forget(m, name.data, why);
        answer = from_backup(m, deleted, why);
    } else if (answer == FOUND) {
        answer = memcache_forget(m, name.data, why);
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
