/* SPDX-License-Identifier: ISC
 *
 * reindex.c - asking nbdb_reindexd for the index that replaces a Berkeley DB
 * table.
 */

#include "reindex.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "internal.h"
#include "ipc/call.h"
#include "ipc/messages/small.h"

enum { IDLE_S = 5, LIFE_S = 100 };

static bool exists(const char *path, const char *suffix)
{
    char *name = mem_printf("%s%s", path, suffix);
    bool is_there = access(name, F_OK) == 0;

    free(name);
    return is_there;
}

bool reindex_is_due(const char *type_and_path)
{
    const struct table_setup *setup = table_setup();
    const char *path = strchr(type_and_path, ':') + 1;
    char *type = mem_strndup(type_and_path, path - type_and_path - 1);
    struct error why = ERROR_NONE;
    const struct table_driver *driver = driver_find(type, &why);

    free(type);
    return setup->reindex_service != NULL &&
           text_equal_nocase(setup->non_bdb_level, "enable-reindex") &&
           driver != NULL && driver->suffix != NULL &&
           !exists(path, driver->suffix) && exists(path, ".db");
}

static bool ask(struct ipc_client *client, struct arena *arena,
                const char *type_and_path, struct error *why)
{
    const char *path = strchr(type_and_path, ':') + 1;
    const struct nbdb_request request = {
        .nbdb_type =
            arena_strndup(arena, type_and_path, path - type_and_path - 1),
        .nbdb_path = path,
    };
    struct nbdb_reply reply = { 0 };

    if (!ipc_call(client, arena, "nbdb_reindex", nbdb_request, &request,
                  nbdb_reply, &reply, why))
        return false;
    return reply.status == 0 || error_set(why, "%s", reply.reason);
}

bool reindex_ask(const char *type_and_path, struct error *why)
{
    const struct table_setup *setup = table_setup();
    struct arena *arena = arena_new();
    struct ipc_client client;

    ipc_client_init(&client, "private", setup->reindex_service,
                    setup->ipc_timeout_s, IDLE_S, LIFE_S);
    /* Who forgot the service would wait for ipc_timeout. */
    bool done = access(client.path, F_OK) == 0 ||
                error_set(why, "there is no service %s: run \"postfix non-bdb "
                               "enable-reindex\"",
                          setup->reindex_service);
    done = done && ask(&client, arena, type_and_path, why);
    ipc_client_fini(&client);
    arena_free(arena);
    return done;
}
