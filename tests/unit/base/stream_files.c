/* SPDX-License-Identifier: ISC
 *
 * stream_files.c - tests of base/stream.h: positions in files and in memory.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/stream.h"
#include "test.h"

static struct stream *open_file(const char *content, int flags)
{
    char path[200];

    snprintf(path, sizeof path, "%s/file", test_dir());
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | flags, 0600);
    CHECK(write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    lseek(fd, 0, SEEK_SET);
    return stream_open(fd);
}

/* Go there; the next byte is this. */
#define CHECK_BYTE_AT(s, offset, byte) \
    do { \
        CHECK(stream_seek(s, offset)); \
        CHECK_INT(stream_get_char(s), byte); \
    } while (0)

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
    CHECK_BYTE_AT(s, 2, '2');

    /* What is written replaces what comes next, not what was read ahead. */
    stream_put(s, "XY");
    stream_put_char(s, 'Z');
    CHECK_INT(stream_tell(s), 6);
    CHECK_INT(stream_get_char(s), '6');
    CHECK(stream_seek(s, 0));
    CHECK(stream_get_bytes(s, bytes, 8));
    CHECK_BYTES(bytes, 8, "012XYZ67", 8);

    CHECK_BYTE_AT(s, 16, -1);
    CHECK_INT(stream_state(s), STREAM_EOF);
    stream_put(s, "more"); /* the end of the input does not stop output */
    CHECK(stream_sync(s) || stream_state(s) == STREAM_EOF);
    CHECK_INT(stream_tell(s), 20);
    CHECK_BYTE_AT(s, 18, 'r');
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
    CHECK_BYTE_AT(s, 7, 'r');
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
    CHECK_BYTE_AT(s, 0, 'a');
    CHECK(stream_get_bytes(s, big, 19000));
    CHECK_INT(stream_tell(s), 19001);
    CHECK_INT(big[18999], 'a' + 19000 % 26);
    CHECK_BYTE_AT(s, 18999, 'a' + 18999 % 26);
    CHECK_BYTE_AT(s, 3, 'd');
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
    CHECK_BYTE_AT(s, 0, 'o');
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
    CHECK_BYTE_AT(s, 2, 'c');
    CHECK_INT(stream_tell(s), 3);
    CHECK_BYTE_AT(s, 0, 'a');
    stream_put(s, "x");
    CHECK_INT(stream_state(s), STREAM_ERROR);
    stream_close(s);
    CHECK(stream_peek(s = stream_open_memory("", 0)) != NULL);
    CHECK_INT(stream_get_char(s), -1);
    stream_close(s);
}
