/* SPDX-License-Identifier: ISC
 *
 * call.c - tests of ipc/call.h and ipc/dispatch.h: fibers as client and
 * server.
 */
#include "ipc/call.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fiber.h"
#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/sock.h"
#include "ipc/dispatch.h"
#include "ipc/messages/rewrite.h"
#include "test.h"

static int connections, calls;

static bool handle_rewrite(struct stream *s, struct arena *arena,
                           const void *request, void *context)
{
    const struct rewrite_request *q = request;
    struct rewrite_reply reply = {
        .address = arena_printf(arena, "%s@%s", q->address, (char *)context)
    };

    calls++;
    if (strcmp(q->address, "die") == 0)
        return false;
    return ipc_send(s, rewrite_reply, &reply) &&
           strcmp(q->address, "last") != 0;
}

static const struct dispatch_row rows[] = {
    { "rewrite", &rewrite_request_schema, handle_rewrite },
};

static void serve(void *argument)
{
    struct stream *s = stream_open((int)(size_t)argument);

    dispatch_serve(s, rows, COUNT(rows), 5, 5, (void *)"host");
    stream_close(s);
}

static void listen_forever(void *argument)
{
    int listener = *(int *)argument;

    for (;;) {
        int fd = sock_accept(listener, NULL);

        if (fd >= 0) {
            connections++;
            fiber_start(serve, (void *)(size_t)fd);
        } else {
            io_wait(listener, IO_READ, DEADLINE_NEVER);
        }
    }
}

static int listener;

static void start_server(void)
{
    char path[100];
    struct error why = ERROR_NONE;

    signal(SIGPIPE, SIG_IGN);
    log_set_targets(0);
    snprintf(path, sizeof path, "%s/private", test_dir());
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/private/rewrite", test_dir());
    ipc_set_folder(test_dir());
    listener = sock_listen_unix(path, 10, &why);
    CHECK_STR(why.text, "");
    fiber_start(listen_forever, &listener);
}

static bool rewrite(struct ipc_client *client, struct arena *arena,
                    const char *address, const char **got)
{
    struct rewrite_request q = { "local", address };
    struct rewrite_reply r;
    struct error why = ERROR_NONE;

    bool ok = ipc_call(client, arena, "rewrite", rewrite_request, &q,
                       rewrite_reply, &r, &why);
    *got = ok ? r.address : NULL;
    CHECK_INT(why.text[0] == '\0', ok);
    return ok;
}

static void call_often(void *argument)
{
    struct arena *arena = arena_new();
    struct ipc_client client;
    const char *got;

    (void)argument;
    ipc_client_init(&client, "private", "rewrite", 1, 5, 5);
    CHECK(rewrite(&client, arena, "a", &got));
    CHECK_STR(got, "a@host");
    CHECK(rewrite(&client, arena, "b", &got));
    CHECK_INT(connections, 1);
    CHECK(rewrite(&client, arena, "last", &got)); /* then the server ends */
    clock_sleep_ms(10);
    CHECK(rewrite(&client, arena, "c", &got));
    CHECK_STR(got, "c@host");
    CHECK_INT(connections, 2);

    client.idle_until = clock_now();
    CHECK(rewrite(&client, arena, "last", &got));
    CHECK_INT(connections, 3);
    clock_sleep_ms(10);
    CHECK(ipc_client_stream(&client, NULL) != NULL);
    for (int i = 0; i < 1000 && connections < 4; i++)
        clock_sleep_ms(10);
    CHECK_INT(connections, 4);

    CHECK(!rewrite(&client, arena, "die", &got));
    ipc_client_fini(&client);
    ipc_client_init(&client, "private", "nobody", 1, 5, 5);
    CHECK(!rewrite(&client, arena, "x", &got));
    ipc_client_fini(&client);
    arena_free(arena);
    loop_stop();
}

TEST(ipc_call_keeps_and_renews_its_connection)
{
    start_server();
    fiber_start(call_often, NULL);
    loop_run();
}

static struct ipc_pool *pool;

static void call_from_pool(void *argument)
{
    struct arena *arena = arena_new();
    const char *got;

    for (int i = 0; i < 20; i++) {
        struct ipc_client *client = ipc_pool_take(pool);

        CHECK(rewrite(client, arena, "x", &got));
        ipc_pool_give_back(pool, client);
        arena_reset(arena);
    }
    arena_free(arena);
    if (--*(int *)argument == 0)
        loop_stop();
}

TEST(ipc_pool_shares_connections)
{
    int running = 5;

    start_server();
    pool = ipc_pool_new("private", "rewrite", 5, 5, 5);
    for (int i = 0; i < 5; i++)
        fiber_start(call_from_pool, &running);
    loop_run();
    CHECK_INT(calls, 100);
    CHECK(connections <= 5);
    ipc_pool_free(pool);
}

static void talk_nonsense(void *argument)
{
    static const char *const lines[] = { "request", "", "bad" };
    char byte;

    (void)argument;
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct ipc_client client;
        struct error why = ERROR_NONE;

        ipc_client_init(&client, "private", "rewrite", 1, 5, 5);
        struct stream *s = ipc_client_stream(&client, &why);
        stream_put_bytes(s, lines[i], strlen(lines[i]) + 1);
        stream_put_bytes(s, "nonsense\0\0", 10);
        CHECK(stream_flush(s));
        CHECK(!stream_get_bytes(s, &byte, 1));
        CHECK(stream_state(s) != STREAM_TIMEOUT);
        ipc_client_fini(&client);
    }
    CHECK_INT(calls, 0);
    loop_stop();
}

TEST(dispatch_closes_on_nonsense)
{
    start_server();
    fiber_start(talk_nonsense, NULL);
    loop_run();
}

/* Somebody listens, but never answers. */
TEST(ipc_patience_is_shorter_than_the_timeout)
{
    struct arena *arena = arena_new();
    struct error why = ERROR_NONE;
    char path[100];
    const char *got;

    log_set_targets(0);
    snprintf(path, sizeof path, "%s/t", test_dir());
    listener = sock_listen_unix(path, 5, &why);
    ipc_set_folder(test_dir());
    ipc_set_patience(1);
    pool = ipc_pool_new(".", "t", 3600, 0, 0);
    deadline_t start = clock_now();
    for (int i = 0; i < 2; i++) {
        struct ipc_client *client = ipc_pool_take(pool);
        CHECK(!rewrite(client, arena, "x", &got));
        ipc_pool_give_back(pool, client);
    }
    CHECK(clock_now() - start < 10000);
    deadline_t until = ipc_call_deadline(3600);
    CHECK(until <= deadline_in_s(1));
    ipc_pool_free(pool);
    arena_free(arena);
}

/* Not for the hour of ipc_timeout. */
TEST(ipc_call_gives_up_where_there_is_no_service)
{
    struct arena *arena = arena_new();
    struct ipc_client client;
    const char *got;

    log_set_targets(0);
    ipc_set_folder(test_dir());
    ipc_client_init(&client, "private", "nosuch", 3600, 5, 1000);
    CHECK(!rewrite(&client, arena, "x", &got));
    ipc_client_fini(&client);
    arena_free(arena);
}

static void take_trigger(void *argument)
{
    char got[10];

    (void)argument;
    io_wait(listener, IO_READ, deadline_in_s(120));
    struct stream *s = stream_open(sock_accept(listener, NULL));
    CHECK_INT(stream_get_some(s, got, sizeof got), 2);
    CHECK_INT(stream_get_char(s), -1);
    stream_close(s);
    loop_stop();
}

TEST(ipc_trigger_brings_bytes)
{
    struct error why = ERROR_NONE;
    char path[100];

    snprintf(path, sizeof path, "%s/t", test_dir());
    listener = sock_listen_unix(path, 5, &why);
    ipc_set_folder(test_dir());
    CHECK(ipc_trigger(".", "t", "IA", 2, 5, &why));
    fiber_start(take_trigger, NULL);
    loop_run();
    CHECK(!ipc_trigger(".", "nobody", "I", 1, 5, &why));
    CHECK(strstr(why.text, "No such file") != NULL);
}

static const char *read_now(int fd)
{
    static char text[100];

    CHECK(io_wait(fd, IO_READ, deadline_in_s(120)));
    ssize_t got = read(fd, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

TEST(ipc_trigger_line_keeps_its_connection)
{
    struct error why = ERROR_NONE;
    char path[100];
    int kept = -1;

    snprintf(path, sizeof path, "%s/t", test_dir());
    listener = sock_listen_unix(path, 5, &why);
    ipc_set_folder(test_dir());
    CHECK(ipc_trigger_line(&kept, ".", "t", "N1\n", 5, &why));
    int fd = sock_accept(listener, NULL);
    CHECK_STR(read_now(fd), "KN1\n");
    CHECK(ipc_trigger_line(&kept, ".", "t", "N2\n", 5, &why));
    CHECK_STR(read_now(fd), "N2\n");
    close(fd);
    CHECK(ipc_trigger_line(&kept, ".", "t", "N3\n", 5, &why));
    fd = sock_accept(listener, NULL);
    CHECK_STR(read_now(fd), "KN3\n");
    close(fd);
    close(listener);
    CHECK(!ipc_trigger_line(&kept, ".", "t", "N4\n", 5, &why));
    CHECK_INT(kept, -1);
    CHECK(strstr(why.text, "Connection refused") != NULL);
}
