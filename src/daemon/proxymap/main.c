/* SPDX-License-Identifier: ISC
 *
 * main.c - proxymap and proxywrite: tables for processes that cannot, or
 * should not, open them on their own. The service's name says which it is.
 */
#include <string.h>

#include "base/fatal.h"
#include "base/hash.h"
#include "base/log.h"
#include "ipc/codec.h"
#include "ipc/dispatch.h"
#include "ipc/messages/small.h"
#include "proxymap.h"
#include "service/service.h"
#include "table/driver.h"

static struct approved *approved;
static struct hash *tables; /* "flags type:name" -> struct table */
static bool may_write;

static bool answer(struct stream *s, int status, const char *key,
                   const char *value, const char *reason, unsigned flags)
{
    struct proxymap_reply reply = { status, key, value, flags, reason };

    return ipc_send(s, proxymap_reply, &reply);
}

static bool refuse(struct stream *s, int status, const char *reason)
{
    return answer(s, status, "", "", reason, 0);
}

static void log_unapproved(const char *name)
{
    log_warning("request for unapproved table: \"%s\"", name);
    log_warning("to approve this table for %s access, list proxy:%s in "
                "main.cf:%s",
                may_write ? "read-write" : "read-only", name,
                may_write ? "proxy_write_maps" : "proxy_read_maps");
}

/* What of the client's flags decides how a table is opened: clients with
 * other flags get a table of their own. */
static unsigned flags_for_opening(int64_t flags)
{
    const unsigned kept = TABLE_FOLD | TABLE_UTF8 | TABLE_NO_REGSUB |
                          TABLE_SRC_RHS_IS_FILE | TABLE_DUP_IGNORE |
                          TABLE_DUP_REPLACE;

    return ((unsigned)flags & kept) | TABLE_NO_PROXY;
}

static struct table *open_once(struct arena *arena, const char *name,
                               unsigned flags, struct error *why)
{
    char *key = arena_printf(arena, "%u %s", flags, name);
    struct table *table = hash_get(tables, key);

    if (table != NULL)
        return table;
    table = table_open(name, may_write ? TABLE_UPDATE : TABLE_READ, flags,
                       why);
    if (table != NULL)
        hash_put(tables, key, table);
    return table;
}

/* The table of a request, or NULL: the client was answered, *sent says
 * whether that worked. */
static struct table *find_table(struct stream *s, struct arena *arena,
                                const struct proxymap_request *q, bool *sent)
{
    struct error why = ERROR_NONE;

    if (!approved_has(approved, q->table)) {
        log_unapproved(q->table);
        *sent = refuse(s, PROXYMAP_DENIED, "");
        return NULL;
    }
    struct table *table =
        open_once(arena, q->table, flags_for_opening(q->flags), &why);
    if (table == NULL)
        *sent = refuse(s, PROXYMAP_CONFIG, why.text);
    return table;
}

static bool send_answer(struct stream *s, struct table *table,
                        enum answer what, const struct str *key,
                        const struct str *value)
{
    switch (what) {
    case FOUND:
        return answer(s, PROXYMAP_OK, key == NULL ? "" : key->data,
                      value == NULL ? "" : value->data, "", 0);
    case ABSENT: return refuse(s, PROXYMAP_ABSENT, "");
    case FAILED: break;
    }
    return refuse(s, PROXYMAP_RETRY, table_error(table));
}

static bool serve_open(struct stream *s, struct arena *arena,
                       const void *request, void *context)
{
    bool sent;
    struct table *table = find_table(s, arena, request, &sent);

    (void)context;
    if (table == NULL)
        return sent;
    if (*table_error(table) != '\0')
        return refuse(s, PROXYMAP_RETRY, table_error(table));
    return answer(s, PROXYMAP_OK, "", "", "",
                  TABLE_CAN_WALK | (may_write ? TABLE_CAN_WRITE : 0) |
                      (table_can(table) &
                       (TABLE_IS_PATTERN | TABLE_KEEPS_ANSWERS)));
}

static bool serve_lookup(struct stream *s, struct arena *arena,
                         const void *request, void *context)
{
    const struct proxymap_request *q = request;
    struct str value = STR_EMPTY;
    bool sent;
    struct table *table = find_table(s, arena, q, &sent);

    (void)context;
    if (table == NULL)
        return sent;
    sent = send_answer(s, table, table_get(table, q->key, &value), NULL,
                       &value);
    str_fini(&value);
    return sent;
}

static bool serve_sequence(struct stream *s, struct arena *arena,
                           const void *request, void *context)
{
    const struct proxymap_request *q = request;
    struct str key = STR_EMPTY, value = STR_EMPTY;
    bool sent;
    struct table *table = find_table(s, arena, q, &sent);

    (void)context;
    if (table == NULL)
        return sent;
    sent = send_answer(s, table, table_next(table, q->first, &key, &value),
                       &key, &value);
    str_fini(&key);
    str_fini(&value);
    return sent;
}

static bool serve_change(struct stream *s, struct arena *arena,
                         const struct proxymap_request *q, bool is_put)
{
    bool sent;

    if (!may_write) {
        log_warning("refusing to change table \"%s\" on the read-only "
                    "service",
                    q->table);
        return refuse(s, PROXYMAP_DENIED, "");
    }
    struct table *table = find_table(s, arena, q, &sent);
    if (table == NULL)
        return sent;
    enum answer what = is_put ? table_put(table, q->key, q->value)
                              : table_del(table, q->key);
    if (what == FOUND && !table_commit(table))
        what = FAILED;
    return send_answer(s, table, what, NULL, NULL);
}

static bool serve_update(struct stream *s, struct arena *arena,
                         const void *request, void *context)
{
    (void)context;
    return serve_change(s, arena, request, true);
}

static bool serve_delete(struct stream *s, struct arena *arena,
                         const void *request, void *context)
{
    (void)context;
    return serve_change(s, arena, request, false);
}

static const struct dispatch_row requests[] = {
    { "open", &proxymap_request_schema, serve_open },
    { "lookup", &proxymap_request_schema, serve_lookup },
    { "update", &proxymap_request_schema, serve_update },
    { "delete", &proxymap_request_schema, serve_delete },
    { "sequence", &proxymap_request_schema, serve_sequence },
};

static void serve(struct service_client *client)
{
    dispatch_serve(client->stream, requests,
                   sizeof requests / sizeof *requests, common_params.ipc_idle,
                   common_params.ipc_timeout, NULL);
}

static void start(void)
{
    const char *name = service_name();

    may_write = strcmp(name, common_params.proxywrite_service_name) == 0;
    if (!may_write && strcmp(name, common_params.proxymap_service_name) != 0)
        fatal("service name must be \"%s\" or \"%s\", but it is \"%s\"",
              common_params.proxymap_service_name,
              common_params.proxywrite_service_name, name);
    tables = hash_new();
    approved = approved_new(may_write ? table_params.proxy_write_maps
                                      : table_params.proxy_read_maps);
}

static const struct param_group *const groups[] = { &table_param_group, NULL };

static const struct service proxymap = {
    .name = "proxymap",
    .groups = groups,
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_MANY,
    .may = MAY_READ_CONFIG | MAY_WRITE_DATA | MAY_CONNECT_INET,
    .serve = serve,
    .before_jail = start,
};

int main(int argc, char **argv)
{
    return service_main(&proxymap, argc, argv);
}
