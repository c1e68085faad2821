/* SPDX-License-Identifier: ISC
 *
 * Names of queue files, the records in them, and the order they are read in.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mail/message_reader.h"
#include "mail/message_writer.h"
#include "mail/queue_dir.h"
#include "mail/queue_log.h"
#include "test.h"

TEST(queue_id_forms)
{
    char id[QUEUE_ID_SIZE], key[QUEUE_ID_SIZE];
    struct timeval when = { 1795331611, 604973 };
    ino_t inode;

    queue_id_format(id, true, when, 10960924);
    CHECK_STR(id, "4jXKzv4Hk5z1bc64");
    CHECK(queue_id_is_long(id));
    CHECK(queue_id_inode(id, &inode));
    CHECK_INT(inode, 10960924);
    queue_id_hash_key(id, key);
    CHECK_STR(key, "93B2D");
    queue_id_format(id, false, when, 10960924);
    CHECK_STR(id, "93B2DA7401C");
    CHECK(!queue_id_is_long(id));
    CHECK(queue_id_inode(id, &inode));
    CHECK_INT(inode, 10960924);
    CHECK(!queue_id_inode("93B2", &inode));
    CHECK(!queue_id_inode("93B2Dxyz", &inode));
}

TEST(queue_id_validity)
{
    char name[QUEUE_ID_SIZE + 1];

    memset(name, 'A', sizeof name);
    name[QUEUE_ID_SIZE] = 0;
    CHECK(!queue_id_is_valid(name));
    name[QUEUE_ID_SIZE - 1] = 0;
    CHECK(queue_id_is_valid(name));
    CHECK(!queue_id_is_valid(""));
    CHECK(!queue_id_is_valid("a.b"));
    CHECK(!queue_id_is_valid("../a"));
}

static void use_queue(const char *hashed, int depth, bool long_ids)
{
    struct queue_dir_options options = { hashed, depth, long_ids };

    CHECK(chdir(test_dir()) == 0);
    CHECK(mkdir("incoming", 0700) == 0 && mkdir("deferred", 0700) == 0);
    queue_dir_set_up(&options);
}

TEST(queue_dir_moves_and_scans)
{
    char id[QUEUE_ID_SIZE];
    struct timeval created;
    struct str path = STR_EMPTY;

    use_queue("Deferred defer", 2, false);
    int fd = queue_dir_create("incoming", 0600, id, &created);
    CHECK(fd >= 0);
    CHECK(queue_dir_move(id, "incoming", "deferred"));
    queue_dir_path(&path, "deferred", id);
    CHECK(path.data[9] == id[0] && path.data[11] == id[1]);
    CHECK(access(path.data, F_OK) == 0);

    struct queue_scan *scan = queue_scan_open("deferred");
    CHECK_STR(queue_scan_next(scan, NULL), id);
    CHECK_STR(queue_scan_next(scan, NULL), NULL);
    CHECK(!queue_scan_failed(scan, NULL));
    queue_scan_close(scan);
    CHECK(queue_dir_remove("deferred", id));
    CHECK(!queue_dir_remove("deferred", id));
    str_fini(&path);
    close(fd);
}

/* Users may make files in maildrop, by some way or other. */
TEST(queue_dir_follows_no_link)
{
    use_queue("", 1, false);
    int fd = queue_dir_open("incoming", "1234", O_RDWR | O_CREAT);
    CHECK(fd >= 0 && close(fd) == 0);
    CHECK(symlink("1234", "incoming/ABCD") == 0);
    CHECK_INT(queue_dir_open("incoming", "ABCD", O_RDWR), -1);
    CHECK_INT(errno, ELOOP);
}

TEST(message_writer_commits_or_removes)
{
    struct error why = ERROR_NONE;
    struct stat st;
    struct str path = STR_EMPTY;

    use_queue("", 1, true);
    struct message_writer *writer =
        message_writer_create("incoming", 0600, &why);
    CHECK(writer != NULL);
    queue_dir_path(&path, "incoming", message_writer_id(writer));
    record_put_text(message_writer_stream(writer), REC_TIME, "1 2");
    CHECK(stat(path.data, &st) == 0);
    CHECK_INT(queue_dir_state(&st), QUEUE_FILE_UNFINISHED);
    CHECK(message_writer_commit(writer, 0, 1000, &why));
    message_writer_free(writer);
    CHECK(stat(path.data, &st) == 0);
    CHECK_INT(queue_dir_state(&st), QUEUE_FILE_READY);
    CHECK_INT(st.st_mtime, 1000);
    CHECK_INT(st.st_size, 5);

    writer = message_writer_create("incoming", 0600, &why);
    queue_dir_path(&path, "incoming", message_writer_id(writer));
    message_writer_free(writer);
    CHECK(access(path.data, F_OK) != 0);
    str_fini(&path);
}

/* ---- Reading ------------------------------------------------------------- */

/* A file in memory; "p" records are put by offset. */
static struct str file = STR_EMPTY;

static size_t put(char type, const char *text)
{
    size_t at = file.length, length = strlen(text);

    str_add_char(&file, type);
    for (; length > 127; length >>= 7)
        str_add_char(&file, (int)(length & 127) | 128);
    str_add_char(&file, (int)length);
    str_add(&file, text);
    return at;
}

static size_t put_pointer(long target)
{
    char text[32];

    snprintf(text, sizeof text, "%15ld", target);
    return put('p', text);
}

static void set_pointer(size_t at, long target)
{
    char text[32];

    snprintf(text, sizeof text, "%15ld", target);
    memcpy(file.data + at + 2, text, 15);
}

static void put_size(size_t data, size_t end, int flags)
{
    char text[128];

    snprintf(text, sizeof text, "%15zu %15zu %15d %15d %15zu %15d", end - data,
             data, 2, flags, end - data, 1);
    if (file.length == 0)
        put('C', text);
    else
        memcpy(file.data + 2, text, 95);
}

static struct message_reader *reader_of(struct arena *arena)
{
    return message_reader_open(stream_open_memory(file.data, file.length),
                               arena);
}

static void make_file(int flags)
{
    str_clear(&file);
    put_size(1, 2, flags);
    put('T', "1795331611 604973");
    put('A', "create_time=1795331612");
    put('A', "log_client_name=host");
    put('A', "client_name=other");
    put('A', "x_y=z");
    put('S', "sender@x");
    put('W', "     1795335211");
    put('A', "notify_flags=4");
    put('A', "dsn_orig_rcpt=rfc822;a@b");
    put('O', "a@b");
    put('R', "a@c");
    put('D', "done@c");
    put('R', "b@c");
    if (flags & 1)
        put('A', "trace_flags=1024");
    put('M', "");
    size_t data = file.length;
    put('N', "Subject: x");
    put('L', "long ");
    put('N', "line");
    put('w', "filler");
    size_t end = put('X', "");
    put('A', "encoding=8bit");
    put('R', "bcc@c");
    put('E', "");
    put_size(data, end, flags);
}

static void check_recipients(struct message_reader *reader, struct arena *arena)
{
    static const char *const want[] = { "a@c", "b@c", "bcc@c" };
    struct recipient recipient;

    for (size_t i = 0; i < COUNT(want); i++) {
        CHECK(message_reader_recipient(reader, arena, &recipient));
        CHECK_STR(recipient.address, want[i]);
        CHECK_STR(recipient.original, i == 0 ? "a@b" : "");
        CHECK_INT(recipient.dsn_notify, i == 0 ? 4 : 0);
        CHECK_INT(file.data[recipient.offset], 'R');
        CHECK(message_reader_resume(reader, message_reader_position(reader)));
    }
    CHECK(!message_reader_recipient(reader, arena, &recipient));
    CHECK(!message_reader_failed(reader, NULL));
    CHECK_INT(message_reader_position(reader), 0);
}

static void check_content(struct message_reader *reader)
{
    struct str line = STR_EMPTY;

    CHECK_INT(message_reader_content(reader, &line), REC_NORM);
    CHECK_STR(line.data, "Subject: x");
    CHECK_INT(message_reader_content(reader, &line), REC_CONT);
    CHECK_STR(line.data, "long ");
    CHECK_INT(message_reader_content(reader, &line), REC_NORM);
    CHECK_INT(message_reader_content(reader, &line), REC_EOF);
    CHECK_INT(message_reader_content(reader, &line), REC_EOF);
    str_fini(&line);
}

TEST(message_reader_reads_all_parts)
{
    for (int flags = 0; flags < 2; flags++) {
        struct arena *arena = arena_new();
        struct envelope envelope;
        struct error why = ERROR_NONE;

        make_file(flags);
        struct message_reader *reader = reader_of(arena);
        CHECK(message_reader_envelope(reader, &envelope, &why));
        CHECK_STR(why.text, "");
        CHECK_STR(envelope.sender, "sender@x");
        CHECK_INT(envelope.arrival.tv_usec, 604973);
        CHECK_INT(envelope.created, 1795331612);
        CHECK_INT(envelope.warn_time, 1795335211);
        CHECK_INT(file.data[envelope.warn_offset], 'W');
        CHECK_STR(envelope.log_client_name, "host");
        CHECK_STR(envelope.client_name, "other");
        CHECK_STR(envelope.encoding, "8bit");
        CHECK_STR(envelope.other[0], "x_y");
        CHECK_STR(envelope.other[1], "z");
        CHECK(envelope.other[2] == NULL);
        CHECK_INT(envelope.trace_flags, flags ? 1024 : 0);
        CHECK_INT(envelope.sender_options, MSGOPT_SMTPUTF8);
        check_recipients(reader, arena);
        check_content(reader);
        CHECK(message_reader_rewind_content(reader));
        check_content(reader);
        message_reader_close(reader);
        arena_free(arena);
    }
}

/* A mail filter replaced the sender and appended a recipient and a header. */
TEST(message_reader_follows_pointers)
{
    struct arena *arena = arena_new();
    struct envelope envelope;
    struct recipient recipient;
    struct str line = STR_EMPTY;
    struct error why = ERROR_NONE;

    str_clear(&file);
    put_size(1, 2, 0);
    put('T', "1 2");
    size_t sender = put_pointer(0);
    size_t after_sender = put('R', "a@b");
    size_t more = put_pointer(0);
    size_t mesg = put('M', "");
    size_t data = file.length;
    put('N', "To: a");
    size_t header = put_pointer(0);
    size_t body = put('N', "");
    size_t end = put('X', "");
    put('E', "");
    set_pointer(sender, (long)put('S', "new@x"));
    put_pointer((long)after_sender);
    set_pointer(more, (long)put('R', "c@d"));
    put_pointer((long)mesg);
    set_pointer(header, (long)put('N', "X-Added: y"));
    put_pointer((long)body);
    put_size(data, end, 0);

    struct message_reader *reader = reader_of(arena);
    CHECK(message_reader_envelope(reader, &envelope, &why));
    CHECK_STR(envelope.sender, "new@x");
    CHECK(message_reader_recipient(reader, arena, &recipient));
    CHECK_STR(recipient.address, "a@b");
    CHECK(message_reader_recipient(reader, arena, &recipient));
    CHECK_STR(recipient.address, "c@d");
    CHECK(!message_reader_recipient(reader, arena, &recipient));
    CHECK(!message_reader_failed(reader, &why));
    CHECK_INT(message_reader_content(reader, &line), REC_NORM);
    CHECK_INT(message_reader_content(reader, &line), REC_NORM);
    CHECK_STR(line.data, "X-Added: y");
    CHECK_INT(message_reader_content(reader, &line), REC_NORM);
    CHECK_INT(message_reader_content(reader, &line), REC_EOF);
    message_reader_close(reader);
    str_fini(&line);
    arena_free(arena);
}

static const char *failure(struct arena *arena)
{
    static struct error why;
    struct envelope envelope;
    struct recipient recipient;

    why.text[0] = 0;
    struct message_reader *reader = reader_of(arena);
    if (message_reader_envelope(reader, &envelope, &why))
        while (message_reader_recipient(reader, arena, &recipient))
            ;
    message_reader_failed(reader, &why);
    message_reader_close(reader);
    return why.text;
}

TEST(message_reader_says_what_is_corrupt)
{
    struct arena *arena = arena_new();

    make_file(0);
    CHECK_STR(failure(arena), "");
    str_truncate(&file, file.length - 2);
    CHECK_STR(failure(arena), "unexpected end of file");
    str_clear(&file);
    CHECK_STR(failure(arena), "unexpected end of file");
    put('T', "1 2");
    CHECK_STR(failure(arena), "no message size record");
    str_clear(&file);
    put('C', "1 2");
    CHECK_STR(failure(arena), "bad message size record: 1 2");
    str_clear(&file);
    put('C', "10 20 1 64 0 0");
    CHECK_STR(failure(arena), "bad queue manager flags: 10 20 1 64 0 0");
    str_clear(&file);
    put('C', "9223372036854775807 20 1 0 0 0");
    CHECK_STR(failure(arena), "bad message size record: "
                              "9223372036854775807 20 1 0 0 0");
    str_clear(&file);
    put('C', "10 97 1"); /* three fields, as old releases wrote */
    put('N', "x");
    CHECK_STR(failure(arena), "unexpected record type 78 at offset 9");
    make_file(0);
    memcpy(file.data + 2, "        9999999", 15);
    CHECK(*failure(arena) != 0); /* the content ends behind the file */
    arena_free(arena);
}

TEST(message_reader_stops_pointer_loops)
{
    struct arena *arena = arena_new();

    str_clear(&file);
    put_size(1, 2, 1);
    put_size(200, 300, 1);
    put_pointer((long)file.length);
    CHECK_STR(failure(arena), "too many reverse jump records at offset 97");
    arena_free(arena);
}

TEST(record_refuses_long_lengths)
{
    struct str payload = STR_EMPTY;
    static const char forged[] = "N\xff\xff\xff\xff\x01";
    static const char huge[] = "N\xff\xff\xff\x7f" "abc";

    struct stream *in = stream_open_memory(forged, sizeof forged - 1);
    CHECK_INT(record_get(in, &payload, 0), REC_ERROR);
    stream_close(in);
    in = stream_open_memory(huge, sizeof huge - 1);
    CHECK_INT(record_get(in, &payload, 0), REC_ERROR);
    CHECK(payload.capacity < 1 << 20);
    stream_close(in);
    in = stream_open_memory("N\5hello", 7);
    CHECK_INT(record_get(in, &payload, 4), REC_ERROR);
    stream_close(in);
    in = stream_open_memory("N\5hello", 7);
    CHECK_INT(record_get(in, &payload, 5), REC_NORM);
    CHECK_STR(payload.data, "hello");
    CHECK_INT(record_get(in, &payload, 5), REC_EOF);
    stream_close(in);
    str_fini(&payload);
}

/* ---- Logs ------------------------------------------------------------------ */

static long size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

/* A later message may get the same ID, and is not to have these lines. */
TEST(queue_log_is_removed_or_emptied)
{
    use_queue("", 2, false);
    CHECK(mkdir("defer", 0777) == 0 || errno == EEXIST);
    CHECK(chmod(".", 0755) == 0);
    CHECK(queue_log_remove("defer", "4A5B6C7D"));
    for (int turn = 0; turn < 3; turn++) {
        FILE *log = fopen("defer/4A5B6C7D", "w");
        CHECK(log != NULL);
        fputs("recipient=a@b\n", log);
        fclose(log);
        CHECK(chmod("defer/4A5B6C7D", turn < 2 ? 0666 : 0444) == 0);
        CHECK(chmod("defer", turn == 0 ? 0777 : 0555) == 0);
        if (geteuid() == 0)
            CHECK(seteuid(65534) == 0);
        CHECK_INT(queue_log_remove("defer", "4A5B6C7D"), turn < 2);
        if (getuid() == 0)
            CHECK(seteuid(0) == 0);
        CHECK_INT(size_of("defer/4A5B6C7D"), turn == 0 ? -1 : turn == 1 ? 0 : 14);
        CHECK(chmod("defer", 0777) == 0);
    }
}

/* As if there were no descriptor left, also for root. */
TEST(a_folder_that_cannot_be_read)
{
    struct error why = ERROR_NONE;
    struct rlimit few, kept;

    use_queue("", 2, false);
    CHECK(getrlimit(RLIMIT_NOFILE, &kept) == 0);
    few = kept;
    few.rlim_cur = 0;
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    struct queue_scan *scan = queue_scan_open("incoming");
    CHECK(setrlimit(RLIMIT_NOFILE, &kept) == 0);
    CHECK_STR(queue_scan_next(scan, NULL), NULL);
    CHECK(queue_scan_failed(scan, &why));
    CHECK_STR(why.text, "open directory incoming: Too many open files");
    queue_scan_close(scan);

    scan = queue_scan_open("no-such-folder");
    CHECK_STR(queue_scan_next(scan, NULL), NULL);
    CHECK(!queue_scan_failed(scan, NULL));
    queue_scan_close(scan);
}
