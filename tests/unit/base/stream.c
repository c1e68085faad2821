/* SPDX-License-Identifier: ISC
 *
 * stream.c - tests of base/stream.h: lines, sockets, time limits. Those of files
 * and memory are in stream_files.c.
 */
#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/io.h"
#include "base/sock.h"
#include "test.h"

static struct stream *open_pair(int *peer)
{
    int fds[2];

    CHECK(sock_pair(fds, NULL));
    *peer = fds[1];
    return stream_open(fds[0]);
}

TEST(stream_get_until_cuts_at_the_delimiter)
{
    struct stream *s = stream_open_memory("one\n\ntwo\0x\nrest", 15);
    struct str line = STR_EMPTY;

    CHECK(stream_get_until(s, '\n', 10, &line));
    CHECK_STR(line.data, "one");
    CHECK(stream_get_until(s, '\n', 10, &line));
    CHECK_STR(line.data, "");
    CHECK(stream_get_until(s, '\n', 10, &line));
    CHECK_BYTES(line.data, line.length, "two\0x", 5);
    CHECK(!stream_get_until(s, '\n', 10, &line));
    CHECK_STR(line.data, "rest");
    CHECK_INT(stream_state(s), STREAM_EOF);
    CHECK_INT(stream_get_char(s), -1);
    str_fini(&line);
    stream_close(s);
}

TEST(stream_get_until_keeps_the_limit)
{
    struct stream *s = stream_open_memory("12345\n123456\n", 13);
    struct str line = STR_EMPTY;

    CHECK(stream_get_until(s, '\n', 5, &line));
    CHECK_STR(line.data, "12345");
    CHECK(!stream_get_until(s, '\n', 5, &line));
    CHECK_INT(stream_state(s), STREAM_LIMIT);
    CHECK_STR(line.data, "12345");
    CHECK(!stream_get_until(s, '\n', 5, &line));
    stream_clear_error(s);
    CHECK(stream_get_until(s, '\n', 5, &line));
    CHECK_STR(line.data, "6");
    str_fini(&line);
    stream_close(s);
}

TEST(stream_sends_before_it_waits)
{
    int peer;
    struct stream *s = open_pair(&peer);
    char got[8];

    stream_put(s, "hello");
    CHECK_INT(recv(peer, got, sizeof got, MSG_DONTWAIT), -1);
    stream_set_timeout(s, 1);
    CHECK_INT(write(peer, "x", 1), 1);
    CHECK_INT(stream_get_char(s), 'x');
    CHECK_INT(read(peer, got, sizeof got), 5);
    stream_close(s);
}

TEST(stream_times_out)
{
    int peer;
    struct stream *s = open_pair(&peer);
    deadline_t start = clock_now();

    stream_set_timeout(s, 100);
    stream_set_deadline(s, deadline_in_ms(60)); /* the earlier counts */
    CHECK_INT(stream_get_char(s), -1);
    CHECK_INT(stream_state(s), STREAM_TIMEOUT);
    CHECK(clock_now() - start >= 59 && clock_now() - start < 60000);
    stream_put(s, "x");
    CHECK(!stream_flush(s));
    stream_clear_error(s);
    stream_set_deadline(s, DEADLINE_NEVER);
    CHECK_INT(write(peer, "y", 1), 1);
    CHECK_INT(stream_get_char(s), 'y');
    stream_abandon(s);
}

static struct stream *open_socket_pair(int *peer)
{
    int fds[2];

    CHECK(sock_pair(fds, NULL));
    *peer = fds[1];
    return stream_open_socket(fds[0]);
}

/* The first part of a long wait is spent in the read itself. */
TEST(stream_keeps_time_on_a_socket_that_blocks)
{
    int peer;
    struct stream *s = open_socket_pair(&peer);
    deadline_t start = clock_now();

    stream_set_deadline(s, deadline_in_ms(1000));
    CHECK_INT(stream_get_char(s), -1);
    CHECK_INT(stream_state(s), STREAM_TIMEOUT);
    CHECK(clock_now() - start >= 999 && clock_now() - start < 60000);
    stream_clear_error(s);
    stream_set_deadline(s, clock_now()); /* only what is there */
    start = clock_now();
    CHECK_INT(stream_get_char(s), -1);
    CHECK(clock_now() - start < 900);
    stream_abandon(s);
    close(peer);
}

TEST(stream_fill_soon_waits_a_moment)
{
    int peer;
    struct stream *s = open_socket_pair(&peer);

    stream_set_timeout(s, 100);
    CHECK(!stream_fill_soon(s));
    CHECK(!stream_failed(s));
    CHECK(sock_is_quiet(stream_fd(s)));
    CHECK_INT(write(peer, "xy", 2), 2);
    CHECK(!sock_is_quiet(stream_fd(s)));
    CHECK(stream_fill_soon(s));
    CHECK_INT(stream_get_char(s), 'x');
    CHECK(stream_fill_soon(s)); /* the rest */
    CHECK_INT(stream_get_char(s), 'y');
    close(peer);
    CHECK(!sock_is_quiet(stream_fd(s)));
    CHECK(stream_fill_soon(s));
    CHECK_INT(stream_state(s), STREAM_EOF);
    stream_abandon(s);
}

/* A write must not block where a read may. */
TEST(stream_writes_to_a_socket_that_blocks_keep_time)
{
    int peer;
    struct stream *s = open_socket_pair(&peer);
    static char much[1 << 20];

    stream_set_timeout(s, 100);
    CHECK(!stream_fill_soon(s));
    stream_set_deadline(s, deadline_in_ms(60));
    stream_put_bytes(s, much, sizeof much);
    CHECK_INT(stream_state(s), STREAM_TIMEOUT);
    stream_abandon(s);
    close(peer);
}

TEST(stream_detach_gives_back_a_socket_that_does_not_block)
{
    int peer;
    struct stream *s = open_socket_pair(&peer);

    stream_set_timeout(s, 100);
    CHECK(!stream_fill_soon(s));
    int fd = stream_detach(s);
    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    close(fd);
    close(peer);
}

TEST(stream_gives_time_for_bytes)
{
    int peer;
    struct stream *s = open_pair(&peer);
    char byte;

    /* 100 bytes at 1000 a second are worth 100 ms. */
    stream_set_timeout(s, 10);
    stream_set_min_rate(s, 1000);
    deadline_t start = clock_now();
    stream_set_deadline(s, start + 20);
    for (int i = 0; i < 100; i++) {
        CHECK_INT(write(peer, "z", 1), 1);
        CHECK(stream_get_bytes(s, &byte, 1));
    }
    CHECK_INT(stream_get_char(s), -1);
    CHECK_INT(stream_state(s), STREAM_TIMEOUT);
    CHECK(clock_now() - start >= 119);
    stream_abandon(s);
}

TEST(stream_remembers_that_the_peer_has_gone)
{
    int peer;
    struct stream *s = open_pair(&peer);

    signal(SIGPIPE, SIG_IGN);
    close(peer);
    CHECK_INT(stream_get_char(s), -1);
    CHECK_INT(stream_state(s), STREAM_EOF);
    stream_put(s, "x");
    CHECK(!stream_flush(s));
    CHECK_INT(stream_state(s), STREAM_ERROR);
    CHECK_INT(stream_errno(s), EPIPE);
    CHECK_STR(stream_error_text(s), strerror(EPIPE));
    stream_close(s);
}

static void *echo(void *argument)
{
    struct stream *s = stream_open(*(int *)argument);
    char data[1000];
    size_t got;

    while ((got = stream_get_some(s, data, sizeof data)) > 0) {
        stream_put_bytes(s, data, got);
        stream_flush(s);
    }
    stream_close(s);
    return NULL;
}

/* The peer echoes, and stops reading when we do not read its echo. */
TEST(stream_reads_while_writing)
{
    int peer;
    struct stream *s = open_pair(&peer);
    size_t total = 2000000, back = 0;
    char *data = malloc(total);
    pthread_t thread;

    for (size_t i = 0; i < total; i++)
        data[i] = (char)(i * 7 % 251);
    pthread_create(&thread, NULL, echo, &peer);
    stream_read_while_writing(s, total);
    stream_set_timeout(s, 10);
    stream_put_bytes(s, data, total);
    CHECK(stream_flush(s));
    for (; back < total; back++)
        if (stream_get_char(s) != (unsigned char)data[back])
            break;
    CHECK_INT(back, total);
    stream_close(s);
    pthread_join(thread, NULL);
    free(data);
}

static bool transport_closed;

/* A transport that turns letters to the next one. */
static ssize_t shift_read(void *handle, int fd, void *data, size_t length,
                          deadline_t until)
{
    ssize_t got = read(fd, data, length);

    (void)handle;
    (void)until;
    for (ssize_t i = 0; i < got; i++)
        ((char *)data)[i]++;
    return got;
}

static ssize_t shift_write(void *handle, int fd, const void *data,
                           size_t length, deadline_t until)
{
    (void)handle;
    (void)until;
    return length == 0 ? 0 : write(fd, (const char *)data, 1);
}

static void shift_close(void *handle, int fd)
{
    (void)handle;
    (void)fd;
    transport_closed = true;
}

TEST(stream_changes_its_transport)
{
    static const struct stream_transport shift = { shift_read, shift_write,
                                                   NULL, shift_close };
    int peer, handle;
    struct stream *s = open_pair(&peer);
    char got[8];

    stream_put(s, "plain");
    CHECK(stream_set_transport(s, &shift, &handle));
    CHECK(stream_transport_handle(s) == &handle);
    CHECK_INT(read(peer, got, sizeof got), 5);
    CHECK_INT(write(peer, "abc", 3), 3);
    CHECK_INT(stream_get_char(s), 'b');
    stream_put(s, "xyz");
    stream_close(s);
    CHECK(transport_closed);
    CHECK_INT(read(peer, got, sizeof got), 3);
}

static bool hides_bytes(void *handle)
{
    return *(bool *)handle;
}

TEST(stream_waits_for_its_transport)
{
    static const struct stream_transport shift = {
        shift_read, shift_write, hides_bytes, shift_close
    };
    bool hides = true;
    int fds[2];

    CHECK(sock_pair(fds, NULL));
    struct stream *s = stream_open_socket(fds[0]);
    CHECK(stream_set_transport(s, &shift, &hides));
    CHECK(stream_fill_soon(s));
    hides = false;
    CHECK(!stream_fill_soon(s));
    CHECK_INT(write(fds[1], "a", 1), 1);
    CHECK(stream_fill_soon(s));
    CHECK_INT(stream_get_char(s), 'b');
    stream_close(s);
    close(fds[1]);
}

TEST(stream_keeps_standard_descriptors_blocking)
{
    int fds[2];

    CHECK(pipe(fds) == 0);
    dup2(fds[0], 0);
    struct stream *s = stream_open(0);
    CHECK(!(fcntl(0, F_GETFL) & O_NONBLOCK));
    stream_set_deadline(s, deadline_in_ms(30));
    CHECK_INT(stream_get_char(s), -1);
    CHECK_INT(stream_state(s), STREAM_TIMEOUT);
    stream_close(s);
}

/* Two sockets that are connected over TCP. */
static void open_tcp(int fds[2])
{
    struct error why = ERROR_NONE;
    struct addr addr;

    CHECK(addr_parse("127.0.0.1", 0, &addr));
    int listener = sock_listen(&addr, 5, &why);
    CHECK(sock_local(listener, &addr));
    fds[0] = sock_connect(&addr, NULL, deadline_in_s(120), &why);
    CHECK(io_wait(listener, IO_READ, deadline_in_s(120)));
    fds[1] = sock_accept(listener, NULL);
    close(listener);
}

/* Also when the peer sends what nobody wants to read. */
TEST(stream_close_at_once_sends_the_rest)
{
    for (int i = 0; i < 2; i++) {
        char got[10];
        int fds[2];

        open_tcp(fds);
        struct stream *s = stream_open_socket(fds[1]);
        if (i == 1) {
            CHECK(write(fds[0], "more", 4) == 4);
            CHECK(io_wait(fds[1], IO_READ, deadline_in_s(120)));
        }
        stream_put(s, "bye");
        stream_close_at_once(s);
        CHECK(io_wait(fds[0], IO_READ, deadline_in_s(120)));
        CHECK_INT(read(fds[0], got, sizeof got), 3);
        CHECK(io_wait(fds[0], IO_READ, deadline_in_s(120)));
        if (i == 0)
            CHECK_INT(read(fds[0], got, sizeof got), 0);
        close(fds[0]);
    }
    stream_close_at_once(NULL);
}
