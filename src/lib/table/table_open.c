/* SPDX-License-Identifier: ISC
 *
 * table_open.c - the tables of this process: opened, shared, dead, changed.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "redirect.h"
#include "reindex.h"
#include "table_private.h"

enum { MAX_DEPTH = 10, OPEN_ERRORS_LOGGED = 13 };

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

void table_advise(struct table *table)
{
    const struct table_driver *driver = table->driver;
    const char *name = strchr(table->name, ':') + 1;
    struct error *why = &table->why;
    struct error reason = *why;

    if (driver->suffix == NULL || table->mode != TABLE_READ)
        return;
    char *path = mem_printf("%s%s", name, driver->suffix);
    if (access(path, R_OK) == 0)
        error_set(why,
                  "%.600s -- the file is damaged or not complete; make it "
                  "again with \"postmap %.200s\" (for aliases: postalias)",
                  reason.text, table->name);
    else if (errno == ENOENT)
        error_set(why,
                  "%.600s -- make it with \"postmap %.200s\" (for "
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
                  "%s map is not allowed for security sensitive data",
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
        table_advise(table);
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

/* It is the configuration that has to change, so say where. */
static void report_bad_name(const char *type_and_name, const char *why)
{
    const char *place =
        setup.place ? setup.place(type_and_name, setup.context) : NULL;
    char *text = place ? mem_printf("%s: in %s", why, place) : mem_strdup(why);

    report_open_error(text);
    free(text);
}

struct table *table_open(const char *type_and_name, enum table_mode mode,
                         unsigned flags, struct error *why)
{
    struct table *table = open_at_depth(type_and_name, mode, flags, 0, why);

    if (table == NULL)
        report_bad_name(type_and_name, why->text);
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
    recent_free(table->recent);
    free(table->name);
    free(table);
}

/* ---- Trust and change ---- */

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
