/* SPDX-License-Identifier: ISC
 *
 * main_cf_value.c - what the settings of main.cf come to.
 *
 * A value is expanded when somebody asks for it, and remembered until an
 * override changes the picture.
 */
#include <string.h>

#include "base/expand.h"
#include "base/fatal.h"
#include "base/str.h"
#include "config/compat.h"
#include "config/computed.h"
#include "config/functions.h"
#include "main_cf_private.h"

#define DEPTH_MAX 20

const char *config_get_default(struct config *config, const char *name)
{
    const struct param_entry *entry = param_index_find(config->index, name);

    if (entry == NULL)
        return NULL;
    if (entry->default_text != NULL)
        return entry->default_text;
    const char *value = hash_get(config->computed, name);
    if (value == NULL) {
        value = computed_default(config, name);
        hash_put(config->computed, name, (void *)value);
    }
    return value;
}

const char *config_get_unexpanded(struct config *config, const char *name)
{
    const char *value = config_get_raw(config, name);
    const char *former = value == NULL ? param_former_name(name) : NULL;

    if (former != NULL)
        value = config_get_raw(config, former);
    return value != NULL ? value : config_get_default(config, name);
}

/* One expansion in progress. */
struct expansion {
    struct config *config;
    config_scope *scope; /* NULL, or who is asked first */
    void *context;
    struct error *why;
    struct error culprit; /* the parameter at fault, if it is another one */
    bool failed; /* in a place that cannot say so: a lookup */
};

static const char *expand(struct expansion *e, const char *text);

static const char *expand_argument(void *context, const char *text,
                                   struct error *why)
{
    (void)why; /* it is the expansion's own */
    return expand(context, text);
}

/* <text> without its function calls, kept by the config. */
static const char *without_calls(struct expansion *e, const char *text)
{
    struct str out = STR_EMPTY;

    if (!functions_has_call(text))
        return text;
    bool ok = functions_call(text, expand_argument, e, &out, e->why);
    text = ok ? arena_strdup(e->config->arena, out.data) : NULL;
    str_fini(&out);
    return text;
}

static const char *look_up(const char *name, void *context)
{
    struct expansion *e = context;
    const char *text = NULL;

    /* A name that needs itself more than once would else take for ever. */
    if (e->failed)
        return NULL;
    if (e->scope != NULL)
        text = e->scope(name, e->context);
    if (text == NULL)
        text = config_get_unexpanded(e->config, name);
    if (text == NULL)
        return NULL;
    text = without_calls(e, text);
    if (text == NULL)
        e->failed = true;
    return text;
}

static const char *expand(struct expansion *e, const char *text)
{
    const struct expand_options options = {
        .lookup = look_up,
        .context = e,
        .recursive = true,
        .culprit = &e->culprit,
    };
    struct str out = STR_EMPTY;
    const char *result = NULL;

    /* A computed default, or the text of a function call, that needs itself
     * comes here again and again. */
    if (e->config->depth > DEPTH_MAX) {
        error_set(e->why, "unreasonable nesting of $name at \"%.100s\"",
                  text);
        return NULL;
    }
    e->config->depth++;
    text = without_calls(e, text);
    if (text != NULL && expand_text(&out, text, &options, NULL, e->why) &&
        !e->failed)
        result = arena_strdup(e->config->arena, out.data);
    e->config->depth--;
    str_fini(&out);
    return result;
}

const char *config_expand_in(struct config *config, const char *text,
                             config_scope *scope, void *context,
                             struct error *why)
{
    struct expansion e = { .config = config, .scope = scope,
                           .context = context, .why = why };

    if (strchr(text, '$') == NULL)
        return arena_strdup(config->arena, text);
    return expand(&e, text);
}

const char *config_expand(struct config *config, const char *text,
                          struct error *why)
{
    return config_expand_in(config, text, NULL, NULL, why);
}

static bool is_raw(struct config *config, const char *name)
{
    const struct param_entry *entry = param_index_find(config->index, name);

    return entry != NULL && entry->row->type == PARAM_RAW;
}

/* The $name in a raw value belong to the program that uses it; but one raw
 * parameter may be another ("$smtpd_reject_footer"). */
static const char *raw_text(struct config *config, const char *text)
{
    for (int i = 0; i < DEPTH_MAX && text[0] == '$'; i++) {
        if (!is_raw(config, text + 1))
            break;
        text = config_get_unexpanded(config, text + 1);
    }
    return text;
}

/* The value of a parameter; an error says which parameter is to be mended. */
static const char *expand_parameter(struct config *config, const char *name,
                                    const char *text, struct error *why)
{
    struct expansion e = { .config = config, .why = why };

    if (strchr(text, '$') == NULL)
        return arena_strdup(config->arena, text);
    text = expand(&e, text);
    if (text != NULL)
        return text;
    if (e.culprit.text[0] != '\0')
        name = e.culprit.text;
    error_prefix(why, "%s: parameter %s", config_where(config, name), name);
    return NULL;
}

const char *config_try(struct config *config, const char *name,
                       struct error *why)
{
    const char *known = hash_get(config->expanded, name);
    if (known != NULL)
        return known;

    const char *text = config_get_unexpanded(config, name);
    if (text == NULL) {
        error_set(why, "%s: unknown parameter", name);
        return NULL;
    }
    text = is_raw(config, name) ? raw_text(config, text)
                                : expand_parameter(config, name, text, why);
    if (text == NULL)
        return NULL;
    hash_put(config->expanded, name, (void *)text);
    return text;
}

const char *config_get(struct config *config, const char *name)
{
    struct error why = ERROR_NONE;

    if (config_get_unexpanded(config, name) == NULL)
        return NULL;
    const char *text = config_try(config, name, &why);
    if (text == NULL)
        fatal("%s", why.text);
    return text;
}

/* What each is by itself does not show: delimiters that bounce(8) and
 * cleanup(8) would refuse later, when a message waits for them. */
static bool delimiters_fit(struct config *config, struct error *why)
{
    static const char *const places[] = { "first", "second" };
    const char *own = "default_verp_delimiters",
               *filter = "verp_delimiter_filter";
    const char *delimiters = config_try(config, own, why);
    const char *allowed = config_try(config, filter, why);

    if (delimiters == NULL || allowed == NULL)
        return false;
    for (size_t i = 0; i < 2 && delimiters[i] != '\0'; i++)
        if (strchr(allowed, delimiters[i]) == NULL) {
            error_set(why, "parameters default_verp_delimiters and "
                           "verp_delimiter_filter: bad %s VERP delimiter "
                           "character",
                      places[i]);
            return error_prefix(why, "%s",
                                config_where(config,
                                             config_is_set(config, own)
                                                 ? own
                                                 : filter));
        }
    return true;
}

bool config_load_groups(struct config *config,
                        const struct param_group *const *groups,
                        struct error *why)
{
    const char *level = config_try(config, "compatibility_level", why);
    long ignored;

    if (level == NULL)
        return false;
    if (!compat_level_parse(level, &ignored, why))
        return error_prefix(why, "%s",
                            config_where(config, "compatibility_level"));
    for (size_t i = 0; groups[i] != NULL; i++)
        if (!param_group_load(config, groups[i], why))
            return false;
    return delimiters_fit(config, why);
}
