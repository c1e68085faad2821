/* SPDX-License-Identifier: ISC
 *
 * driver_proxy.c - proxy:type:name, a table that the proxymap service opens.
 *
 * A caller that must not depend on data from elsewhere (TABLE_NO_PROXY) gets
 * the table itself.
 */

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "ipc/call.h"
#include "ipc/messages/small.h"

enum { IDLE_S = 5, LIFE_S = 1000 }; /* ipc_idle, ipc_ttl */

struct proxy {
    char *name;            /* owned; "type:name" */
    struct table *direct;  /* owned; NULL: through the service */
    struct ipc_pool *pool; /* shared by all tables of a service */
    unsigned flags, can;
};

/* Made once, never freed. */
static struct ipc_pool *pool_for(const struct table_options *options)
{
    static struct ipc_pool *reading, *writing;
    const struct table_setup *setup = options->setup;
    bool writes = options->mode == TABLE_UPDATE;
    struct ipc_pool **pool = writes ? &writing : &reading;

    if (*pool == NULL)
        *pool = ipc_pool_new("private",
                             writes ? setup->proxywrite_service
                                    : setup->proxy_service,
                             setup->ipc_timeout_s, IDLE_S, LIFE_S);
    return *pool;
}

/* What a status of the service comes to. */
static enum answer answer_of(const struct proxy *p,
                             const struct proxymap_reply *reply,
                             struct error *why)
{
    switch (reply->status) {
    case PROXYMAP_OK: return FOUND;
    case PROXYMAP_ABSENT: return ABSENT;
    case PROXYMAP_DENIED:
        error_set(why, "proxymap service is not configured for table \"%s\"",
                  p->name);
        return FAILED;
    default:
        error_set(why, "proxy:%s: %s", p->name,
                  reply->reason != NULL && *reply->reason != 0
                      ? reply->reason
                      : "the proxymap service reports an error");
        return FAILED;
    }
}

struct call {
    const char *operation, *key, *value;
    bool first;
    struct str *key_out, *value_out; /* may be NULL */
};

static enum answer ask(struct proxy *p, const struct call *call,
                       unsigned *flags, struct error *why)
{
    struct arena *arena = arena_new();
    struct ipc_client *client = ipc_pool_take(p->pool);
    struct proxymap_request request = {
        .table = p->name,
        .flags = p->flags,
        .key = call->key != NULL ? call->key : "",
        .value = call->value != NULL ? call->value : "",
        .first = call->first,
    };
    struct proxymap_reply reply = { 0 };
    enum answer answer = FAILED;

    if (ipc_call(client, arena, call->operation, proxymap_request, &request,
                 proxymap_reply, &reply, why))
        answer = answer_of(p, &reply, why);
    ipc_pool_give_back(p->pool, client);
    if (answer == FOUND && call->key_out != NULL)
        str_set(call->key_out, reply.key);
    if (answer == FOUND && call->value_out != NULL)
        str_set(call->value_out, reply.value);
    if (flags != NULL)
        *flags = reply.flags;
    arena_free(arena);
    return answer;
}

static void proxy_close(void *instance)
{
    struct proxy *p = instance;

    table_close(p->direct);
    free(p->name);
    free(p);
}

/* False and <why>. */
static bool connect_table(struct proxy *p, const struct table_options *options,
                          struct error *why)
{
    const struct call call = { .operation = "open" };

    if (strchr(p->name, ':') == NULL)
        return error_set(why,
                         "bad syntax: \"proxy:%s\"; need "
                         "\"proxy:type:name\"",
                         p->name);
    if (options->flags & TABLE_NO_PROXY) {
        p->direct = table_open_inner(p->name, options, why);
        if (p->direct != NULL) /* which keeps its answers itself */
            p->can = table_can(p->direct) & ~TABLE_KEEPS_ANSWERS;
        return p->direct != NULL;
    }
    if (options->mode == TABLE_CREATE)
        return error_set(why, "can't create maps via the proxy service");
    if (options->flags & TABLE_NO_UNAUTH)
        return error_set(why,
                         "proxy:%s map is not allowed for security sensitive "
                         "data",
                         p->name);
    p->pool = pool_for(options);
    return ask(p, &call, &p->can, why) == FOUND;
}

static void *proxy_open(const char *name, const struct table_options *options,
                        struct error *why)
{
    struct proxy *p = mem_zalloc(sizeof(*p));

    p->name = mem_strdup(name);
    p->flags = options->flags;
    if (connect_table(p, options, why))
        return p;
    if (why->text[0] == 0)
        error_set(why, "proxy:%s is not available", name);
    proxy_close(p);
    return NULL;
}

static unsigned proxy_can(void *instance)
{
    const struct proxy *p = instance;

    return TABLE_IS_WRAPPER |
           (p->can & (TABLE_IS_PATTERN | TABLE_CAN_WRITE | TABLE_CAN_WALK |
                      TABLE_KEEPS_ANSWERS));
}

static enum answer direct_answer(const struct proxy *p, enum answer answer,
                                 struct error *why)
{
    if (answer == FAILED)
        error_set(why, "%s", table_error(p->direct));
    return answer;
}

static enum answer proxy_get(void *instance, const char *key, struct str *value,
                             struct error *why)
{
    struct proxy *p = instance;
    const struct call call = { .operation = "lookup",
                               .key = key,
                               .value_out = value };

    if (p->direct != NULL)
        return direct_answer(p, table_get(p->direct, key, value), why);
    return ask(p, &call, NULL, why);
}

static enum answer proxy_put(void *instance, const char *key, const char *value,
                             struct error *why)
{
    struct proxy *p = instance;
    const struct call call = { .operation = "update",
                               .key = key,
                               .value = value };

    if (p->direct != NULL)
        return direct_answer(p, table_put(p->direct, key, value), why);
    return ask(p, &call, NULL, why);
}

static enum answer proxy_del(void *instance, const char *key, struct error *why)
{
    struct proxy *p = instance;
    const struct call call = { .operation = "delete", .key = key };

    if (p->direct != NULL)
        return direct_answer(p, table_del(p->direct, key), why);
    return ask(p, &call, NULL, why);
}

static enum answer proxy_next(void *instance, bool first, struct str *key,
                              struct str *value, struct error *why)
{
    struct proxy *p = instance;
    const struct call call = { .operation = "sequence",
                               .first = first,
                               .key_out = key,
                               .value_out = value };

    if (p->direct != NULL)
        return direct_answer(p, table_next(p->direct, first, key, value), why);
    return ask(p, &call, NULL, why);
}

static enum table_trust proxy_owner(void *instance, uid_t *owner)
{
    const struct proxy *p = instance;

    return p->direct != NULL ? table_owner(p->direct, owner) : TRUST_UNKNOWN;
}

const struct table_driver driver_proxy = {
    .type = "proxy",
    .can = TABLE_CAN_WRITE | TABLE_CAN_WALK | TABLE_IS_WRAPPER,
    .open = proxy_open,
    .get = proxy_get,
    .put = proxy_put,
    .del = proxy_del,
    .next = proxy_next,
    .instance_can = proxy_can,
    .owner = proxy_owner,
    .close = proxy_close,
};
