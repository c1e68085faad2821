/* SPDX-License-Identifier: ISC
 *
 * stream.c - tests of base/stream.h.
 */
#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sock.h"
#include "test.h"

static struct stream *open_pair(int *peer)
{
    int fds[2];

    CHECK(sock_pair(fds, NULL));
    *peer = fds[1];
    return stream_open(fds[0]);
}

static struct stream *open_file(const char *content, int flags)
{
    char path[200];

    snprintf(path, sizeof path, "%s/file", test_dir());
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | flags, 0600);
    CHECK(write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    lseek(fd, 0, SEEK_SET);
    return stream_open(fd);
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

/* Lines that cross the buffer's end at each place. */
TEST(stream_get_until_reads_lines_longer_than_the_buffer)
{
    struct str line = STR_EMPTY, want = STR_EMPTY;

    for (size_t length = 4090; length < 4102; length++) {
        struct stream *s = open_file("", 0);

        str_clear(&want);
        for (size_t i = 0; i < length; i++)
            str_add_char(&want, 'a' + (int)(i % 26));
        stream_putf(s, "%s\nnext\n", want.data);
        CHECK(stream_seek(s, 0));
        CHECK(stream_get_until(s, '\n', length, &line));
        CHECK_STR(line.data, want.data);
        CHECK(stream_get_until(s, '\n', 10, &line));
        CHECK_STR(line.data, "next");
        stream_close(s);
    }
    str_fini(&line);
    str_fini(&want);
}

TEST(stream_tells_and_seeks_in_files)
{
    struct stream *s = open_file("0123456789abcdef", 0);
    char bytes[8];

    CHECK_INT(stream_tell(s), 0);
    CHECK_INT(stream_get_char(s), '0');
    CHECK(stream_get_bytes(s, bytes, 4));
    CHECK_INT(stream_tell(s), 5);
    CHECK(stream_seek(s, 2));
    CHECK_INT(stream_get_char(s), '2');

    /* What is written replaces what comes next, not what was read ahead. */
    stream_put(s, "XY");
    stream_put_char(s, 'Z');
    CHECK_INT(stream_tell(s), 6);
    CHECK_INT(stream_get_char(s), '6');
    CHECK(stream_seek(s, 0));
    CHECK(stream_get_bytes(s, bytes, 8));
    CHECK_BYTES(bytes, 8, "012XYZ67", 8);

    CHECK(stream_seek(s, 16));
    CHECK_INT(stream_get_char(s), -1);
    CHECK_INT(stream_state(s), STREAM_EOF);
    stream_put(s, "more"); /* the end of the input does not stop output */
    CHECK(stream_sync(s) || stream_state(s) == STREAM_EOF);
    CHECK_INT(stream_tell(s), 20);
    CHECK(stream_seek(s, 18));
    CHECK_INT(stream_get_char(s), 'r');
    stream_close(s);
}

/* The end of a file is known without another read, but not for ever. */
TEST(stream_reads_on_in_a_file_that_grew)
{
    struct stream *s = open_file("first", 0);
    int fd = stream_detach(s);

    s = stream_open_file(fd);
    for (int i = 0; i < 5; i++)
        CHECK_INT(stream_get_char(s), "first"[i]);
    CHECK_INT(stream_get_char(s), -1);
    CHECK_INT(stream_state(s), STREAM_EOF);
    CHECK_INT(pwrite(fd, "more", 4, 5), 4);
    stream_clear_error(s);
    CHECK_INT(stream_get_char(s), 'm');
    CHECK(stream_seek(s, 7));
    CHECK_INT(stream_get_char(s), 'r');
    stream_close(s);
}

TEST(stream_overwrites_what_is_in_the_buffer_or_in_the_file)
{
    struct stream *s = open_file("", 0);
    char bytes[6];

    stream_put(s, "abcdef");
    CHECK(stream_overwrite(s, 0, "A", 1));
    CHECK(stream_flush(s));
    stream_put(s, "ghi");
    CHECK(stream_overwrite(s, 1, "BC", 2));   /* written */
    stream_put(s, "jkl");
    CHECK(stream_overwrite(s, 10, "KL", 2));  /* not yet written */
    CHECK_INT(stream_tell(s), 12);
    stream_put(s, "m");
    CHECK(stream_overwrite(s, 8, "IJKL", 4)); /* the last four but one */
    CHECK(stream_seek(s, 0));
    CHECK(stream_get_bytes(s, bytes, 6));
    CHECK_BYTES(bytes, 6, "ABCdef", 6);
    CHECK(stream_get_bytes(s, bytes, 6));
    CHECK_BYTES(bytes, 6, "ghIJKL", 6);
    CHECK_INT(stream_get_char(s), 'm');
    stream_close(s);
}

TEST(stream_large_reads_do_not_spoil_seek)
{
    struct stream *s = open_file("", 0);
    char *big = malloc(20000);

    for (int i = 0; i < 20000; i++)
        stream_put_char(s, 'a' + i % 26);
    CHECK(stream_seek(s, 0));
    CHECK_INT(stream_get_char(s), 'a');
    CHECK(stream_get_bytes(s, big, 19000));
    CHECK_INT(stream_tell(s), 19001);
    CHECK_INT(big[18999], 'a' + 19000 % 26);
    CHECK(stream_seek(s, 18999));
    CHECK_INT(stream_get_char(s), 'a' + 18999 % 26);
    CHECK(stream_seek(s, 3));
    CHECK_INT(stream_get_char(s), 'd');
    free(big);
    stream_close(s);
}

TEST(stream_appends_to_a_log)
{
    struct stream *s = open_file("old\n", O_APPEND);

    stream_put(s, "new\n");
    CHECK_INT(stream_tell(s), 8);
    CHECK(stream_flush(s));
    CHECK_INT(stream_tell(s), 8);
    CHECK(stream_seek(s, 0));
    CHECK_INT(stream_get_char(s), 'o');
    stream_close(s);
}

TEST(stream_shares_the_position_of_a_detached_file)
{
    struct stream *s = open_file("first\nsecond\n", 0);
    struct str line = STR_EMPTY;
    char byte;

    CHECK(stream_get_until(s, '\n', 100, &line));
    int fd = stream_detach(s);
    CHECK_INT(read(fd, &byte, 1), 1);
    CHECK_INT(byte, 's');
    close(fd);
    str_fini(&line);
}

TEST(stream_writes_to_memory)
{
    struct stream *s = stream_open_memory(NULL, 0);

    stream_put(s, "a");
    stream_putf(s, "%0600d", 7);
    stream_put_char(s, '\n');
    CHECK_INT(stream_memory(s)->length, 602);
    CHECK_INT(stream_tell(s), 602);
    CHECK(stream_flush(s));
    CHECK_INT(stream_get_char(s), -1);
    stream_close(s);
}

TEST(stream_reads_memory_anywhere)
{
    struct stream *s = stream_open_memory("abc", 3);

    CHECK(stream_fill(s));
    CHECK_INT(stream_buffered(s), 3);
    CHECK(memcmp(stream_peek(s), "abc", 3) == 0);
    CHECK(stream_seek(s, 2));
    CHECK_INT(stream_get_char(s), 'c');
    CHECK_INT(stream_tell(s), 3);
    CHECK(stream_seek(s, 0));
    CHECK_INT(stream_get_char(s), 'a');
    stream_put(s, "x");
    CHECK_INT(stream_state(s), STREAM_ERROR);
    stream_close(s);
    CHECK(stream_peek(s = stream_open_memory("", 0)) != NULL);
    CHECK_INT(stream_get_char(s), -1);
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
