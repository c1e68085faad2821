/* SPDX-License-Identifier: ISC
 *
 * main_cf.c - a whole main.cf: its lines, the expansion of its values, and
 * what they are read as.
 */
#include "config/param_index.h"

/* The index of all parameters takes longer than all the rest, and is the same
 * each time: one serves all inputs. */
static struct param_index *only_index(void)
{
    static struct param_index *index;

    if (index == NULL)
        index = param_index_new();
    return index;
}

static void keep_index(struct param_index *index)
{
    (void)index;
}

#define param_index_new  only_index
#define param_index_free keep_index
#include "../../src/lib/config/main_cf.c"
#undef param_index_new
#undef param_index_free

#include <unistd.h>

#include "fuzz.h"

enum { GROUP_ROWS_MAX = 40, GROUPS_READ_MAX = 3 };

static void ignore(const char *text)
{
    FUZZ_CHECK(text[0] != '\0');
}

/* All of the group, so that this one gets its type and bounds. */
static bool read_group(struct config *config, const char *name)
{
    const struct param_entry *entry =
        param_index_find(config_index(config), name);
    struct error why = ERROR_NONE;

    if (entry == NULL || entry->group->count > GROUP_ROWS_MAX)
        return false;
    if (!param_group_load(config, entry->group, &why))
        FUZZ_CHECK(why.text[0] != '\0');
    return true;
}

static void read_names(struct config *config)
{
    size_t count;
    const char *const *names = config_names(config, &count);
    int groups = 0;

    for (size_t i = 0; i < count; i++) {
        struct error why = ERROR_NONE;
        int seconds;
        long number;
        FUZZ_CHECK(config_where(config, names[i]) != NULL);
        if (config_try(config, names[i], &why) == NULL) {
            FUZZ_CHECK(why.text[0] != '\0');
            continue;
        }
        if (groups < GROUPS_READ_MAX)
            groups += read_group(config, names[i]);
        param_family_time(config, names[i], "", 0, 1, 100, &seconds, &why);
        param_family_int(config, names[i], "", 0, 1, 100, &number, &why);
    }
}

/* Where the defaults of others are made of these, a mistake in them ends the
 * program. */
static void set_basics(struct config *config)
{
    static const char *const basics[][2] = {
        { "compatibility_level", "3.12" },
        { "inet_interfaces", "loopback-only" },
        { "inet_protocols", "ipv4" },
        { "mydomain", "example" },
        { "myhostname", "host.example" },
        { "mynetworks", "127.0.0.1/32" },
    };

    for (size_t i = 0; i < sizeof basics / sizeof *basics; i++)
        config_override(config, basics[i][0], basics[i][1]);
}

FUZZ(main_cf)
{
    struct config *config = config_new("/nonexistent");
    struct error why = ERROR_NONE;
    int fd;
    const char *path = fuzz_file(in, &fd);

    if (!config_read_file(config, path, ignore, &why))
        FUZZ_CHECK(why.text[0] != '\0');
    set_basics(config);
    read_names(config);
    config_free(config);
    close(fd);
}
