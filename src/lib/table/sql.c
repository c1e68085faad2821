/* SPDX-License-Identifier: ISC
 *
 * sql.c - what tables in SQL databases have in common.
 */

#include "sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/sock.h"
#include "base/text.h"
#include "sql_servers.h"

/* ---- Settings ---- */

/* The query as it was set up before there were templates. */
static const char *old_query(struct sql *sql, struct error *why)
{
    static const char *const names[] = { "table", "select_field",
                                         "where_field" };
    const char *values[3];
    struct arena *arena = settings_arena(sql->settings);
    const char *function = settings_get(sql->settings, "select_function");
    const char *more = settings_get(sql->settings, "additional_conditions");

    if (function != NULL && strcmp(sql->backend->type, "pgsql") == 0)
        return arena_printf(arena, "SELECT %s('%%s')", function);
    for (int i = 0; i < 3; i++) {
        values[i] = settings_get(sql->settings, names[i]);
        if (values[i] == NULL || *values[i] == 0) {
            settings_missing(sql->settings, names[i], why);
            return NULL;
        }
    }
    return arena_printf(arena, "SELECT %s FROM %s WHERE %s = '%%s' %s",
                        values[1], values[0], values[2],
                        more != NULL ? more : "");
}

static bool prepare_query(struct sql *sql, const char *source,
                          struct error *why)
{
    if (sql->query == NULL || *sql->query == 0)
        sql->query = old_query(sql, why);
    if (sql->query == NULL)
        return false;
    sql->rules = (struct template_rules){
        .table = sql->table,
        .source = source,
        .result_format = sql->result_format,
        .domain = sql->domain,
        .expansion_limit = sql->expansion_limit,
    };
    return template_check(sql->query, false, source, "query",
                          &sql->rules.needs, why) &&
           template_rules_init(&sql->rules, why);
}

bool sql_parse_server(struct arena *arena, struct sql_server *server,
                      struct error *why)
{
    const char *name = server->name;
    char *host, *port;

    server->is_local = text_has_prefix(name, "unix:");
    if (server->is_local || text_has_prefix(name, "inet:"))
        name += 5;
    server->host = name;
    if (server->is_local)
        return true;
    if (!sock_split_hostport(arena_strdup(arena, name), &host, &port, "",
                             why))
        return error_prefix(why, "bad server name \"%s\"", server->name);
    server->host = host;
    server->port = *port != 0 ? port : NULL;
    return true;
}

static bool add_servers(struct sql *sql, const char *hosts, struct error *why)
{
    struct arena *arena = settings_arena(sql->settings);
    char **names = text_split(arena, hosts, NULL, NULL);

    for (; *names != NULL; names++) {
        struct sql_server server = { .name = *names };
        if (sql->backend->parse_server != NULL &&
            !sql->backend->parse_server(arena, &server, why))
            return error_prefix(why, "%s", sql->table);
        ARRAY_ADD(sql, server);
    }
    return true;
}

void *sql_open(const struct sql_backend *backend, size_t size,
               const char *name, const struct table_options *options,
               const struct setting *rows, size_t count,
               const char *default_host, struct error *why)
{
    if (options->mode != TABLE_READ) {
        error_set(why, "%s:%s map requires O_RDONLY access mode",
                  backend->type, name);
        return NULL;
    }
    struct sql *sql = mem_zalloc(size);
    sql->backend = backend;
    sql->hosts = "";
    sql->table = mem_printf("%s:%s", backend->type, name);
    sql->settings = table_settings_open(name, why);
    if (sql->settings != NULL &&
        settings_load(sql->settings, rows, count, sql, why) &&
        prepare_query(sql, name, why) && add_servers(sql, sql->hosts, why)) {
        if (sql->count > 0 || add_servers(sql, default_host, why))
            return sql;
    }
    sql_close(sql);
    return NULL;
}

void sql_close(void *instance)
{
    struct sql *sql = instance;

    for (size_t i = 0; i < sql->count; i++)
        sql_server_drop(sql, &sql->items[i]);
    ARRAY_FREE(sql);
    template_rules_fini(&sql->rules);
    settings_close(sql->settings);
    free(sql->table);
    free(sql);
}

unsigned sql_can(void *instance)
{
    const struct sql *sql = instance;

    return TABLE_CAN_WAIT |
           (sql->rules.needs.partial ? TABLE_IS_PATTERN : 0);
}

enum table_trust sql_owner(void *instance, uid_t *owner)
{
    const struct sql *sql = instance;

    return settings_owner(sql->settings, owner);
}

/* ---- Lookups ---- */

static void ask_servers(void *argument)
{
    struct template_search *s = argument;

    s->good = sql_servers_ask(s->table, s->key, &s->values, &s->warnings);
}

enum answer sql_get(void *instance, const char *key, struct str *value,
                    struct error *why)
{
    struct sql *sql = instance;
    enum answer answer =
        template_search(&sql->rules, ask_servers, sql, key, value, why);

    if (answer == FAILED && why->text[0] == 0)
        error_set(why, "%s: no server is available", sql->table);
    return answer;
}
