/* SPDX-License-Identifier: ISC
 *
 * proxy.c - tests of how often proxymap is asked. It is played by a fiber that
 * knows "ann", and says of the table "names" that a name service answers.
 */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fiber.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/sock.h"
#include "ipc/call.h"
#include "ipc/dispatch.h"
#include "ipc/messages/small.h"
#include "table/driver.h"
#include "test.h"

static int listener, lookups;

static bool serve_open(struct stream *s, struct arena *arena,
                       const void *request, void *context)
{
    const struct proxymap_request *q = request;
    bool is_kept = strcmp(q->table, "test:names") == 0;
    struct proxymap_reply reply = {
        .status = PROXYMAP_OK,
        .flags = is_kept ? TABLE_KEEPS_ANSWERS : 0,
    };

    (void)arena, (void)context;
    return ipc_send(s, proxymap_reply, &reply);
}

static bool serve_lookup(struct stream *s, struct arena *arena,
                         const void *request, void *context)
{
    const struct proxymap_request *q = request;
    bool is_ann = strcmp(q->key, "ann") == 0;
    struct proxymap_reply reply = {
        .status = is_ann ? PROXYMAP_OK : PROXYMAP_ABSENT,
        .value = is_ann ? "here" : "",
    };

    (void)arena, (void)context;
    lookups++;
    return ipc_send(s, proxymap_reply, &reply);
}

static const struct dispatch_row rows[] = {
    { "open", &proxymap_request_schema, serve_open },
    { "lookup", &proxymap_request_schema, serve_lookup },
};

static void serve(void *argument)
{
    struct stream *s = stream_open((int)(size_t)argument);

    dispatch_serve(s, rows, COUNT(rows), 5, 5, NULL);
    stream_close(s);
}

static void listen_forever(void *argument)
{
    (void)argument;
    for (;;) {
        int fd = sock_accept(listener, NULL);

        if (fd >= 0)
            fiber_start(serve, (void *)(size_t)fd);
        else
            io_wait(listener, IO_READ, DEADLINE_NEVER);
    }
}

static void start_server(void)
{
    static const struct table_setup setup = { .proxy_service = "proxymap",
                                              .ipc_timeout_s = 100 };
    struct error why = ERROR_NONE;

    table_set_up(&setup);
    mkdir(test_path("private"), 0700);
    ipc_set_folder(test_dir());
    listener = sock_listen_unix(test_path("private/proxymap"), 10, &why);
    CHECK_STR(why.text, "");
    fiber_start(listen_forever, NULL);
}

static enum answer ask(struct table *table, const char *key)
{
    struct str value = STR_EMPTY;
    enum answer answer = table_get(table, key, &value);

    if (answer == FOUND)
        CHECK_STR(value.data, "here");
    str_fini(&value);
    return answer;
}

static void ask_often(const char *name)
{
    struct error why = ERROR_NONE;
    struct table *table = table_open(name, TABLE_READ, TABLE_FOLD, &why);

    CHECK(table != NULL);
    lookups = 0;
    for (int i = 0; i < 100; i++) {
        CHECK_INT(ask(table, "ann"), FOUND);
        CHECK_INT(ask(table, "bob"), ABSENT);
    }
    table_close(table);
}

static void ask_both(void *argument)
{
    deadline_t begun = clock_now();

    (void)argument;
    ask_often("proxy:test:names");
    CHECK(lookups <= 2 + 2 * (clock_now() - begun) / 1000);
    ask_often("proxy:test:file");
    CHECK_INT(lookups, 200);
    loop_stop();
}

TEST(proxymap_is_asked_for_a_name_once_a_second)
{
    start_server();
    fiber_start(ask_both, NULL);
    loop_run();
}
