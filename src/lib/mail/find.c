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

/* The local part of an address in one form: external, or internal. */
struct form {
    const char *local; /* user+ext */
    const char *user;  /* user, or NULL if there is no extension */
};

struct lookup {
    struct maps *maps;
    struct arena *arena;
    const struct find_options *options;
    struct form forms[2];
    size_t form_count;
    const char *domain;    /* NULL if there is none */
    const char *extension; /* NULL if there is none */
    struct str *value;
    bool extension_left_out;
};

static enum answer ask(struct lookup *lookup, const char *key)
{
    return maps_get(lookup->maps, key, true, lookup->value);
}

/* One key, in each form in which it is another. */
static enum answer ask_name(struct lookup *lookup, bool with_extension,
                            const char *at_domain, bool whole)
{
    const char *former = NULL;
    enum answer answer = ABSENT;

    for (size_t i = 0; i < lookup->form_count && answer == ABSENT; i++) {
        const struct form *form = &lookup->forms[i];
        const char *name = with_extension ? form->local : form->user;
        if (former != NULL && strcmp(former, name) == 0)
            continue;
        former = name;
        if (at_domain != NULL)
            name = arena_printf(lookup->arena, "%s@%s", name, at_domain);
        answer = maps_get(lookup->maps, name, !whole, lookup->value);
    }
    return answer;
}

/* With the extension, then without. */
static enum answer ask_both(struct lookup *lookup, const char *at_domain,
                            bool whole)
{
    enum answer answer = ask_name(lookup, true, at_domain, whole);

    if (answer != ABSENT || lookup->extension == NULL)
        return answer;
    answer = ask_name(lookup, false, at_domain, false);
    lookup->extension_left_out = answer == FOUND;
    return answer;
}

/* ---- The steps, in their order ------------------------------------------ */

static enum answer step_full(struct lookup *lookup)
{
    return ask_both(lookup, lookup->domain, true);
}

static enum answer step_local(struct lookup *lookup)
{
    const struct find_options *options = lookup->options;

    if (lookup->domain == NULL || options->is_local == NULL)
        return ABSENT;
    enum answer local = options->is_local(lookup->domain, options->context);
    return local == FOUND ? ask_both(lookup, NULL, false) : local;
}

static enum answer step_local_always(struct lookup *lookup)
{
    return lookup->domain == NULL ? ABSENT : ask_both(lookup, NULL, false);
}

static enum answer step_at_domain(struct lookup *lookup)
{
    if (lookup->domain == NULL)
        return ABSENT;
    return ask(lookup, arena_printf(lookup->arena, "@%s", lookup->domain));
}

/* The name, then its parents, as ".parent" or "parent". */
static enum answer step_domain(struct lookup *lookup)
{
    const char *name = lookup->domain;
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
    return lookup->domain == NULL ? ABSENT : ask_both(lookup, "", false);
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

static void add_form(struct lookup *lookup, const char *local,
                     const char *user, bool internal)
{
    struct form *form = &lookup->forms[lookup->form_count++];

    form->local = local_form(lookup->arena, local, internal);
    form->user = user == NULL ? NULL
                              : local_form(lookup->arena, user, internal);
}

/* Keys are in external form, as people write addresses. Old tables may have
 * the internal one, which is asked for where it differs. */
static void cut(struct lookup *lookup, const char *address)
{
    struct arena *arena = lookup->arena;
    char *local = address_local(arena, address);
    char *at = address_split_extension(local, lookup->options->delimiters,
                                       true);
    char *user = NULL;

    lookup->domain = address_domain(address);
    if (at != NULL) {
        lookup->extension = arena_strdup(arena, at);
        user = arena_strndup(arena, local, (size_t)(at - local));
    }
    if (!lookup->options->internal_form)
        add_form(lookup, local, user, false);
    add_form(lookup, local, user, true);
}

enum answer find_address(struct maps *maps, struct arena *arena,
                         const char *address,
                         const struct find_options *options, struct str *value,
                         char **extension)
{
    struct lookup lookup = { .maps = maps,
                             .arena = arena,
                             .options = options,
                             .value = value };

    if (extension != NULL)
        *extension = NULL;
    cut(&lookup, address);
    enum answer answer = run_steps(&lookup);
    if (answer == FOUND && extension != NULL && lookup.extension_left_out)
        *extension = arena_strdup(arena, lookup.extension);
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
