/* SPDX-License-Identifier: ISC
 *
 * find.c - table lookups by mail address.
 *
 * The order is that of access(5), canonical(5) and virtual(5): the whole
 * address, the address without extension, the user, the domain. Tables of
 * patterns are asked for whole addresses only.
 */
#include "mail/find.h"

#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "mail/address.h"
#include "mail/quote.h"
#include "mail/token822.h"

/* One form (external or internal) of an address, cut into its parts. */
struct key_parts {
    const char *full;    /* user+ext@domain */
    const char *local;   /* user+ext */
    const char *user;    /* user, or NULL if there is no extension */
    const char *domain;  /* NULL if there is none */
    const char *extension;
};

struct lookup {
    struct maps *maps;
    struct arena *arena;
    const struct find_options *options;
    struct key_parts parts;
    struct str *value;
    bool extension_left_out;
};

static enum answer ask(struct lookup *lookup, const char *key)
{
    return maps_get(lookup->maps, key, true, lookup->value);
}

static enum answer ask_local(struct lookup *lookup, const char *local,
                             const char *at_domain)
{
    if (at_domain == NULL)
        return ask(lookup, local);
    return ask(lookup, arena_printf(lookup->arena, "%s@%s", local, at_domain));
}

/* With the extension, then without. */
static enum answer ask_both(struct lookup *lookup, const char *at_domain)
{
    enum answer answer = ask_local(lookup, lookup->parts.local, at_domain);

    if (answer != ABSENT || lookup->parts.user == NULL)
        return answer;
    answer = ask_local(lookup, lookup->parts.user, at_domain);
    lookup->extension_left_out = answer == FOUND;
    return answer;
}

/* ---- The steps, in their order ------------------------------------------ */

static enum answer step_full(struct lookup *lookup)
{
    const struct key_parts *parts = &lookup->parts;

    enum answer answer =
        maps_get(lookup->maps, parts->full, false, lookup->value);
    if (answer != ABSENT || parts->user == NULL)
        return answer;
    answer = ask_local(lookup, parts->user, parts->domain);
    lookup->extension_left_out = answer == FOUND;
    return answer;
}

static enum answer step_local(struct lookup *lookup)
{
    const struct find_options *options = lookup->options;

    if (lookup->parts.domain == NULL || options->is_local == NULL)
        return ABSENT;
    enum answer local =
        options->is_local(lookup->parts.domain, options->context);
    return local == FOUND ? ask_both(lookup, NULL) : local;
}

static enum answer step_local_always(struct lookup *lookup)
{
    return lookup->parts.domain == NULL ? ABSENT : ask_both(lookup, NULL);
}

static enum answer step_at_domain(struct lookup *lookup)
{
    if (lookup->parts.domain == NULL)
        return ABSENT;
    return ask_local(lookup, "", lookup->parts.domain);
}

/* The name, then its parents, as ".parent" or "parent". */
static enum answer step_domain(struct lookup *lookup)
{
    const char *name = lookup->parts.domain;
    bool with_dot = lookup->options->parents_with_dot;

    while (name != NULL && *name != 0) {
        enum answer answer = ask(lookup, name);
        if (answer != ABSENT)
            return answer;
        name = strchr(name + (*name == '.'), '.');
        if (name != NULL && !with_dot)
            name++;
    }
    return ABSENT;
}

static enum answer step_user_at(struct lookup *lookup)
{
    return lookup->parts.domain == NULL ? ABSENT : ask_both(lookup, "");
}

static const struct {
    enum find_step step;
    enum answer (*run)(struct lookup *lookup);
} steps[] = {
    { FIND_FULL, step_full },
    { FIND_LOCAL, step_local },
    { FIND_LOCAL_ALWAYS, step_local_always },
    { FIND_AT_DOMAIN, step_at_domain },
    { FIND_DOMAIN, step_domain },
    { FIND_USER_AT, step_user_at },
};

static enum answer run_steps(struct lookup *lookup)
{
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if ((lookup->options->steps & steps[i].step) == 0)
            continue;
        enum answer answer = steps[i].run(lookup);
        if (answer != ABSENT)
            return answer;
    }
    return ABSENT;
}

/* ---- Forms of the address ----------------------------------------------- */

static const char *local_form(struct arena *arena, const char *local,
                              bool internal)
{
    if (internal)
        return local;
    char *quoted = quote_822_dup(arena, arena_printf(arena, "%s@", local));
    quoted[strlen(quoted) - 1] = 0;
    return quoted;
}

static void cut(struct arena *arena, const char *address, bool internal,
                const char *delimiters, struct key_parts *parts)
{
    char *local = address_local(arena, address);
    char *at = address_split_extension(local, delimiters, true);

    memset(parts, 0, sizeof *parts);
    parts->local = local_form(arena, local, internal);
    parts->domain = address_domain(address);
    parts->full = parts->domain == NULL
                      ? parts->local
                      : arena_printf(arena, "%s@%s", parts->local,
                                     parts->domain);
    if (at == NULL)
        return;
    parts->extension = arena_strdup(arena, at);
    parts->user = local_form(
        arena, arena_strndup(arena, local, (size_t)(at - local)), internal);
}

/* Keys are in external form, as people write addresses. Old tables may have
 * the internal one; it is asked for when it differs. */
enum answer find_address(struct maps *maps, struct arena *arena,
                         const char *address,
                         const struct find_options *options, struct str *value,
                         char **extension)
{
    struct lookup lookup = { .maps = maps,
                             .arena = arena,
                             .options = options,
                             .value = value };
    struct key_parts internal;
    enum answer answer = ABSENT;

    if (extension != NULL)
        *extension = NULL;
    cut(arena, address, true, options->delimiters, &internal);
    if (!options->internal_form) {
        cut(arena, address, false, options->delimiters, &lookup.parts);
        answer = run_steps(&lookup);
    }
    if (options->internal_form ||
        (answer == ABSENT && strcmp(lookup.parts.full, internal.full) != 0)) {
        lookup.parts = internal;
        answer = run_steps(&lookup);
    }
    if (answer == FOUND && extension != NULL && lookup.extension_left_out)
        *extension = arena_strdup(arena, lookup.parts.extension);
    return answer;
}

/* ---- Results that are addresses ------------------------------------------ */

struct results {
    struct arena *arena;
    const char *address;   /* that was looked up */
    const char *extension; /* to add, or NULL */
    const char *myorigin;
    struct { ARRAY_OF(char *); } list;
};

static char *complete(const struct results *results, char *found)
{
    struct arena *arena = results->arena;

    if (found[0] == '@')
        return arena_printf(arena, "%s%s",
                            address_local(arena, results->address), found);
    const char *domain = address_domain(found);
    return arena_printf(arena, "%s%s@%s", address_local(arena, found),
                        results->extension == NULL ? "" : results->extension,
                        domain == NULL ? results->myorigin : domain);
}

static void add_result(struct token822 **spec, void *context)
{
    struct results *results = context;
    char *found = token822_internal(results->arena, *spec);

    ARRAY_ADD(&results->list, complete(results, found));
}

enum answer find_addresses(struct maps *maps, struct arena *arena,
                           const char *address,
                           const struct find_options *options, bool propagate,
                           char ***addresses, size_t *count)
{
    enum { TOKENS_MAX = 1 << 20 };
    struct str value = STR_EMPTY;
    char *extension;

    enum answer answer =
        find_address(maps, arena, address, options, &value, &extension);
    if (answer == FOUND) {
        struct results results = { .arena = arena,
                                   .address = address,
                                   .extension = propagate ? extension : NULL,
                                   .myorigin = options->myorigin };
        token822_each_address(token822_parse(arena, value.data, TOKENS_MAX),
                              add_result, &results);
        *count = results.list.count;
        *addresses = arena_memdup(arena, results.list.items,
                                  results.list.count * sizeof(char *));
        ARRAY_FREE(&results.list);
        if (*count == 0) {
            log_warning("lookup of %s gives no address: \"%.100s\"", address,
                        value.data);
            answer = FAILED;
        }
    }
    str_fini(&value);
    return answer;
}
