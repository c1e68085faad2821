/* SPDX-License-Identifier: ISC
 *
 * sql.h - what tables in SQL databases have in common: settings, queries, and
 * a list of servers of which some may be down.
 *
 * The functions of a back end block, and may run in a thread: they must not
 * log, but say why they failed.
 */
#ifndef TABLE_SQL_H
#define TABLE_SQL_H

#include "base/array.h"
#include "base/clock.h"
#include "settings.h"
#include "template.h"

enum { SQL_MAX_ANSWER = 4 << 20 }; /* bytes, of one query */

struct sql;

struct sql_server {
    const char *name; /* as in the setting, for messages */
    const char *host; /* a name, an address, or a socket's path */
    const char *port; /* NULL: the usual one */
    bool is_local;    /* a UNIX-domain socket */
    void *connection; /* NULL: none */
    deadline_t used_at, retry_at;
    int tries; /* in the present lookup */
};

struct sql_backend {
    const char *type; /* "mysql" */
    bool local_first; /* servers on UNIX-domain sockets before all others */
    /* How to write <name> in a server's place; false and <why>. */
    bool (*parse_server)(struct arena *arena, struct sql_server *server,
                         struct error *why);
    /* NULL and <why>. */
    void *(*connect)(struct sql *sql, const struct sql_server *server,
                     struct error *why);
    void (*disconnect)(void *connection);
    /* Of keys, in the query; its context is the connection. */
    template_quote *quote;
    /* False and <why>: the connection is to be given up. */
    bool (*ask)(struct sql *sql, const struct sql_server *server,
                const struct str *query, struct template_values *values,
                struct error *why);
};

/* The settings that all have. The other members of a driver's struct follow
 * behind this one. */
struct sql {
    const struct sql_backend *backend;
    char *table; /* owned; "mysql:/etc/x.cf" */
    struct settings *settings; /* owned */
    struct template_rules rules;
    const char *query; /* the template; NULL: made of the old settings */
    const char *result_format, *domain;
    const char *hosts, *user, *password, *dbname;
    long expansion_limit, retry_interval, idle_interval;
    ARRAY_OF(struct sql_server);
};

#define SQL_MAIN_SETTINGS                                                    \
    { "query", SETTING_TEXT, offsetof(struct sql, query), NULL, 0, 0 },      \
    { "result_format", SETTING_TEXT, offsetof(struct sql, result_format),    \
      "%s", 1, 0 },                                                          \
    { "domain", SETTING_TEXT, offsetof(struct sql, domain), "", 0, 0 },      \
    { "expansion_limit", SETTING_INT, offsetof(struct sql, expansion_limit), \
      "0", 0, 0 }
#define SQL_SERVER_SETTINGS                                                  \
    { "hosts", SETTING_TEXT, offsetof(struct sql, hosts), "", 0, 0 },        \
    { "user", SETTING_TEXT, offsetof(struct sql, user), "", 0, 0 },          \
    { "password", SETTING_TEXT, offsetof(struct sql, password), "", 0, 0 },  \
    { "retry_interval", SETTING_INT, offsetof(struct sql, retry_interval),   \
      "60", 1, 0 },                                                          \
    { "idle_interval", SETTING_INT, offsetof(struct sql, idle_interval),     \
      "60", 1, 0 }

/* A new table of <size> bytes that begin with a struct sql, its members set
 * by <rows>; the servers are those of <hosts>, by default <default_host>.
 * NULL and <why>. */
void *sql_open(const struct sql_backend *backend, size_t size,
               const char *name, const struct table_options *options,
               const struct setting *rows, size_t count,
               const char *default_host, struct error *why);
/* The functions of a driver. */
MAY_WAIT enum answer sql_get(void *instance, const char *key,
                             struct str *value, struct error *why);
unsigned sql_can(void *instance);
enum table_trust sql_owner(void *instance, uid_t *owner);
void sql_close(void *instance);

/* Connect now to the first server; false and <why>. */
bool sql_connect(struct sql *sql, struct error *why);
/* "host", "host:port", "inet:host:port", "unix:path". */
bool sql_parse_server(struct arena *arena, struct sql_server *server,
                      struct error *why);

#endif
