/* SPDX-License-Identifier: ISC
 *
 * codec.c - tests of ipc/codec.h.
 */
#define IPC_EMIT_TABLES
#include "ipc/schema.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sock.h"
#include "ipc/codec.h"
#include "test.h"

#define TEST_ITEM(M, FIELD) \
    FIELD(M, STR, name)     \
    FIELD(M, INT, size)
IPC_MESSAGE(test_item, TEST_ITEM)

#define TEST_ALL(M, FIELD)           \
    FIELD(M, STR, text)              \
    FIELD(M, INT, number)            \
    FIELD(M, BYTES, bytes)           \
    FIELD(M, MSG(test_item), item)   \
    FIELD(M, LIST(test_item), items) \
    FIELD(M, STR, last)
IPC_MESSAGE(test_all, TEST_ALL)

#define TEST_FD(M, FIELD) \
    FIELD(M, STR, label)  \
    FIELD(M, FD, file)
IPC_MESSAGE(test_fd, TEST_FD)

static bool read_all(struct arena *arena, const char *wire, size_t length,
                     struct test_all *out)
{
    struct stream *s = stream_open_memory(wire, length);
    bool ok = ipc_receive(s, arena, test_all, out);

    stream_close(s);
    return ok;
}

#define READ(wire, out) read_all(arena, wire, sizeof(wire) - 1, out)

TEST(ipc_messages_survive_the_wire)
{
    struct arena *arena = arena_new();
    struct test_item items[] = { { "a", 1 }, { "", INT64_MIN }, { "c", 3 } };
    struct test_all in = {
        .text = "{}\n=",
        .number = -42,
        .bytes = { (const unsigned char *)"\0\1\xff", 3 },
        .item = { NULL, INT64_MAX },
        .items = { items, 3 },
        .last = "end",
    };
    struct test_all out;
    struct stream *wire = stream_open_memory(NULL, 0);

    CHECK(ipc_send(wire, test_all, &in));
    CHECK(read_all(arena, stream_memory(wire)->data,
                   stream_memory(wire)->length, &out));
    CHECK_STR(out.text, "{}\n=");
    CHECK_INT(out.number, -42);
    CHECK_BYTES(out.bytes.data, out.bytes.length, "\0\1\xff", 3);
    CHECK_STR(out.item.name, "");
    CHECK(out.item.size == INT64_MAX);
    CHECK_INT(out.items.count, 3);
    CHECK_STR(IPC_ITEMS(test_item, out.items)[0].name, "a");
    CHECK(IPC_ITEMS(test_item, out.items)[1].size == INT64_MIN);
    CHECK_STR(IPC_ITEMS(test_item, out.items)[2].name, "c");
    CHECK_STR(out.last, "end");
    stream_close(wire);
    arena_free(arena);
}

TEST(ipc_messages_look_like_this)
{
    struct stream *wire = stream_open_memory(NULL, 0);
    struct test_item item = { "n", 7 };
    struct test_all in = { .text = "t", .items = { &item, 1 } };
    static const char want[] = "text\0t\0number\0"
                               "0\0bytes\0\0"
                               "{item\0name\0\0size\0"
                               "0\0\0"
                               "{items\0name\0n\0size\0"
                               "7\0\0"
                               "last\0\0";

    CHECK(ipc_send(wire, test_all, &in));
    CHECK_BYTES(stream_memory(wire)->data, stream_memory(wire)->length, want,
                sizeof want);
    stream_close(wire);
}

TEST(ipc_read_finds_fields_by_name)
{
    struct arena *arena = arena_new();
    struct test_all out;

    CHECK(READ("last\0z\0unknown\0x\0{strange\0deep\0\1\0{more\0\0\0number\0"
               "5\0\0",
               &out));
    CHECK_STR(out.last, "z");
    CHECK_INT(out.number, 5);
    CHECK_STR(out.text, "");
    CHECK_STR(out.item.name, "");
    CHECK_INT(out.items.count, 0);
    CHECK(READ("\0", &out));
    CHECK_STR(out.text, "");
    arena_free(arena);
}

TEST(ipc_read_refuses_what_is_no_message)
{
    static const struct {
        const char *wire;
        size_t length;
    } cases[] = {
        { "", 0 },
        { "text", 4 },
        { "text\0", 5 },
        { "text\0x\0", 7 },      /* no end */
        { "number\0x\0\0", 10 }, /* no number */
        { "number\0\0\0", 9 },
        { "number\0"
          "99999999999999999999\0\0",
          29 },
        { "bytes\0*\0\0", 9 },
        { "item\0x\0\0", 8 },         /* not nested */
        { "{text\0name\0x\0\0", 14 }, /* an unfinished whole */
        { "{item\0{a\0{a\0{a\0{a\0{a\0{a\0{a\0{a\0{a\0", 33 },
    };
    struct arena *arena = arena_new();
    struct test_all out;

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK(!read_all(arena, cases[i].wire, cases[i].length, &out));
    arena_free(arena);
}

TEST(ipc_read_limits_nesting_and_sizes)
{
    struct arena *arena = arena_new();
    struct str wire = STR_EMPTY;
    struct test_all out;

    for (int i = 0; i < 100000; i++)
        str_add_bytes(&wire, "{x", 3);
    CHECK(!read_all(arena, wire.data, wire.length, &out));

    str_clear(&wire);
    str_add_bytes(&wire, "text", 5);
    for (int i = 0; i < 1024 * 1024; i++)
        str_add_char(&wire, 'x');
    str_add_bytes(&wire, "\0", 2);
    CHECK(read_all(arena, wire.data, wire.length, &out));
    CHECK_INT(strlen(out.text), 1024 * 1024);
    str_truncate(&wire, wire.length - 2);
    str_add_bytes(&wire, "y\0", 3);
    CHECK(!read_all(arena, wire.data, wire.length, &out));

    str_clear(&wire);
    for (int i = 0; i < 100000; i++)
        str_add_bytes(&wire, "{items\0", 8);
    str_add_char(&wire, '\0');
    CHECK(read_all(arena, wire.data, wire.length, &out));
    CHECK_INT(out.items.count, 100000);
    str_truncate(&wire, wire.length - 1);
    str_add_bytes(&wire, "{items\0", 8);
    str_add_char(&wire, '\0');
    CHECK(!read_all(arena, wire.data, wire.length, &out));
    str_fini(&wire);
    arena_free(arena);
}

/* Two messages with descriptors and one without arrive together: each gets
 * its own. */
TEST(ipc_descriptors_stay_with_their_message)
{
    struct arena *arena = arena_new();
    int pair[2], pipe_a[2], pipe_b[2];
    char byte;

    CHECK(sock_pair(pair, NULL) && pipe(pipe_a) == 0 && pipe(pipe_b) == 0);
    struct stream *from = stream_open(pair[0]), *to = stream_open(pair[1]);
    struct test_fd a = { "a", pipe_a[1] }, b = { "b", pipe_b[1] };
    struct test_fd none = { "none", -1 }, got;

    CHECK(ipc_send_more(from, test_fd, &none));
    CHECK(ipc_send(from, test_fd, &a));
    CHECK(ipc_send(from, test_fd, &b));
    stream_set_timeout(to, 120);
    CHECK(ipc_receive(to, arena, test_fd, &got));
    CHECK_STR(got.label, "none");
    CHECK_INT(got.file, -1);
    CHECK(ipc_receive(to, arena, test_fd, &got));
    CHECK_STR(got.label, "a");
    CHECK_INT(write(got.file, "A", 1), 1);
    CHECK(read(pipe_a[0], &byte, 1) == 1 && byte == 'A');
    CHECK(fcntl(got.file, F_GETFD) & FD_CLOEXEC);
    CHECK(ipc_receive(to, arena, test_fd, &got));
    CHECK_INT(write(got.file, "B", 1), 1);
    CHECK(read(pipe_b[0], &byte, 1) == 1 && byte == 'B');
    CHECK(ipc_send(to, test_fd, &none)); /* and back, on the same stream */
    CHECK(ipc_receive(from, arena, test_fd, &got));
    stream_close(from);
    CHECK(!ipc_receive(to, arena, test_fd, &got));
    CHECK_INT(stream_state(to), STREAM_EOF);
    stream_close(to);
    arena_free(arena);
}

/* Send <byte> with two descriptors. */
static void send_two(int socket, char byte, int a, int b)
{
    struct iovec part = { &byte, 1 };
    union {
        struct cmsghdr header; /* for its alignment */
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control = { 0 };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = control.room,
                              .msg_controllen = sizeof control.room };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(header), (int[]) { a, b }, 2 * sizeof(int));
    CHECK_INT(sendmsg(socket, &message, 0), 1);
}

/* Nobody of us sends two at a time. Who does must not fill our table. */
TEST(ipc_descriptors_that_nobody_takes_are_closed)
{
    struct arena *arena = arena_new();
    int pair[2], ends[2];
    char byte;
    struct test_fd got;

    CHECK(sock_pair(pair, NULL) && pipe(ends) == 0);
    struct stream *to = stream_open(pair[1]);
    stream_set_timeout(to, 5);
    send_two(pair[0], 'x', ends[1], ends[1]);
    close(pair[0]);
    close(ends[1]);
    CHECK(!ipc_receive(to, arena, test_fd, &got));
    stream_close(to);
    CHECK_INT(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    CHECK_INT(read(ends[0], &byte, 1), 0); /* all writers are gone */
    arena_free(arena);
}
