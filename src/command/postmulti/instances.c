/* SPDX-License-Identifier: ISC
 *
 * instances.c - which mail systems there are on this host.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/str.h"
#include "base/text.h"
#include "config/params.h"
#include "postmulti.h"

static const char *get(struct config *config, const char *name)
{
    const char *value = config_get(config, name);

    return value != NULL ? value : "";
}

static struct instance describe(struct config *config, bool is_primary)
{
    return (struct instance){
        .name = get(config, "multi_instance_name"),
        .group = get(config, "multi_instance_group"),
        .is_primary = is_primary,
        .is_enabled = text_equal_nocase(get(config, "multi_instance_enable"),
                                        "yes"),
        .config_directory = config_directory(config),
        .queue_directory = get(config, "queue_directory"),
        .data_directory = get(config, "data_directory"),
    };
}

struct instance instance_read(const char *directory, bool is_primary)
{
    struct error why = ERROR_NONE;
    struct config *config = config_load(directory, &why);

    if (config == NULL)
        fatal("%s", why.text);
    return describe(config, is_primary);
}

void instances_load(struct instances *instances)
{
    struct error why = ERROR_NONE;
    struct arena *arena = arena_new();

    *instances = (struct instances){ .items = NULL };
    instances->primary = config_load(config_primary_directory(), &why);
    if (instances->primary == NULL)
        fatal("%s", why.text);
    struct instance primary = describe(instances->primary, true);
    /* Alone, it needs no leave to run. */
    if (*get(instances->primary, "multi_instance_wrapper") == '\0')
        primary.is_enabled = true;
    ARRAY_ADD(instances, primary);
    char **folder = text_split(arena, get(instances->primary,
                                          "multi_instance_directories"),
                               NULL, NULL);
    for (; *folder != NULL; folder++)
        ARRAY_ADD(instances, instance_read(*folder, false));
    arena_free(arena);
}

static bool has_name(const struct instance *instance, const char *name)
{
    if (strcmp(name, "-") == 0)
        return instance->is_primary;
    return strcmp(name, *name == '/' ? instance->config_directory
                                     : instance->name) == 0;
}

struct instance *instances_find(struct instances *instances, const char *name)
{
    for (size_t i = 0; i < instances->count; i++)
        if (*name != '\0' && has_name(&instances->items[i], name))
            return &instances->items[i];
    return NULL;
}

bool instance_is_selected(const struct instance *instance,
                          const struct options *options)
{
    if (options->name != NULL)
        return has_name(instance, options->name);
    if (options->group != NULL)
        return strcmp(instance->group, options->group) == 0;
    return true;
}

/* ---- conflicts --------------------------------------------------------- */

/* What no two instances may have in common; the folders not even under
 * another name. */
struct claim {
    const char *parameter, *value;
    bool is_name;
};

#define CLAIMS 4

static void claims_of(const struct instance *instance, struct claim *claims)
{
    claims[0] = (struct claim){ "multi_instance_name", instance->name, true };
    claims[1] = (struct claim){ "config_directory",
                                instance->config_directory, false };
    claims[2] = (struct claim){ "queue_directory", instance->queue_directory,
                                false };
    claims[3] = (struct claim){ "data_directory", instance->data_directory,
                                false };
}

static void compare(const struct instance *a, const struct claim *ours,
                    const struct instance *b, const struct claim *other)
{
    if (*ours->value == '\0' || ours->is_name != other->is_name ||
        strcmp(ours->value, other->value) != 0)
        return;
    fatal("instance %s, %s=%s conflicts with instance %s, %s=%s",
          a->config_directory, ours->parameter, ours->value,
          b->config_directory, other->parameter, other->value);
}

static void check_pair(const struct instance *a, const struct instance *b)
{
    struct claim ours[CLAIMS], others[CLAIMS];

    claims_of(a, ours);
    claims_of(b, others);
    for (size_t i = 0; i < CLAIMS; i++)
        for (size_t k = 0; k < (a == b ? i : CLAIMS); k++)
            compare(a, &ours[i], b, &others[k]);
}

void instances_check(const struct instances *instances)
{
    for (size_t i = 0; i < instances->count; i++)
        for (size_t k = 0; k <= i; k++)
            check_pair(&instances->items[i], &instances->items[k]);
}
