/* SPDX-License-Identifier: ISC
 *
 * delivered_to.c - tests of delivery/delivered_to.h.
 */
#include "delivery/delivered_to.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "mail/record.h"
#include "test.h"

enum { MUCH = 100000 };

static void put_size(struct stream *out, long start, long end)
{
    record_putf(out, REC_SIZE, "%15ld %15ld %15d %15d %15ld %15d", end - start,
                start, 1, 0, end - start, 0);
}

/* A queue file with this header, and a body that no buffer holds. */
static void write_message(const char *path, const char *header)
{
    struct stream *out = stream_open_memory(NULL, 0);
    struct stream *size = stream_open_memory(NULL, 0);

    put_size(out, 0, 0);
    record_put_text(out, REC_TIME, "1795331611 604973");
    record_put_text(out, REC_FROM, "sender@x");
    record_put_text(out, REC_RCPT, "u@x");
    record_put(out, REC_MESG, "", 0);
    long start = (long)stream_tell(out);
    for (const char *end; (end = strchr(header, '\n')) != NULL;
         header = end + 1)
        record_put(out, REC_NORM, header, (size_t)(end - header));
    record_put(out, REC_NORM, "", 0);
    for (int i = 0; i < MUCH / 10; i++)
        record_put_text(out, REC_NORM, "some text");
    put_size(size, start, (long)stream_tell(out));
    record_put(out, REC_XTRA, "", 0);
    record_put(out, REC_END, "", 0);

    struct str all = STR_EMPTY;
    str_set_bytes(&all, stream_memory(size)->data, stream_memory(size)->length);
    str_add_bytes(&all, stream_memory(out)->data + all.length,
                  stream_memory(out)->length - all.length);
    CHECK(file_replace(path, 0600, all.data, all.length, NULL));
    str_fini(&all);
    stream_close(size);
    stream_close(out);
}

static void open_message(struct request *r, const char *header, int *fd)
{
    const char *path = test_path("message");
    struct error why = ERROR_NONE;
    struct envelope envelope;

    write_message(path, header);
    *fd = open(path, O_RDONLY);
    r->arena = arena_new();
    r->message = message_reader_open(stream_open_file(*fd), r->arena);
    CHECK(message_reader_envelope(r->message, &envelope, &why));
    CHECK_STR(why.text, "");
}

static void close_message(struct request *r)
{
    message_reader_close(r->message);
    arena_free(r->arena);
}

/* Addresses are compared as they are written; a header that is continued counts
 * by its first line, as everywhere: those who write one write it in one line. */
TEST(delivered_to_finds_the_address)
{
    static const struct { const char *header; enum answer want; } cases[] = {
        { "", ABSENT },
        { "Subject: x\n", ABSENT },
        { "Delivered-To: u@x\n", FOUND },
        { "Delivered-To:u@x\n", FOUND },
        { "DELIVERED-TO: U@X\n", FOUND },
        { "Delivered-To: \"u\"@x\n", FOUND },
        { "Delivered-To: a@b\nDelivered-To: u@x\n", FOUND },
        { "Subject: x\n y\nDelivered-To: u@x\n", FOUND },
        { "Delivered-To: u@x\n more\n", FOUND },
        { "Delivered-To:\n u@x\n", ABSENT },
        { "Delivered-To: u\n @x\n", ABSENT },
        { "Delivered-To: a@b, u@x\n", ABSENT },
        { "Delivered-To: <u@x>\n", ABSENT },
        { "no header\nDelivered-To: u@x\n", ABSENT },
        { "\nDelivered-To: u@x\n", ABSENT },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request r = { 0 };
        int fd;
        open_message(&r, cases[i].header, &fd);
        if (!CHECK_INT(delivered_to_has(&r, "u@x"), cases[i].want))
            CHECK_STR(cases[i].header, "");
        close_message(&r);
    }
}

/* The next time the disk may be able to: until then nobody may deliver. */
TEST(delivered_to_is_not_known_of_an_unreadable_file)
{
    struct hash *found = hash_new();
    struct request r = { 0 };
    int fd;

    open_message(&r, "Delivered-To: a@b\n", &fd);
    int null = open("/dev/null", O_WRONLY);
    CHECK(dup2(null, fd) == fd); /* reading fails from now on */
    CHECK_INT(delivered_to_has(&r, "u@x"), FAILED);
    CHECK(!delivered_to_read(&r, found));
    CHECK_INT(delivered_to_unreadable.status[0], '4');
    hash_free(found, NULL);
    close_message(&r);
}

TEST(delivered_to_is_not_known_of_a_file_that_ends_in_the_header)
{
    static const char name[] = "Subject: ";
    char header[MUCH + sizeof name + 1];
    struct request r = { 0 };
    int fd;

    memset(header, 'x', sizeof header);
    memcpy(header, name, strlen(name));
    strcpy(header + MUCH, "\n");
    open_message(&r, header, &fd);
    CHECK(truncate(test_path("message"), MUCH / 2) == 0);
    CHECK_INT(delivered_to_has(&r, "u@x"), FAILED);
    close_message(&r);
}
