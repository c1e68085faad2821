/* SPDX-License-Identifier: ISC
 *
 * driver_mongodb.c - mongodb:/file.cf, lookups in a collection of MongoDB.
 */

#include <mongoc/mongoc.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/library.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "config.h"
#include "settings.h"
#include "template.h"

#define MONGODB_FUNCTIONS(FUNCTION)                                           \
    FUNCTION(mongoc_init)                                                     \
    FUNCTION(mongoc_log_set_handler) FUNCTION(mongoc_uri_new_with_error)      \
        FUNCTION(mongoc_uri_destroy) FUNCTION(mongoc_client_new_from_uri)     \
            FUNCTION(mongoc_client_destroy)                                   \
                FUNCTION(mongoc_client_set_error_api)                         \
                    FUNCTION(mongoc_client_get_collection)                    \
                        FUNCTION(mongoc_collection_destroy)                   \
                            FUNCTION(mongoc_collection_find_with_opts)        \
                                FUNCTION(mongoc_cursor_next)                  \
                                    FUNCTION(mongoc_cursor_error)             \
                                        FUNCTION(mongoc_cursor_destroy)       \
    FUNCTION(bson_new)                                                        \
    FUNCTION(bson_new_from_json) FUNCTION(bson_destroy)                       \
        FUNCTION(bson_append_int32) FUNCTION(bson_append_document)            \
            FUNCTION(bson_iter_init) FUNCTION(bson_iter_next)                 \
                FUNCTION(bson_iter_key) FUNCTION(bson_iter_type)              \
                    FUNCTION(bson_iter_utf8) FUNCTION(bson_iter_int32)        \
                        FUNCTION(bson_iter_int64) FUNCTION(bson_iter_recurse)
LIBRARY(mongodb, LIBRARY_MONGODB, MONGODB_FUNCTIONS)

enum { ERROR_API = 2, MAX_NESTING = 10 };
/* Of the answer to one query, however many messages it comes in. */
enum { QUERY_LIMIT_S = 100, MAX_ANSWER = 4 << 20 };

struct mongodb_table {
    char *table; /* owned; "mongodb:/etc/x.cf" */
    struct settings *settings; /* owned */
    struct template_rules rules;
    const char *uri, *dbname, *collection, *query_filter, *projection;
    const char *result_attribute, *result_format, *domain;
    long expansion_limit;
    mongoc_uri_t *server;    /* owned */
    mongoc_client_t *client; /* owned; NULL: not made yet */
    bson_t *options;         /* owned; of a search */
};

#define TEXT(name, fallback, min)                                            \
    { #name, SETTING_TEXT, offsetof(struct mongodb_table, name), fallback,   \
      min, 0 }

static const struct setting settings[] = {
    TEXT(uri, "", 1),
    TEXT(dbname, "", 1),
    TEXT(collection, "", 1),
    TEXT(query_filter, "", 1),
    TEXT(projection, "", 0),
    TEXT(result_attribute, "", 0),
    TEXT(result_format, "%s", 1),
    TEXT(domain, "", 0),
    { "expansion_limit", SETTING_INT,
      offsetof(struct mongodb_table, expansion_limit), "10", 0, 100 },
};

/* ---- Settings ---- */

/* {"_id": 0, "attribute": 1, ...} */
static bson_t *project_attributes(struct mongodb_table *t)
{
    char **name = text_split(settings_arena(t->settings), t->result_attribute,
                             NULL, NULL);
    bson_t *projection = mongodb.bson_new();

    mongodb.bson_append_int32(projection, "_id", -1, 0);
    for (; *name != NULL; name++)
        mongodb.bson_append_int32(projection, *name, -1, 1);
    return projection;
}

static bool set_projection(struct mongodb_table *t, struct error *why)
{
    bson_error_t error = { 0 };
    bool has_projection = *t->projection != 0;

    if (has_projection == (*t->result_attribute != 0))
        return error_set(why, "%s: need either projection or "
                              "result_attribute, not both",
                         t->table);
    bson_t *projection =
        has_projection ? mongodb.bson_new_from_json(
                             (const uint8_t *)t->projection, -1, &error)
                       : project_attributes(t);
    if (projection == NULL)
        return error_set(why, "%s: bad projection \"%s\": %s", t->table,
                         t->projection, error.message);
    t->options = mongodb.bson_new();
    mongodb.bson_append_document(t->options, "projection", -1, projection);
    mongodb.bson_destroy(projection);
    return true;
}

static bool set_rules(struct mongodb_table *t, const char *source,
                      struct error *why)
{
    bson_error_t error = { 0 };

    t->rules = (struct template_rules){
        .table = t->table,
        .source = source,
        .result_format = t->result_format,
        .domain = t->domain,
        .expansion_limit = t->expansion_limit,
    };
    if (!template_check(t->query_filter, false, source, "query",
                        &t->rules.needs, why) ||
        !template_rules_init(&t->rules, why))
        return false;
    t->server = mongodb.mongoc_uri_new_with_error(t->uri, &error);
    return t->server != NULL ||
           error_set(why, "%s: bad uri: %s", t->table, error.message);
}

static void mongodb_table_close(void *instance)
{
    struct mongodb_table *t = instance;

    if (t->client != NULL)
        mongodb.mongoc_client_destroy(t->client);
    if (t->server != NULL)
        mongodb.mongoc_uri_destroy(t->server);
    if (t->options != NULL)
        mongodb.bson_destroy(t->options);
    template_rules_fini(&t->rules);
    settings_close(t->settings);
    free(t->table);
    free(t);
}

/* Once in the life of a process. Its log is not ours. */
static bool start_library(struct error *why)
{
    static bool is_started;

    if (!mongodb_load(why))
        return false;
    if (!is_started) {
        mongodb.mongoc_log_set_handler(NULL, NULL);
        mongodb.mongoc_init();
    }
    is_started = true;
    return true;
}

static void *mongodb_table_open(const char *name,
                                const struct table_options *options,
                                struct error *why)
{
    if (options->mode != TABLE_READ) {
        error_set(why, "mongodb:%s map requires O_RDONLY access mode", name);
        return NULL;
    }
    if (!start_library(why))
        return NULL;
    struct mongodb_table *t = mem_zalloc(sizeof(*t));
    t->table = mem_printf("mongodb:%s", name);
    t->settings = table_settings_open(name, why);
    if (t->settings != NULL &&
        settings_load(t->settings, settings,
                      sizeof(settings) / sizeof(settings[0]), t, why) &&
        set_projection(t, why) && set_rules(t, name, why))
        return t;
    mongodb_table_close(t);
    return NULL;
}

static unsigned mongodb_table_can(void *instance)
{
    const struct mongodb_table *t = instance;

    return TABLE_CAN_WAIT | (t->rules.needs.partial ? TABLE_IS_PATTERN : 0);
}

static enum table_trust mongodb_table_owner(void *instance, uid_t *owner)
{
    const struct mongodb_table *t = instance;

    return settings_owner(t->settings, owner);
}

/* ---- Lookups ---- */

/* As inside a string of JSON: a key cannot end it. */
static bool quote(void *context, const char *text, size_t length,
                  struct str *out)
{
    (void)context;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = text[i];
        if (c == '"' || c == '\\')
            str_addf(out, "\\%c", c);
        else if (c < ' ' || c == 127)
            str_addf(out, "\\u%04x", c);
        else
            str_add_char(out, c);
    }
    return true;
}

static void take_value(struct template_search *s, bson_iter_t *at, int depth)
{
    const struct mongodb_table *t = s->table;
    char number[32];
    uint32_t length = 0;
    bson_iter_t inside;

    switch ((int)mongodb.bson_iter_type(at)) {
    case BSON_TYPE_UTF8: {
        const char *text = mongodb.bson_iter_utf8(at, &length);
        template_values_add(&s->values, text, length);
        return;
    }
    case BSON_TYPE_INT32:
        snprintf(number, sizeof(number), "%ld",
                 (long)mongodb.bson_iter_int32(at));
        template_values_add(&s->values, number, strlen(number));
        return;
    case BSON_TYPE_INT64:
        snprintf(number, sizeof(number), "%lld",
                 (long long)mongodb.bson_iter_int64(at));
        template_values_add(&s->values, number, strlen(number));
        return;
    case BSON_TYPE_ARRAY:
        if (depth < MAX_NESTING && mongodb.bson_iter_recurse(at, &inside))
            while (mongodb.bson_iter_next(&inside))
                take_value(s, &inside, depth + 1);
        return;
    default:
        str_addf(&s->warnings, "%s: ignoring \"%s\" of a type that is neither "
                               "text, whole number nor array\n",
                 t->table, mongodb.bson_iter_key(at));
    }
}

static void take_document(struct template_search *s, const bson_t *document)
{
    bson_iter_t at;

    if (!mongodb.bson_iter_init(&at, document))
        return;
    while (mongodb.bson_iter_next(&at))
        if (strcmp(mongodb.bson_iter_key(&at), "_id") != 0)
            take_value(s, &at, 0);
}

static bool run_query(struct template_search *s, const bson_t *filter)
{
    struct mongodb_table *t = s->table;
    bson_error_t error = { 0 };
    const bson_t *document;

    mongoc_collection_t *collection = mongodb.mongoc_client_get_collection(
        t->client, t->dbname, t->collection);
    mongoc_cursor_t *cursor = mongodb.mongoc_collection_find_with_opts(
        collection, filter, t->options, NULL);
    deadline_t until = deadline_in_s(QUERY_LIMIT_S);
    size_t bytes = 0;
    bool good = true;
    while (good && mongodb.mongoc_cursor_next(cursor, &document)) {
        take_document(s, document);
        bytes += document->len;
        good = bytes <= MAX_ANSWER && clock_now() < until;
    }
    if (!good)
        str_addf(&s->warnings, "%s: query failed: too long an answer\n",
                 t->table);
    else if (mongodb.mongoc_cursor_error(cursor, &error)) {
        str_addf(&s->warnings, "%s: query failed: %s\n", t->table,
                 error.message);
        good = false;
    }
    mongodb.mongoc_cursor_destroy(cursor);
    mongodb.mongoc_collection_destroy(collection);
    return good;
}

static void run_search(void *argument)
{
    struct template_search *s = argument;
    struct mongodb_table *t = s->table;
    struct str text = STR_EMPTY;
    bson_error_t error = { 0 };

    if (t->client == NULL) {
        t->client = mongodb.mongoc_client_new_from_uri(t->server);
        if (t->client != NULL)
            mongodb.mongoc_client_set_error_api(t->client, ERROR_API);
    }
    template_expand(&text, t->query_filter, s->key, NULL, quote, NULL);
    bson_t *filter =
        mongodb.bson_new_from_json((const uint8_t *)text.data,
                                   (ssize_t)text.length, &error);
    if (t->client == NULL)
        str_addf(&s->warnings, "%s: cannot make a client\n", t->table);
    else if (filter == NULL)
        str_addf(&s->warnings, "%s: bad query_filter \"%s\": %s\n", t->table,
                 text.data, error.message);
    else
        s->good = run_query(s, filter);
    if (filter != NULL)
        mongodb.bson_destroy(filter);
    str_fini(&text);
}

static enum answer mongodb_table_get(void *instance, const char *key,
                                     struct str *value, struct error *why)
{
    struct mongodb_table *t = instance;

    /* The database knows no other text. */
    if (!utf8_is_valid(key, strlen(key)))
        return ABSENT;
    return template_search(&t->rules, run_search, t, key, value, why);
}

const struct table_driver driver_mongodb = {
    .type = "mongodb",
    .can = TABLE_CAN_WAIT | TABLE_ASKS_SERVER | TABLE_HAS_SETTINGS,
    .open = mongodb_table_open,
    .get = mongodb_table_get,
    .instance_can = mongodb_table_can,
    .owner = mongodb_table_owner,
    .close = mongodb_table_close,
};
