/* SPDX-License-Identifier: ISC
 *
 * table.c - what is the same for tables of all types.
 *
 * Folding and checking of keys, sharing of tables that are opened twice, dead
 * tables, turns for drivers that serve one caller at a time, noticing that
 * the data has changed.
 */

#include "table/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/fatal.h"
#include "base/fiber.h"
#include "base/io.h"
#include "base/list.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "internal.h"
#include "redirect.h"
#include "reindex.h"

enum { MAX_DEPTH = 10, OPEN_ERRORS_LOGGED = 13, SOURCE_GRACE_S = 100 };

struct table {
    struct list link;
    char *name; /* owned; "hash:/etc/aliases" */
    const struct table_driver *driver;
    void *instance; /* NULL: dead */
    enum table_mode mode;
    unsigned flags, can;
    unsigned users;
    bool busy; /* a driver that serves one at a time is at work */
    struct fiber_gate turn;
    struct error why;
    const struct text_source *source; /* borrowed; of what is put, or NULL */
};

static struct list tables = LIST_INIT(tables);
static struct table_setup setup = {
    .config_directory = "/etc/postfix",
    .queue_directory = "/var/spool/postfix",
    .default_type = "hash",
    .cache_type = "btree",
    .proxy_service = "proxymap",
    .proxywrite_service = "proxywrite",
    .bdb_create_buffer = 16777216,
    .bdb_read_buffer = 131072,
    .lmdb_map_size = 16777216,
    .socketmap_max_reply_size = 100000,
    .socketmap_max_query_size = 10000,
    .ipc_timeout_s = 3600,
    .utf8 = true,
};

void table_set_up(const struct table_setup *with)
{
    setup = *with;
    if (setup.socketmap_max_reply_size <= 0)
        setup.socketmap_max_reply_size = 100000;
    if (setup.socketmap_max_query_size <= 0)
        setup.socketmap_max_query_size = 10000;
}

const struct table_setup *table_setup(void)
{
    return &setup;
}

/* ---- Open and close ---- */

static struct table *find_open(const char *name, enum table_mode mode,
                               unsigned flags)
{
    if (mode != TABLE_READ)
        return NULL;
    LIST_EACH(node, &tables)
    {
        struct table *table = CONTAINER_OF(node, struct table, link);
        if (table->mode == TABLE_READ && table->flags == flags &&
            strcmp(table->name, name) == 0)
            return table;
    }
    return NULL;
}

/* What an administrator can do about a file that cannot be read. */
static void advise(struct table *table)
{
    const struct table_driver *driver = table->driver;
    const char *name = strchr(table->name, ':') + 1;
    struct error *why = &table->why;
    struct error reason = *why;

    if (driver->suffix == NULL || table->mode != TABLE_READ)
        return;
    char *path = mem_printf("%s%s", name, driver->suffix);
    if (access(path, R_OK) == 0)
        error_set(why, "%.600s -- the file is damaged or not complete; make it "
                       "again with \"postmap %.200s\" (for aliases: postalias)",
                  reason.text, table->name);
    else if (errno == ENOENT)
        error_set(why, "%.600s -- make it with \"postmap %.200s\" (for "
                       "aliases: postalias)",
                  reason.text, table->name);
    else if (errno == EACCES)
        error_set(why, "%.600s -- user id %ld may not read it", reason.text,
                  (long)geteuid());
    free(path);
}

static void open_instance(struct table *table, const char *type,
                          const char *name, int depth)
{
    const struct table_driver *driver = table->driver;
    struct table_options options = {
        .type = type,
        .mode = table->mode,
        .flags = table->flags,
        .setup = &setup,
        .depth = depth,
    };

    table->can = driver->can;
    if (depth > MAX_DEPTH)
        error_set(&table->why, "%s: too many tables inside tables",
                  table->name);
    else if ((table->flags & TABLE_NO_UNAUTH) && (table->can & TABLE_IS_UNAUTH))
        error_set(&table->why,
                  "%s map is not allowed for security-sensitive data",
                  table->name);
    else
        table->instance = driver->open(name, &options, &table->why);
    if (table->instance != NULL && driver->instance_can != NULL)
        table->can = driver->instance_can(table->instance);
    if (table->instance != NULL)
        table->why.text[0] = 0;
    else if (table->why.text[0] == 0)
        error_set(&table->why, "cannot open %s", table->name);
    else
        advise(table);
}

/* The table by its own name. */
static struct table *open_plainly(const char *type_and_name,
                                  enum table_mode mode, unsigned flags,
                                  int depth, struct error *why)
{
    const char *colon = strchr(type_and_name, ':');

    if (colon == type_and_name || colon == NULL || colon[1] == 0) {
        error_set(why,
                  "open dictionary: expecting \"type:name\" form "
                  "instead of \"%s\"",
                  type_and_name);
        return NULL;
    }
    char *type = mem_strndup(type_and_name, colon - type_and_name);
    struct table *table = find_open(type_and_name, mode, flags);
    const struct table_driver *driver =
        table != NULL ? table->driver : driver_find(type, why);
    if (table != NULL) {
        table->users++;
    } else if (driver != NULL) {
        table = mem_zalloc(sizeof(*table));
        table->name = mem_strdup(type_and_name);
        table->driver = driver;
        table->mode = mode;
        table->flags = flags;
        table->users = 1;
        list_append(&tables, &table->link);
        open_instance(table, type, colon + 1, depth);
    }
    free(type);
    return table;
}

static struct table *open_at_depth(const char *type_and_name,
                                   enum table_mode mode, unsigned flags,
                                   int depth, struct error *why)
{
    if (!redirect_is_due(type_and_name))
        return open_plainly(type_and_name, mode, flags, depth, why);
    char *other = redirect_name(type_and_name, why);
    if (other == NULL)
        return NULL;
    struct table *table = open_plainly(other, mode, flags, depth, why);
    struct error reason = ERROR_NONE;
    if (table != NULL && table->instance == NULL && mode == TABLE_READ &&
        reindex_is_due(other)) {
        table_close(table);
        reindex_ask(other, &reason);
        table = open_plainly(other, mode, flags, depth, why);
    }
    if (table != NULL && table->instance == NULL)
        redirect_explain(type_and_name, &reason, &table->why);
    free(other);
    return table;
}

static void report_open_error(const char *why)
{
    static int logged;

    switch (setup.open_errors) {
    case TABLE_ERRORS_QUIET: return;
    case TABLE_ERRORS_LOG:
        if (logged++ < OPEN_ERRORS_LOGGED)
            log_error("%s", why);
        return;
    case TABLE_ERRORS_FATAL: fatal("%s", why);
    }
}

struct table *table_open(const char *type_and_name, enum table_mode mode,
                         unsigned flags, struct error *why)
{
    struct table *table = open_at_depth(type_and_name, mode, flags, 0, why);

    if (table == NULL)
        report_open_error(why->text);
    else if (table->instance == NULL)
        report_open_error(table->why.text);
    return table;
}

struct table *table_open_inner(const char *type_and_name,
                               const struct table_options *outer,
                               struct error *why)
{
    struct table *table = open_at_depth(type_and_name, outer->mode,
                                        outer->flags, outer->depth + 1, why);

    if (table == NULL || table->instance != NULL)
        return table;
    error_set(why, "%s", table->why.text);
    table_close(table);
    return NULL;
}

void table_close(struct table *table)
{
    if (table == NULL || --table->users > 0)
        return;
    list_remove(&table->link);
    if (table->instance != NULL)
        table->driver->close(table->instance);
    free(table->name);
    free(table);
}

const char *table_name(const struct table *table)
{
    return table->name;
}

const char *table_error(const struct table *table)
{
    return table->why.text;
}

unsigned table_can(const struct table *table)
{
    return table->can;
}

bool table_is_pattern(const struct table *table)
{
    return table->can & TABLE_IS_PATTERN;
}

/* ---- Keys and values ---- */

/* A key as the driver wants it. Short ASCII keys, which are nearly all, need
 * no memory of their own. */
struct key {
    const char *text;
    char small[256];
    struct str large;
};

static bool uses_utf8(const struct table *table)
{
    return setup.utf8 && (table->flags & TABLE_UTF8);
}

/* Fold <text> into key->small. False if it is too long or not ASCII. */
static bool fold_small(struct key *key, const char *text)
{
    size_t i;

    for (i = 0; text[i] != 0; i++) {
        unsigned char c = text[i];
        if (c >= 128 || i == sizeof(key->small) - 1)
            return false;
        key->small[i] = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    }
    key->small[i] = 0;
    key->text = key->small;
    return true;
}

/* False, with a warning: not UTF-8. */
static bool key_set(struct key *key, const struct table *table,
                    const char *text)
{
    bool utf8 = uses_utf8(table);

    str_init(&key->large);
    key->text = text;
    if (table->can & TABLE_IS_WRAPPER)
        return true;
    if (utf8 && !text_is_ascii(text) && !utf8_is_valid(text, strlen(text))) {
        struct str shown = STR_EMPTY;
        str_set(&shown, text);
        log_warning("%s: non-UTF-8 key \"%s\": malformed UTF-8 or invalid "
                    "codepoint",
                    table->name, text_printable(shown.data, '?', false));
        str_fini(&shown);
        return false;
    }
    if (!(table->flags & TABLE_FOLD) || (table->can & TABLE_IS_PATTERN) ||
        fold_small(key, text))
        return true;
    if (utf8_fold(&key->large, text, utf8))
        key->text = key->large.data;
    return true;
}

static void key_fini(struct key *key)
{
    str_fini(&key->large);
}

void table_fold_key(struct str *out, const char *text, unsigned flags)
{
    if (!(flags & TABLE_FOLD) ||
        !utf8_fold(out, text, setup.utf8 && (flags & TABLE_UTF8)))
        str_set(out, text);
}

static bool value_is_good(struct table *table, const char *key,
                          const struct str *value)
{
    if (!uses_utf8(table) || (table->can & TABLE_IS_WRAPPER) ||
        utf8_is_valid(value->data, value->length))
        return true;
    log_warning("%s: key \"%s\": non-UTF-8 value \"%s\": malformed UTF-8 or "
                "invalid codepoint",
                table->name, key, value->data);
    return error_set(&table->why, "%s: non-UTF-8 value", table->name);
}

/* ---- Calling the driver ---- */

enum operation { GET, PUT, PUT_PLAIN, DELETE, NEXT };

struct call {
    struct table *table;
    enum operation operation;
    const char *key, *value;
    struct str *key_out, *value_out;
    bool first;
    enum answer answer;
};

static enum answer cannot(struct table *table, const char *operation)
{
    error_set(&table->why, "table %s: %s operation is not supported",
              table->name, operation);
    return FAILED;
}

static enum answer perform(const struct call *c)
{
    struct table *table = c->table;
    const struct table_driver *driver = table->driver;

    switch (c->operation) {
    case GET:
        return driver->get(table->instance, c->key, c->value_out, &table->why);
    case PUT_PLAIN:
        if (driver->put_plain != NULL)
            return driver->put_plain(table->instance, c->key, c->value,
                                     &table->why);
        /* fall through */
    case PUT:
        if (driver->put == NULL)
            return cannot(table, "update");
        return driver->put(table->instance, c->key, c->value, &table->why);
    case DELETE:
        if (driver->del == NULL)
            return cannot(table, "delete");
        return driver->del(table->instance, c->key, &table->why);
    case NEXT:
        if (driver->next == NULL)
            return cannot(table, "sequence");
        return driver->next(table->instance, c->first, c->key_out, c->value_out,
                            &table->why);
    }
    return FAILED;
}

static void perform_offloaded(void *argument)
{
    struct call *c = argument;

    c->answer = perform(c);
}

/* Take turns: another session may be waiting inside the same driver. */
static void perform_alone(struct call *c)
{
    struct table *table = c->table;

    while (table->busy)
        fiber_gate_wait(&table->turn, DEADLINE_NEVER);
    table->busy = true;
    if (table->can & TABLE_CAN_BLOCK)
        offload(perform_offloaded, c);
    else
        c->answer = perform(c);
    table->busy = false;
    fiber_gate_open(&table->turn);
}

static enum answer call_driver(struct call *c)
{
    struct table *table = c->table;

    if (table->instance == NULL) {
        log_warning("%s is unavailable. %s", table->name, table->why.text);
        return FAILED;
    }
    table->why.text[0] = 0;
    if (table->can & (TABLE_CAN_BLOCK | TABLE_CAN_WAIT))
        perform_alone(c);
    else
        c->answer = perform(c);
    if (c->answer == FAILED && table->why.text[0] == 0)
        error_set(&table->why, "table %s: unknown error", table->name);
    else if (c->answer == FAILED && (c->operation == GET ||
                                     c->operation == NEXT))
        advise(table);
    return c->answer;
}

enum answer table_get(struct table *table, const char *key, struct str *value)
{
    struct key folded;
    enum answer answer = ABSENT;

    if (key_set(&folded, table, key)) {
        struct call c = { .table = table,
                          .operation = GET,
                          .key = folded.text,
                          .value_out = value };
        answer = call_driver(&c);
        if (answer == FOUND && !value_is_good(table, key, value))
            answer = FAILED;
    }
    key_fini(&folded);
    if (table->flags & TABLE_DEBUG)
        log_info("%s lookup: \"%s\" = \"%s\"", table->name, key,
                 answer == FOUND    ? value->data
                 : answer == ABSENT ? "not_found"
                                    : "error");
    return answer;
}

bool table_decode_file(struct str *value, struct error *why)
{
    struct str plain = STR_EMPTY;
    bool good = base64_decode(&plain, value->data, value->length);

    if (good)
        str_swap(&plain, value);
    else
        error_set(why, "malformed BASE64 value: %.30s", value->data);
    str_fini(&plain);
    return good;
}

enum answer table_get_file(struct table *table, const char *key,
                           struct str *value)
{
    enum answer answer = table_get(table, key, value);
    struct error why = ERROR_NONE;

    if (answer != FOUND || table_decode_file(value, &why))
        return answer;
    error_set(&table->why, "table %s: key %s: %s", table->name, key, why.text);
    return FAILED;
}

void table_set_source(struct table *table, const struct text_source *source)
{
    table->source = source;
    if (table->instance != NULL && table->driver->set_source != NULL)
        table->driver->set_source(table->instance, source);
}

void duplicate_advise(struct str *warning, const char *path, size_t line)
{
    str_addf(warning, " -- ignoring %s, line %zu; remove it, or let later "
                      "entries replace earlier ones with option -r",
             path, line);
}

static void warn_of_duplicate(const struct table *table)
{
    struct str text = STR_EMPTY;

    str_set(&text, table->why.text);
    if (table->source != NULL)
        duplicate_advise(&text, table->source->path,
                         table->source->first_line);
    log_warning("%s", text.data);
    str_fini(&text);
}

enum answer table_put(struct table *table, const char *key, const char *value)
{
    struct key folded;
    enum answer answer = FAILED;

    if (key_set(&folded, table, key)) {
        struct call c = {
            .table = table, .operation = PUT, .key = folded.text, .value = value
        };
        answer = call_driver(&c);
        if (answer == ABSENT && table->why.text[0] != 0)
            warn_of_duplicate(table);
    }
    key_fini(&folded);
    return answer;
}

enum answer table_put_plain(struct table *table, const char *key,
                            const char *value)
{
    struct call c = {
        .table = table, .operation = PUT_PLAIN, .key = key, .value = value
    };

    return call_driver(&c);
}

enum answer table_del(struct table *table, const char *key)
{
    struct key folded;
    enum answer answer = ABSENT;

    if (key_set(&folded, table, key)) {
        struct call c = { .table = table,
                          .operation = DELETE,
                          .key = folded.text };
        answer = call_driver(&c);
    }
    key_fini(&folded);
    return answer;
}

enum answer table_next(struct table *table, bool first, struct str *key,
                       struct str *value)
{
    struct call c = { .table = table,
                      .operation = NEXT,
                      .key_out = key,
                      .value_out = value,
                      .first = first };

    return call_driver(&c);
}

bool table_commit(struct table *table)
{
    if (table->instance == NULL)
        return false;
    return table->driver->commit == NULL ||
           table->driver->commit(table->instance, &table->why);
}

void table_hold(struct table *table, bool on)
{
    if (table->instance != NULL && table->driver->hold != NULL)
        table->driver->hold(table->instance, on);
}

/* ---- Trust and change ---- */

void warn_of_newer_source(const char *name, const char *suffix,
                          const struct stat *made)
{
    struct stat source;

    if (stat(name, &source) == 0 && source.st_mtime > made->st_mtime &&
        source.st_mtime < time(NULL) - SOURCE_GRACE_S)
        log_warning("database %s%s is older than source file %s", name, suffix,
                    name);
}

enum table_trust table_owner(const struct table *table, uid_t *owner)
{
    *owner = (uid_t)-1;
    if (table->instance == NULL || table->driver->owner == NULL)
        return TRUST_UNKNOWN;
    return table->driver->owner(table->instance, owner);
}

enum table_trust table_owner_trusted(void *instance, uid_t *owner)
{
    (void)instance;
    *owner = 0;
    return TRUST_ROOT;
}

void table_trust_merge(enum table_trust *trust, uid_t *owner,
                       const struct table *other)
{
    uid_t other_owner;
    enum table_trust other_trust = table_owner(other, &other_owner);

    if (*trust == TRUST_UNKNOWN || other_trust == TRUST_ROOT)
        return;
    /* Two different users: nobody is known to answer for the result. */
    if (other_trust == TRUST_UNKNOWN ||
        (*trust == TRUST_OWNER && *owner != other_owner)) {
        *trust = TRUST_UNKNOWN;
        return;
    }
    *trust = TRUST_OWNER;
    *owner = other_owner;
}

/* "lock|fold_fix|utf8_request", in the words that log readers know. */
static void format_flags(struct str *out, const struct table *table)
{
    static const struct {
        unsigned flag;
        const char *word;
    } words[] = {
        { TABLE_NO_REGSUB, "|no_regsub" },
        { TABLE_NO_PROXY, "|no_proxy" },
        { TABLE_NO_UNAUTH, "|no_unauth" },
        { TABLE_FOLD, "|fold_fix" },
        { TABLE_UTF8, "|utf8_request" },
        { TABLE_SRC_RHS_IS_FILE, "|src_rhs_is_file" },
    };

    str_set(out, "lock");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (table->flags & words[i].flag)
            str_add(out, words[i].word);
}

bool table_any_changed(void)
{
    LIST_EACH(node, &tables)
    {
        struct table *table = CONTAINER_OF(node, struct table, link);

        if (table->instance == NULL || table->driver->changed == NULL ||
            table->mode != TABLE_READ ||
            !table->driver->changed(table->instance))
            continue;

        struct str flags = STR_EMPTY;
        format_flags(&flags, table);
        log_info("table %s(0,%s) has changed -- restarting", table->name,
                 flags.data);
        str_fini(&flags);
        return true;
    }
    return false;
}
