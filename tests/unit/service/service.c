/* SPDX-License-Identifier: ISC
 *
 * service.c - tests of service/service.h: a daemon whose master is the test.
 */
#include "service/service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fiber.h"
#include "base/io.h"
#include "base/sock.h"
#include "base/str.h"
#include "service/child_status.h"
#include "service/pass.h"
#include "test.h"

/* ---- the test as master ---- */

static char path[100];
static int status_fd;
static pid_t child;

static void write_main_cf(void)
{
    char name[100];

    snprintf(name, sizeof name, "%s/main.cf", test_dir());
    FILE *out = fopen(name, "w");
    fprintf(out,
            "queue_directory = %s\nmax_idle = 1\nmax_use = 3\n"
            "compatibility_level = 3.10\nmyhostname = host.example.com\n",
            test_dir());
    fclose(out);
    setenv("MAIL_CONFIG", test_dir(), 1);
    setenv("MASTER_GENERATION", "7", 1);
}

static int listen_for(const char *type)
{
    struct addr addr;

    snprintf(path, sizeof path, "%s/listener", test_dir());
    if (strcmp(type, "unix-dgram") != 0)
        return sock_listen_unix(path, 20, NULL);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(addr_unix(path, &addr, NULL));
    CHECK(bind(fd, &addr.generic, addr.length) == 0);
    return fd;
}

static void start(const struct service *service, const char *type,
                  const char *setting)
{
    char *argv[] = { (char *)(size_t) "/x/tester", (char *)(size_t) "-n",
                     (char *)(size_t) "name",      (char *)(size_t) "-t",
                     (char *)(size_t)type,         (char *)(size_t) "-o",
                     (char *)(size_t)setting,      (char *)(size_t) "more",
                     (char *)(size_t) "-words",    NULL };
    int pipe_fds[2], listener;

    write_main_cf();
    CHECK(pipe(pipe_fds) == 0);
    status_fd = pipe_fds[0];
    listener = listen_for(type);
    CHECK(listener >= 0);
    child = fork();
    if (child != 0) {
        close(pipe_fds[1]);
        close(listener);
        return;
    }
    int high_pipe = fcntl(pipe_fds[1], F_DUPFD, 20);
    int high_listener = fcntl(listener, F_DUPFD, 20);
    close(status_fd);
    close(pipe_fds[1]);
    dup2(high_pipe, SERVICE_STATUS_FD);
    dup2(high_listener, SERVICE_LISTEN_FD);
    close(high_pipe);
    exit(service_main(service, 9, argv));
}

/* The next report: "CLIENTS/ROOM". */
static const char *status(void)
{
    static char text[40];
    struct child_status got;

    if (!io_wait(status_fd, IO_READ, deadline_in_s(120)))
        return "timeout";
    if (read(status_fd, &got, sizeof got) != (ssize_t)sizeof got)
        return "end";
    CHECK_INT(got.pid, child);
    CHECK_INT(got.generation, 7);
    snprintf(text, sizeof text, "%d/%d", got.clients,
             got.room > 100 ? 999 : got.room);
    return text;
}

static int exit_status(void)
{
    int result;

    alarm(240);
    CHECK_INT(waitpid(child, &result, 0), child);
    return WIFEXITED(result) ? WEXITSTATUS(result) : -WTERMSIG(result);
}

static struct stream *connect_to_service(void)
{
    struct stream *s =
        stream_open(sock_connect_unix(path, deadline_in_s(120), NULL));

    stream_set_timeout(s, 120);
    return s;
}

static const char *ask(struct stream *s, const char *line)
{
    static struct str answer = STR_EMPTY;

    stream_putf(s, "%s\n", line);
    return stream_get_until(s, '\n', 1000, &answer) ? answer.data
                                                    : stream_error_text(s);
}

/* ---- services ---- */

static void serve_lines(struct service_client *client)
{
    struct str line = STR_EMPTY;

    while (stream_get_until(client->stream, '\n', 100, &line)) {
        stream_putf(client->stream, "%s %s %s %s %s\n", line.data,
                    service_name(), service_program(), service_arguments()[0],
                    service_arguments()[1]);
    }
    str_fini(&line);
}

static const struct service one = {
    .name = "one",
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_ONE,
    .serve = serve_lines,
};

static const struct service many = {
    .name = "many",
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_MANY,
    .serve = serve_lines,
};

TEST(service_one_serves_max_use_clients)
{
    start(&one, "unix", "a=b");
    CHECK_STR(status(), "0/1");
    for (int i = 0; i < 3; i++) {
        struct stream *s = connect_to_service();
        CHECK_STR(ask(s, "hello"), "hello name tester more -words");
        CHECK_STR(status(), "1/0");
        stream_close(s);
        if (i < 2)
            CHECK_STR(status(), "0/1");
    }
    CHECK_INT(exit_status(), 0);
    CHECK_STR(status(), "end");
}

TEST(service_ends_when_idle)
{
    start(&one, "unix", "a=b");
    CHECK_INT(exit_status(), 0);
    start(&many, "unix", "a=b");
    CHECK_INT(exit_status(), 0);
}

TEST(service_ends_when_master_goes)
{
    const struct service *const services[] = { &one, &many };

    for (size_t i = 0; i < COUNT(services); i++) {
        start(services[i], "unix", "max_idle=1000");
        status();
        struct stream *s = connect_to_service();
        ask(s, "hello");
        close(status_fd);
        CHECK_STR(ask(s, "again"), "again name tester more -words");
        stream_close(s);
        CHECK_INT(exit_status(), 0);
    }
}

TEST(service_many_serves_side_by_side)
{
    struct stream *clients[3];

    start(&many, "unix", "max_idle=1000");
    CHECK_STR(status(), "0/999");
    for (int i = 0; i < 3; i++) {
        clients[i] = connect_to_service();
        CHECK_STR(ask(clients[i], "hi"), "hi name tester more -words");
    }
    CHECK_STR(status(), "3/0"); /* max_use */
    for (int i = 0; i < 3; i++) {
        CHECK_STR(ask(clients[i], "hi"), "hi name tester more -words");
        stream_close(clients[i]);
    }
    CHECK_INT(exit_status(), 0);
}

TEST(service_by_limit_takes_its_share)
{
    static const struct service by_limit = {
        .name = "by",
        .kind = SERVICE_STREAM,
        .sessions = SERVICE_BY_LIMIT,
        .serve = serve_lines,
    };

    setenv("MASTER_CLIENT_LIMIT", "2", 1);
    start(&by_limit, "unix", "max_use=2"); /* for each of two places */
    CHECK_STR(status(), "0/2");
    struct stream *a = connect_to_service(), *b = connect_to_service();
    struct stream *c = connect_to_service(), *d = connect_to_service();
    CHECK_STR(ask(a, "a"), "a name tester more -words");
    CHECK_STR(ask(b, "b"), "b name tester more -words");
    CHECK_STR(status(), "2/0");
    stream_close(a);
    CHECK_STR(status(), "1/1");
    CHECK_STR(ask(c, "c"), "c name tester more -words");
    CHECK_STR(status(), "2/0");
    stream_close(b);
    CHECK_STR(status(), "1/1");
    CHECK_STR(ask(d, "d"), "d name tester more -words");
    CHECK_STR(status(), "2/0");
    stream_close(c);
    CHECK_STR(status(), "1/0");
    stream_close(d);
    CHECK_INT(exit_status(), 0);
}

static int answer_fd;

static void take(const char *bytes, size_t length)
{
    CHECK(write(answer_fd, bytes, length) == (ssize_t)length);
}

static void loop_in_background(void)
{
    for (int i = 0; i < 3; i++)
        clock_sleep_ms(10);
    CHECK(write(answer_fd, "bg", 2) == 2);
}

static const char *answer(int fd)
{
    static char text[100];

    if (!io_wait(fd, IO_READ, deadline_in_s(120)))
        return "timeout";
    ssize_t got = read(fd, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

/* Start a service that writes what it is told where answer() reads: from the
 * descriptor that this returns. */
static int start_answering(const struct service *service, const char *type,
                           const char *setting)
{
    int pair[2];

    CHECK(sock_pair(pair, NULL));
    answer_fd = pair[1];
    start(service, type, setting);
    return pair[0];
}

TEST(service_takes_triggers)
{
    static const struct service plain = {
        .name = "trigger",
        .kind = SERVICE_TRIGGER,
        .sessions = SERVICE_ONE,
        .triggered = take,
    };
    static const struct service loop = {
        .name = "trigger",
        .kind = SERVICE_TRIGGER,
        .sessions = SERVICE_MANY,
        .flags = SERVICE_NEVER_IDLE,
        .triggered = take,
        .background = loop_in_background,
    };
    const struct service *const services[] = { &plain, &loop };

    for (size_t i = 0; i < COUNT(services); i++) {
        int answers = start_answering(services[i], "unix", "max_idle=1000");
        if (i == 1)
            CHECK_STR(answer(answers), "bg");
        for (int j = 0; j < 5; j++) {
            struct stream *s = connect_to_service();
            stream_put(s, "IW");
            stream_close(s);
            if (i == 0 && j == 3)
                break;
            CHECK_STR(answer(answers), "IW");
        }
        if (i == 1)
            close(status_fd);
        CHECK_INT(exit_status(), 0);
    }
}

static void say(int fd, const char *text)
{
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* Whole lines, over connections that hold up neither each other nor the end;
 * what is no line ends one. */
TEST(service_keeps_connections_of_triggers)
{
    static const struct service lines = {
        .name = "trigger",
        .kind = SERVICE_TRIGGER,
        .sessions = SERVICE_MANY,
        .flags = SERVICE_NEVER_IDLE,
        .triggered = take,
    };
    char endless[100] = "N";

    int answers = start_answering(&lines, "unix", "max_idle=1000");
    int a = stream_detach(connect_to_service());
    int b = stream_detach(connect_to_service());
    say(a, "KN1\n");
    CHECK_STR(answer(answers), "N1\n");
    say(b, "KN2\nN");
    CHECK_STR(answer(answers), "N2\n");
    say(a, "N3\nN4\n");
    CHECK_STR(answer(answers), "N3\nN4\n");
    say(b, "5\n");
    CHECK_STR(answer(answers), "N5\n");
    close(a);
    memset(endless + 1, '6', sizeof endless - 2);
    say(b, endless);
    CHECK(io_wait(b, IO_READ, deadline_in_s(120)));
    CHECK_INT(read(b, endless, 1), 0);
    close(b);
    a = stream_detach(connect_to_service());
    say(a, "KN7\n");
    CHECK_STR(answer(answers), "N7\n");
    close(status_fd);
    CHECK_INT(exit_status(), 0);
    close(a);
}

TEST(service_takes_datagrams)
{
    static const struct service datagrams = {
        .name = "datagram",
        .kind = SERVICE_DATAGRAM,
        .sessions = SERVICE_ONE,
        .datagram = take,
    };
    struct addr addr;

    int answers = start_answering(&datagrams, "unix-dgram", "a=b");
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(addr_unix(path, &addr, NULL));
    CHECK_INT(sendto(fd, "one", 3, 0, &addr.generic, addr.length), 3);
    CHECK_STR(answer(answers), "one");
    CHECK_INT(sendto(fd, "two", 3, 0, &addr.generic, addr.length), 3);
    CHECK_STR(answer(answers), "two");
    CHECK_INT(exit_status(), 0);
}

static void serve_passed(struct service_client *client)
{
    const char *const *attribute = client->pass_attributes;

    for (; attribute[0] != NULL; attribute += 2)
        stream_putf(client->stream, "%s=%s ", attribute[0], attribute[1]);
    stream_putf(client->stream, "%d\n", client->is_pass);
}

TEST(service_takes_passed_connections)
{
    static const struct service passed = {
        .name = "pass",
        .kind = SERVICE_STREAM,
        .sessions = SERVICE_ONE,
        .flags = SERVICE_PASS,
        .serve = serve_passed,
    };
    static const char *const attributes[] = { "client_address", "192.0.2.1",
                                              "client_port", "12", NULL };
    struct error why = ERROR_NONE;
    struct str line = STR_EMPTY;
    int pair[2];

    start(&passed, "pass", "a=b");
    CHECK(sock_pair(pair, NULL));
    CHECK(pass_connection_send(path, pair[1], attributes, deadline_in_s(120),
                               &why));
    CHECK_STR(why.text, "");
    close(pair[1]);
    struct stream *s = stream_open(pair[0]);
    stream_set_timeout(s, 120);
    CHECK(stream_get_until(s, '\n', 100, &line));
    CHECK_STR(line.data, "client_address=192.0.2.1 client_port=12 1");
    stream_close(s);
    str_fini(&line);
    CHECK_INT(exit_status(), 0);
}

TEST(service_refuses_to_be_misused)
{
    static const struct service solitary = {
        .name = "solitary",
        .kind = SERVICE_STREAM,
        .flags = SERVICE_SOLITARY,
        .serve = serve_lines,
    };

    start(&solitary, "unix", "a=b");
    CHECK_INT(exit_status(), 1);
    start(&one, "pass", "a=b");
    CHECK_INT(exit_status(), 1);
    start(&one, "unix", "a");
    CHECK_INT(exit_status(), 1);
    start(&one, "unix", "max_idle=x");
    CHECK_INT(exit_status(), 1);
}
