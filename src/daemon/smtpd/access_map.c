/* SPDX-License-Identifier: ISC
 *
 * access_map.c - how access(5) tables are searched.
 */
#include <string.h>

#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "client/resolve.h"
#include "mail/address.h"
#include "mail/quote.h"

/* A search in one table. */
struct search {
    struct access *a;
    const char *table;
    const char *reply_name, *class_name;
    bool found;
    const char *whole; /* what is searched, if keys are parts of it */
};

/* Tables are opened at start; one that is not there came from a table's own
 * right-hand side, which is not allowed, or has no type. */
static struct maps *open_table(struct search *q)
{
    struct maps *maps = hash_get(settings()->tables, q->table);

    if (maps == NULL && strchr(q->table, ':') == NULL)
        log_warning("open dictionary: expecting \"type:name\" form instead of "
                    "\"%s\"",
                    q->table);
    else if (maps == NULL)
        log_warning("access map %s was not named in main.cf", q->table);
    return maps;
}

/* Look up one key; <partial>: pattern tables are skipped. */
static enum access_result look_up(struct search *q, const char *key,
                                  bool partial)
{
    struct maps *maps = open_table(q);
    struct str value = STR_EMPTY;
    enum access_result result = ACCESS_DUNNO;

    if (maps == NULL) {
        q->found = true;
        return access_trouble(q->a, "451 4.3.5 Server configuration error");
    }
    enum answer answer = maps_get(maps, key, partial, &value);
    log_trace(q->a->s->verbosity, "access table %s: \"%s\": %s", q->table, key,
                  answer == FOUND    ? value.data
                  : answer == ABSENT ? "not found"
                                     : "lookup error");
    switch (answer) {
    case FOUND:
        q->found = true;
        result = access_action(q->a, q->table, q->whole ? q->whole : key,
                               arena_strdup(q->a->s->line_arena, value.data),
                               q->reply_name, q->class_name);
        break;
    case FAILED:
        q->found = true;
        result = access_trouble(q->a,
                                "451 4.3.5 <%s>: %s rejected: Server "
                                "configuration error",
                                q->reply_name, q->class_name);
        break;
    case ABSENT:
        break;
    }
    str_fini(&value);
    return result;
}

/* The whole name, then its parents, with a dot or without. */
static enum access_result search_domain(struct search *q, const char *domain,
                                        bool partial)
{
    bool with_dot = !settings()->access_parents;
    enum access_result result = look_up(q, domain, partial);

    while (!q->found) {
        const char *dot = strchr(*domain == '.' ? domain + 1 : domain, '.');
        if (dot == NULL || dot[1] == '\0')
            return ACCESS_DUNNO;
        domain = with_dot ? dot : dot + 1;
        result = look_up(q, domain, true);
    }
    return result;
}

static enum access_result search_network(struct search *q,
                                         const char *address)
{
    char *key = arena_strdup(q->a->s->line_arena, address);
    enum access_result result = look_up(q, key, false);
    int separator = strchr(key, ':') ? ':' : '.';

    while (!q->found) {
        char *last = strrchr(key, separator);
        if (last == NULL || last == key)
            return ACCESS_DUNNO;
        *last = '\0';
        /* "2001:db8::1" is shortened to "2001:db8". */
        if (last > key && last[-1] == ':')
            last[-1] = '\0';
        result = look_up(q, key, true);
    }
    return result;
}

enum access_result access_map_exact(struct access *a, const char *table,
                                    const char *datum, const char *reply_name,
                                    const char *class_name)
{
    struct search q = { a, table, reply_name, class_name, false, NULL };
    return look_up(&q, datum, false);
}

enum access_result access_map_domain(struct access *a, const char *table,
                                     const char *domain,
                                     const char *reply_name,
                                     const char *class_name)
{
    struct search q = { a, table, reply_name, class_name, false, NULL };
    return search_domain(&q, domain, false);
}

enum access_result access_map_network(struct access *a, const char *table,
                                      const char *address,
                                      const char *reply_name,
                                      const char *class_name, bool *found)
{
    struct search q = { a, table, reply_name, class_name, false, NULL };
    enum access_result result = search_network(&q, address);

    *found = q.found;
    return result;
}

enum access_result access_map_host(struct access *a, const char *table,
                                   const char *name, const char *address,
                                   const char *reply_name,
                                   const char *class_name)
{
    struct search q = { a, table, reply_name, class_name, false, NULL };
    enum access_result result = search_domain(&q, name, false);

    return q.found ? result : search_network(&q, address);
}

/* ---- mail addresses ---- */

/* As people write it, then as it is, if that is another. */
static enum access_result look_up_name(struct search *q, const char *local,
                                       const char *domain, bool partial)
{
    struct arena *arena = q->a->s->line_arena;
    const char *plain = arena_printf(arena, "%s@%s", local, domain);
    const char *quoted = quote_822_dup(arena, plain);
    enum access_result result = look_up(q, quoted, partial);

    if (!q->found && strcmp(quoted, plain) != 0)
        result = look_up(q, plain, partial);
    return result;
}

/* user+ext@domain, user@domain, domain and parents, user+ext@, user@. */
static enum access_result search_mail(struct search *q, const char *address)
{
    struct arena *arena = q->a->s->line_arena;
    q->whole = address;
    const char *domain = address_domain(address);
    char *local = address_local(arena, address);
    char *plain = arena_strdup(arena, local);
    char *cut = address_split_extension(plain,
                                        common_params.recipient_delimiter,
                                        common_params.owner_request_special);

    if (cut != NULL)
        *cut = '\0';
    enum access_result result = look_up_name(q, local, domain, false);
    if (!q->found && cut != NULL)
        result = look_up_name(q, plain, domain, true);
    if (!q->found)
        result = search_domain(q, domain, true);
    if (!q->found)
        result = look_up_name(q, local, "", true);
    if (!q->found && cut != NULL)
        result = look_up_name(q, plain, "", true);
    return result;
}

enum access_result access_map_mail(struct access *a, const char *table,
                                   const char *address,
                                   const char *reply_name,
                                   const char *class_name)
{
    struct search q = { a, table, reply_name, class_name, false, NULL };
    struct resolve_reply resolved;

    if (!address_resolve(a->s, address, &resolved))
        return access_trouble(a, "451 4.3.0 <%s>: Temporary lookup failure",
                              reply_name);
    if (address_domain(resolved.recipient) == NULL)
        return ACCESS_DUNNO;
    return search_mail(&q, resolved.recipient);
}
