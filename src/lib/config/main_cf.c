/* SPDX-License-Identifier: ISC
 *
 * main_cf.c - main.cf: what it sets, and what that comes to.
 *
 * Settings are kept as written. A value is expanded when somebody asks for
 * it, and remembered until an override changes the picture.
 */
#include "config/main_cf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/expand.h"
#include "base/fatal.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/text.h"
#include "config/cf_file.h"
#include "config/compat.h"
#include "config/computed.h"
#include "config/functions.h"

#define DEPTH_MAX 20

struct setting {
    const char *value;
    const char *path; /* NULL: an override from somewhere */
    int line;
    bool is_override;
};

struct config {
    struct arena *arena; /* owned; all texts */
    const char *directory;
    struct hash *settings; /* of struct setting, in the arena */
    struct hash *expanded; /* of text in the arena */
    struct hash *computed; /* the same; defaults that took some work */
    int depth;             /* of config_expand calls in progress */
    struct param_index *index;
    const char *process_name; /* NULL: not told */
    const char *service_name;
    struct {
        ARRAY_OF(const char *);
    } names; /* for config_names */
};

struct config *config_new(const char *directory)
{
    struct config *config = mem_zalloc(sizeof *config);

    config->arena = arena_new();
    config->settings = hash_new();
    config->expanded = hash_new();
    config->computed = hash_new();
    config->index = param_index_new();
    config->directory = arena_strdup(config->arena, directory);
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    ARRAY_FREE(&config->names);
    param_index_free(config->index);
    hash_free(config->expanded, NULL);
    hash_free(config->computed, NULL);
    hash_free(config->settings, NULL);
    arena_free(config->arena);
    free(config);
}

const char *config_directory(const struct config *config)
{
    return config->directory;
}

const struct param_index *config_index(struct config *config)
{
    return config->index;
}

const char *config_keep(struct config *config, const char *text)
{
    return arena_strdup(config->arena, text);
}

static void forget(struct hash **values)
{
    if (hash_count(*values) == 0)
        return;
    hash_free(*values, NULL);
    *values = hash_new();
}

static void forget_expanded(struct config *config)
{
    forget(&config->expanded);
    forget(&config->computed);
}

static struct setting *set(struct config *config, const char *name,
                           const char *value, const char *path, int line)
{
    struct setting *setting = ARENA_NEW(config->arena, struct setting);

    setting->value = arena_strdup(config->arena, value);
    setting->path = path;
    setting->line = line;
    hash_put(config->settings, name, setting);
    forget_expanded(config);
    return setting;
}

void config_override_at(struct config *config, const char *name,
                        const char *value, const char *path, int line)
{
    set(config, name, value, path ? arena_strdup(config->arena, path) : NULL,
        line)
        ->is_override = true;
}

void config_override(struct config *config, const char *name,
                     const char *value)
{
    config_override_at(config, name, value, NULL, 0);
}

void config_set_process(struct config *config, const char *process_name,
                        const char *service_name)
{
    config->process_name = arena_strdup(config->arena, process_name);
    config->service_name = arena_strdup(config->arena, service_name);
    forget_expanded(config);
}

/* Cut "name = value" up. The message texts are those that people know. */
static bool parse_setting(const struct cf_file *file, struct cf_line *line,
                          char **name, char **value, struct error *why)
{
    char *text = text_trim(line->text);
    size_t length = strcspn(text, "= \t\r\n\f\v");
    char *equals = text + length + strspn(text + length, " \t\r\n\f\v");

    if (length == 0)
        return cf_file_error(file, line, why,
                             "missing attribute name: \"%.100s\"", text);
    if (*equals != '=')
        return cf_file_error(file, line, why,
                             "missing '=' after attribute name: \"%.100s\"",
                             text);
    *name = text;
    *value = text_trim(equals + 1);
    text[length] = '\0';
    return true;
}

static void warn_of_duplicate(struct config *config, const char *path,
                              int line, const char *name,
                              void (*warn)(const char *text))
{
    const struct setting *old = hash_get(config->settings, name);

    if (warn == NULL || old == NULL || old->path == NULL ||
        strcmp(old->path, path) != 0)
        return;
    char *text = mem_printf("%s, line %d: overriding earlier entry: %s=%s",
                            path, line, name, old->value);
    warn(text);
    free(text);
}

bool config_read_file(struct config *config, const char *path,
                      void (*warn)(const char *text), struct error *why)
{
    struct cf_file *file = cf_file_open(path, why);
    struct cf_line line;
    char *name = NULL, *value = NULL;

    if (file == NULL)
        return false;
    path = arena_strdup(config->arena, path);
    while (cf_file_next(file, &line)) {
        if (!parse_setting(file, &line, &name, &value, why)) {
            cf_file_free(file);
            return false;
        }
        warn_of_duplicate(config, path, line.first, name, warn);
        set(config, name, value, path, line.first);
    }
    cf_file_free(file);
    return true;
}

struct config *config_load(const char *directory, struct error *why)
{
    struct config *config = config_new(directory);
    char *path = arena_printf(config->arena, "%s/main.cf", directory);

    if (!config_read_file(config, path, NULL, why)) {
        config_free(config);
        return NULL;
    }
    return config;
}

static bool is_fixed(const char *name)
{
    return strcmp(name, "process_name") == 0 ||
           strcmp(name, "process_id") == 0 ||
           strcmp(name, "service_name") == 0;
}

const char *config_get_raw(struct config *config, const char *name)
{
    if (strcmp(name, "process_name") == 0)
        return config->process_name;
    if (strcmp(name, "service_name") == 0)
        return config->service_name;
    if (strcmp(name, "process_id") == 0)
        return NULL;
    /* Where this file was found is no matter of opinion. */
    if (strcmp(name, "config_directory") == 0)
        return config->directory;
    const struct setting *setting = hash_get(config->settings, name);
    return setting != NULL ? setting->value : NULL;
}

bool config_is_set(struct config *config, const char *name)
{
    return config_get_raw(config, name) != NULL;
}

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

const char *config_where(struct config *config, const char *name)
{
    const struct setting *setting = hash_get(config->settings, name);

    if (setting == NULL || is_fixed(name))
        return "the built-in default";
    if (setting->path == NULL)
        return "option -o";
    return arena_printf(config->arena, "%s, line %d", setting->path,
                        setting->line);
}

bool config_is_overridden(struct config *config, const char *name)
{
    const struct setting *setting = hash_get(config->settings, name);

    return setting != NULL && setting->is_override;
}

static int by_text(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

const char *const *config_names(struct config *config, size_t *count)
{
    size_t position = 0;
    const char *name;

    config->names.count = 0;
    while (hash_next(config->settings, &position, &name, NULL))
        if (strcmp(name, "config_directory") != 0 && !is_fixed(name))
            ARRAY_ADD(&config->names, name);
    ARRAY_ADD(&config->names, "config_directory");
    qsort(config->names.items, config->names.count,
          sizeof *config->names.items, by_text);
    *count = config->names.count;
    return config->names.items;
}

static const char *find_text(struct config *config, const char *text,
                             bool is_expanded)
{
    size_t count;
    const char *const *names = config_names(config, &count);

    for (size_t i = 0; i < count; i++) {
        struct error why = ERROR_NONE;
        const char *value = is_expanded ? config_try(config, names[i], &why)
                                        : config_get_raw(config, names[i]);
        if (value != NULL && strstr(value, text) != NULL)
            return names[i];
    }
    return NULL;
}

const char *config_find_text(struct config *config, const char *text)
{
    const char *name = find_text(config, text, false);

    return name != NULL ? name : find_text(config, text, true);
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
    return true;
}
