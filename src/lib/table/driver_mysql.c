/* SPDX-License-Identifier: ISC
 *
 * driver_mysql.c - mysql:/file.cf, lookups in MySQL and MariaDB.
 */

#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"
#include "config.h"
#include "base/sock.h"
#include "sql.h"

#define MYSQL_FUNCTIONS(FUNCTION)                                              \
    FUNCTION(mysql_close)                                                      \
    FUNCTION(mysql_errno) FUNCTION(mysql_error) FUNCTION(mysql_fetch_lengths)  \
        FUNCTION(mysql_fetch_row) FUNCTION(mysql_free_result)                  \
            FUNCTION(mysql_init) FUNCTION(mysql_library_init)                  \
                FUNCTION(mysql_next_result) FUNCTION(mysql_num_fields)         \
                    FUNCTION(mysql_options) FUNCTION(mysql_real_connect)       \
                        FUNCTION(mysql_real_escape_string)                     \
                            FUNCTION(mysql_real_query) FUNCTION(mysql_ssl_set) \
                                FUNCTION(mysql_store_result)
LIBRARY(mysql, LIBRARY_MYSQL, MYSQL_FUNCTIONS)

enum { CONNECT_TIMEOUT_S = 10, IO_TIMEOUT_S = 100 };

struct mysql_table {
    struct sql sql; /* first */
    const char *charset, *option_file, *option_group;
    bool require_result_set, verify;
    const char *key_file, *cert_file, *ca_file, *ca_path, *ciphers;
};

static bool parse_server(struct arena *arena, struct sql_server *server,
                         struct error *why)
{
    int port;

    return sql_parse_server(arena, server, why) &&
           (server->port == NULL || sock_port(server->port, "tcp", &port) ||
            error_set(why, "bad port in server name \"%s\"", server->name));
}

static void mysql_disconnect(void *connection)
{
    mysql.mysql_close(connection);
}

static void set_options(MYSQL *db, const struct mysql_table *t)
{
    unsigned connect_timeout = CONNECT_TIMEOUT_S;
    unsigned io_timeout = IO_TIMEOUT_S;
    my_bool verify = t->verify;

    mysql.mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
    mysql.mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &io_timeout);
    mysql.mysql_options(db, MYSQL_OPT_WRITE_TIMEOUT, &io_timeout);
    if (t->option_file != NULL && *t->option_file != 0)
        mysql.mysql_options(db, MYSQL_READ_DEFAULT_FILE, t->option_file);
    if (*t->option_group != 0)
        mysql.mysql_options(db, MYSQL_READ_DEFAULT_GROUP, t->option_group);
    mysql.mysql_options(db, MYSQL_SET_CHARSET_NAME, t->charset);
    if (t->key_file != NULL || t->cert_file != NULL || t->ca_file != NULL ||
        t->ca_path != NULL || t->ciphers != NULL)
        mysql.mysql_ssl_set(db, t->key_file, t->cert_file, t->ca_file,
                            t->ca_path, t->ciphers);
    /* Without this, a server that has no TLS would be taken. */
    if (t->verify)
        mysql.mysql_options(db, MYSQL_OPT_SSL_ENFORCE, &verify);
    /* When nothing is said, the library knows best. */
    if (settings_get(t->sql.settings, "tls_verify_cert") != NULL)
        mysql.mysql_options(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

static const char *or_null(const char *text)
{
    return *text != 0 ? text : NULL;
}

static void *mysql_connect_to(struct sql *sql, const struct sql_server *server,
                              struct error *why)
{
    const struct mysql_table *t = (const struct mysql_table *)sql;
    MYSQL *db = mysql.mysql_init(NULL);
    int port = 0;

    if (db == NULL) {
        error_set(why, "dict_mysql: insufficient memory");
        return NULL;
    }
    if (server->port != NULL)
        sock_port(server->port, "tcp", &port);
    set_options(db, t);
    if (mysql.mysql_real_connect(db, server->is_local ? NULL : server->host,
                                 or_null(sql->user), or_null(sql->password),
                                 sql->dbname, (unsigned)port,
                                 server->is_local ? server->host : NULL,
                                 CLIENT_MULTI_RESULTS) != NULL)
        return db;
    error_set(why, "connect to mysql server %s: %s", server->name,
              mysql.mysql_error(db));
    mysql.mysql_close(db);
    return NULL;
}

static bool quote(void *connection, const char *text, size_t length,
                  struct str *out)
{
    str_reserve(out, length * 2 + 1);
    unsigned long added = mysql.mysql_real_escape_string(
        connection, out->data + out->length, text, length);
    if (added == (unsigned long)-1)
        return false;
    out->length += added;
    out->data[out->length] = 0;
    return true;
}

static void take_rows(MYSQL_RES *result, struct template_values *values)
{
    unsigned columns = mysql.mysql_num_fields(result);

    for (MYSQL_ROW row; (row = mysql.mysql_fetch_row(result)) != NULL;) {
        unsigned long *lengths = mysql.mysql_fetch_lengths(result);
        for (unsigned i = 0; i < columns; i++)
            if (row[i] != NULL)
                template_values_add(values, row[i], lengths[i]);
    }
}

/* A stored procedure gives several results, of which one may have data. */
static bool take_results(struct sql *sql, MYSQL *db,
                         struct template_values *values, bool *has_data,
                         struct error *why)
{
    int more;

    do {
        MYSQL_RES *result = mysql.mysql_store_result(db);
        if (result == NULL && mysql.mysql_errno(db) != 0)
            return error_set(why, "%s: query failed (mysql_store_result): %s",
                             sql->table, mysql.mysql_error(db));
        if (result != NULL && *has_data) {
            mysql.mysql_free_result(result);
            return error_set(why,
                             "%s: query failed: multiple result sets "
                             "returning data are not supported",
                             sql->table);
        }
        if (result != NULL) {
            *has_data = true;
            take_rows(result, values);
            mysql.mysql_free_result(result);
        }
        more = mysql.mysql_next_result(db);
    } while (more == 0);
    if (more < 0)
        return true;
    return error_set(why, "%s: query failed (mysql_next_result): %s",
                     sql->table, mysql.mysql_error(db));
}

static bool mysql_ask(struct sql *sql, const struct sql_server *server,
                      const struct str *query, struct template_values *values,
                      struct error *why)
{
    MYSQL *db = server->connection;
    const struct mysql_table *t = (const struct mysql_table *)sql;
    bool has_data = false;

    if (mysql.mysql_real_query(db, query->data, query->length) != 0)
        return error_set(why, "%s: query failed: %s", sql->table,
                         mysql.mysql_error(db));
    if (!take_results(sql, db, values, &has_data, why))
        return false;
    if (!has_data && t->require_result_set)
        return error_set(why,
                         "%s: query failed: query returned no result set "
                         "(require_result_set = yes)",
                         sql->table);
    return true;
}

static const struct sql_backend backend = {
    .type = "mysql",
    .local_first = true,
    .parse_server = parse_server,
    .connect = mysql_connect_to,
    .disconnect = mysql_disconnect,
    .quote = quote,
    .ask = mysql_ask,
};

#define TEXT(name, member, fallback, min)                                 \
    { name, SETTING_TEXT, offsetof(struct mysql_table, member), fallback, \
      min, 0 }
#define BOOL(name, member, fallback)                                      \
    { name, SETTING_BOOL, offsetof(struct mysql_table, member), fallback, \
      0, 0 }

static const struct setting settings[] = {
    SQL_MAIN_SETTINGS,
    SQL_SERVER_SETTINGS,
    TEXT("dbname", sql.dbname, "", 1),
    TEXT("charset", charset, "utf8mb4", 1),
    TEXT("option_file", option_file, NULL, 0),
    TEXT("option_group", option_group, "client", 0),
    BOOL("require_result_set", require_result_set, "yes"),
    TEXT("tls_key_file", key_file, NULL, 0),
    TEXT("tls_cert_file", cert_file, NULL, 0),
    TEXT("tls_CAfile", ca_file, NULL, 0),
    TEXT("tls_CApath", ca_path, NULL, 0),
    TEXT("tls_ciphers", ciphers, NULL, 0),
    BOOL("tls_verify_cert", verify, "no"),
};

static void *mysql_open(const char *name, const struct table_options *options,
                        struct error *why)
{
    if (!mysql_load(why))
        return NULL;
    mysql.mysql_library_init(0, NULL, NULL);
    return sql_open(&backend, sizeof(struct mysql_table), name, options,
                    settings, sizeof(settings) / sizeof(settings[0]),
                    "localhost", why);
}

const struct table_driver driver_mysql = {
    .type = "mysql",
    .can = TABLE_CAN_WAIT | TABLE_ASKS_SERVER | TABLE_HAS_SETTINGS,
    .open = mysql_open,
    .get = sql_get,
    .instance_can = sql_can,
    .owner = sql_owner,
    .close = sql_close,
};
