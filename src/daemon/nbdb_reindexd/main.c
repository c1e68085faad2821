/* SPDX-License-Identifier: ISC
 *
 * main.c - nbdb_reindexd: build the files of tables that a configuration calls
 * hash: or btree:, and that are of another type from now on.
 *
 * "nbdb_reindexd -S type:path..." does the same at once, for scripts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/log.h"
#include "ipc/codec.h"
#include "ipc/dispatch.h"
#include "ipc/messages/small.h"
#include "reindexd.h"
#include "service/service.h"
#include "service/setup.h"

static bool handle(struct stream *s, struct arena *arena, const void *request,
                   void *context)
{
    const struct nbdb_request *q = request;
    struct error why = ERROR_NONE;

    (void)context;
    bool done = reindex(arena, config_directory(service_config()),
                        q->nbdb_type, q->nbdb_path, &why);
    struct nbdb_reply reply = { .status = done ? 0 : 1, .reason = why.text };
    return ipc_send(s, nbdb_reply, &reply);
}

static const struct dispatch_row rows[] = {
    { "nbdb_reindex", &nbdb_request_schema, handle },
};

static void serve(struct service_client *client)
{
    dispatch_serve(client->stream, rows, sizeof rows / sizeof rows[0],
                   common_params.ipc_idle, common_params.ipc_timeout, NULL);
}

static const struct service nbdb_reindexd = {
    .name = "nbdb_reindexd",
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_ONE,
    .flags = SERVICE_PRIVILEGED,
    .may = MAY_EXEC | MAY_CHANGE_UID | MAY_READ_CONFIG | MAY_OPEN_ALL,
    .serve = serve,
};

static int run_alone(char **names)
{
    const struct command_options options = { .program = "nbdb_reindexd" };
    struct config *config = command_start(&options);
    struct arena *arena = arena_new();
    int status = EXIT_SUCCESS;

    for (; *names != NULL; names++) {
        struct error why = ERROR_NONE;
        char *colon = strchr(*names, ':');
        if (colon == NULL)
            fatal("usage: nbdb_reindexd -S type:path...");
        *colon = '\0';
        if (!reindex(arena, config_directory(config), *names, colon + 1, &why))
            status = EXIT_FAILURE;
    }
    arena_free(arena);
    return status;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "-S") == 0)
        return run_alone(argv + 2);
    return service_main(&nbdb_reindexd, argc, argv);
}
