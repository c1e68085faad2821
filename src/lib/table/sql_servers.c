/* SPDX-License-Identifier: ISC
 *
 * sql_servers.c - which of several database servers to ask.
 *
 * An open connection is used before a new one is made; among equals, chance
 * decides. A server that failed rests for retry_interval, unless there is no
 * other. A connection that was open already may have been closed by the
 * server meanwhile: it gets a second try.
 */

#include "sql_servers.h"

#include "base/random.h"
#include "base/text.h"

void sql_server_drop(struct sql *sql, struct sql_server *server)
{
    if (server->connection != NULL)
        sql->backend->disconnect(server->connection);
    server->connection = NULL;
}

bool sql_connect(struct sql *sql, struct error *why)
{
    struct sql_server *server = &sql->items[0];

    server->connection = sql->backend->connect(sql, server, why);
    server->used_at = clock_now();
    return server->connection != NULL;
}

/* Servers that are worth a try, of one kind. */
struct wanted {
    bool connected, local;
};

static bool is_wanted(const struct sql *sql, const struct sql_server *server,
                      const struct wanted *wanted)
{
    if ((server->connection != NULL) != wanted->connected || server->tries > 0)
        return false;
    if (sql->backend->local_first && server->is_local != wanted->local)
        return false;
    return server->connection != NULL || sql->count == 1 ||
           clock_now() >= server->retry_at;
}

static struct sql_server *pick_wanted(struct sql *sql,
                                      const struct wanted *wanted)
{
    size_t count = 0;

    for (size_t i = 0; i < sql->count; i++)
        count += is_wanted(sql, &sql->items[i], wanted);
    if (count == 0)
        return NULL;
    size_t chosen = count > 1 ? random_below(count) : 0;
    for (size_t i = 0; i < sql->count; i++)
        if (is_wanted(sql, &sql->items[i], wanted) && chosen-- == 0)
            return &sql->items[i];
    return NULL;
}

static struct sql_server *pick(struct sql *sql)
{
    static const struct wanted order[] = {
        { true, true }, { true, false }, { false, true }, { false, false }
    };
    struct sql_server *server = NULL;

    for (size_t i = 0; i < 4 && server == NULL; i++)
        server = pick_wanted(sql, &order[i]);
    return server;
}

/* Connections that nobody used for long, and the counters of the last
 * lookup. */
static void tidy(struct sql *sql)
{
    deadline_t oldest = clock_now() - (deadline_t)sql->idle_interval * 1000;

    for (size_t i = 0; i < sql->count; i++) {
        struct sql_server *server = &sql->items[i];
        server->tries = 0;
        if (sql->idle_interval > 0 && server->used_at < oldest)
            sql_server_drop(sql, server);
    }
}

static bool ask(struct sql *sql, const struct sql_server *server,
                const char *key, struct template_values *values,
                struct error *why)
{
    struct str query = STR_EMPTY;
    bool good = template_expand(&query, sql->query, key, NULL,
                                sql->backend->quote, server->connection)
                    ? sql->backend->ask(sql, server, &query, values, why)
                    : error_set(why, "%s: host %s: cannot escape the key",
                                sql->table, server->name);

    str_fini(&query);
    return good;
}

static bool ask_one(struct sql *sql, struct sql_server *server,
                    const char *key, struct template_values *values,
                    struct error *why)
{
    bool was_open = server->connection != NULL;

    if (!was_open)
        server->connection = sql->backend->connect(sql, server, why);
    server->tries++;
    server->used_at = clock_now();
    str_clear(&values->data);
    values->count = 0;
    if (server->connection != NULL &&
        ask(sql, server, key, values, why))
        return true;
    sql_server_drop(sql, server);
    if (was_open)
        server->tries--;
    else
        server->retry_at = deadline_in_s((int)sql->retry_interval);
    return false;
}

bool sql_servers_ask(struct sql *sql, const char *key,
                     struct template_values *values, struct str *warnings)
{
    struct sql_server *server;

    tidy(sql);
    while ((server = pick(sql)) != NULL) {
        struct error why = ERROR_NONE;
        bool was_open = server->connection != NULL;
        if (ask_one(sql, server, key, values, &why))
            return true;
        /* The second try will tell. */
        if (was_open)
            continue;
        for (char *c = why.text; *c != 0; c++)
            if (*c == '\n')
                *c = ' ';
        str_addf(warnings, "%s\n", text_trim(why.text));
    }
    return false;
}
