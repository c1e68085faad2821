/* SPDX-License-Identifier: ISC
 *
 * main_cf.c - main.cf: what it sets, and where. Settings are kept as written.
 */
#include "config/main_cf.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "config/cf_file.h"
#include "main_cf_private.h"

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
    char *text = mem_printf("%s, line %d: overriding earlier entry: %s=%s -- "
                            "that of line %d: remove one of the two",
                            path, line, name, old->value, old->line);
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
          sizeof *config->names.items, text_order);
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
