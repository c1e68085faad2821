/* SPDX-License-Identifier: ISC
 *
 * Mailboxes and maildirs: what is written, and what is refused.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "mail/mbox.h"
#include "mailbox_failure.h"
#include "test.h"

static struct message_reader *make_message(struct arena *arena)
{
    static char data[256];
    size_t length = 97;

    static const char content[] = "N\012Subject: x"
                                  "N\0"
                                  "N\007From me"
                                  "N\004.dotL\003end"
                                  "X\0E\0";
    data[0] = 'C';
    data[1] = 95;
    snprintf(data + 2, 96, "%15zu %15d %15d %15d %15d %15d",
             sizeof content - 5, 97, 0, 0, 0, 0);
    memcpy(data + length, content, sizeof content - 1);
    return message_reader_open(
        stream_open_memory(data, length + sizeof content - 1), arena);
}

static const struct copy_options copy = {
    .from_line_sender = "MAILER-DAEMON",
    .return_path = "",
    .original_to = "a@b",
    .delivered_to = "c@d",
    .quote_from = true,
    .blank_line_at_end = true,
    .line_end = "\n",
};

static const char *contents(const char *path)
{
    static struct str text = STR_EMPTY;

    str_clear(&text);
    return file_read(path, 1 << 20, &text, NULL) ? text.data : "";
}

static struct mbox_options options(void)
{
    return (struct mbox_options){
        .locks = MBOX_LOCK_FCNTL | MBOX_LOCK_FLOCK | MBOX_LOCK_DOTLOCK,
        .lock_attempts = 1,
        .stale_lock_s = 500,
    };
}

#define HEADERS                                                         \
    "Return-Path: <>\nX-Original-To: a@b\nDelivered-To: c@d\n"          \
    "Subject: x\n\n>From me\n.dot\nend\n\n"

TEST(mbox_appends)
{
    struct arena *arena = arena_new();
    struct message_reader *message = make_message(arena);
    struct mbox_options mbox = options();
    struct dsn dsn;
    const char *path = test_path("box");

    CHECK(mbox_append(path, message, &copy, &mbox, arena, &dsn));
    const char *text = contents(path);
    CHECK(strncmp(text, "From MAILER-DAEMON  Thu Jan  1 ", 31) == 0);
    CHECK_STR(strchr(text, '\n') + 1, HEADERS);
    CHECK(access(test_path("box.lock"), F_OK) != 0);
    CHECK(mbox_append(path, message, &copy, &mbox, arena, &dsn));
    size_t length = strlen(contents(path));
    mbox.size_limit = (long)length + 1;
    CHECK(!mbox_append(path, message, &copy, &mbox, arena, &dsn));
    CHECK_STR(dsn.status, "5.2.2");
    CHECK_INT(strlen(contents(path)), length);
    message_reader_close(message);
    arena_free(arena);
}

/* In place of the C library's: a disk that fails. */
static bool disk_fails, folders_fail;
int fsync(int fd)
{
    struct stat st;
    bool is_folder = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);

    if (!disk_fails && !(folders_fail && is_folder))
        return (int)syscall(SYS_fsync, fd);
    errno = EIO;
    return -1;
}

static void disk_breaks(void *append_to)
{
    const char *path = append_to;

    disk_fails = true;
    if (path == NULL)
        return;
    int fd = open(path, O_WRONLY | O_APPEND);
    CHECK(write(fd, "more\n", 5) == 5 && close(fd) == 0);
}

TEST(mbox_takes_back_what_cannot_be_synced)
{
    struct arena *arena = arena_new();
    struct message_reader *message = make_message(arena);
    struct mbox_options mbox = options();
    struct copy_options breaking = copy;
    struct dsn dsn;
    char *path = mem_strdup(test_path("box_of_broken_disk"));

    CHECK(mbox_append(path, message, &copy, &mbox, arena, &dsn));
    size_t length = strlen(contents(path));
    breaking.written = disk_breaks;
    CHECK(!mbox_append(path, message, &breaking, &mbox, arena, &dsn));
    CHECK(dsn.status[0] == '4');
    CHECK_INT(strlen(contents(path)), length);
    /* What somebody else appended meanwhile is not cut off. */
    breaking.context = path;
    CHECK(!mbox_append(path, message, &breaking, &mbox, arena, &dsn));
    CHECK_INT(strlen(contents(path)), 2 * length + 5);
    CHECK(access(test_path("box_of_broken_disk.lock"), F_OK) != 0);
    disk_fails = false;
    message_reader_close(message);
    free(path);
    arena_free(arena);
}

TEST(mbox_needs_the_name_of_a_new_file_on_disk)
{
    struct arena *arena = arena_new();
    struct message_reader *message = make_message(arena);
    struct mbox_options mbox = options();
    struct dsn dsn;

    folders_fail = true;
    CHECK(!mbox_append(test_path("new_box"), message, &copy, &mbox, arena,
                       &dsn));
    CHECK_STR(dsn.status, "4.3.0");
    CHECK_STR(contents(test_path("new_box")), "");
    folders_fail = false;
    message_reader_close(message);
    arena_free(arena);
}

TEST(mbox_leaves_a_lock_file_to_its_owner)
{
    struct arena *arena = arena_new();
    struct message_reader *message = make_message(arena);
    struct mbox_options mbox = options();
    struct dsn dsn;

    CHECK(close(creat(test_path("locked.lock"), 0600)) == 0);
    mbox.locks = MBOX_LOCK_DOTLOCK;
    CHECK(!mbox_append(test_path("locked"), message, &copy, &mbox, arena,
                       &dsn));
    CHECK_STR(dsn.status, "4.2.0");
    CHECK(access(test_path("locked"), F_OK) != 0);
    CHECK(access(test_path("locked.lock"), F_OK) == 0);
    message_reader_close(message);
    arena_free(arena);
}

/* Nobody has to wait for our disk. */
static void append_another(void *arena)
{
    struct message_reader *message = make_message(arena);
    struct mbox_options mbox = options();
    struct dsn dsn;

    CHECK(mbox_append(test_path("box_for_two"), message, &copy, &mbox, arena,
                      &dsn));
    message_reader_close(message);
}

TEST(mbox_is_free_while_it_is_synced)
{
    struct arena *arena = arena_new();
    struct message_reader *message = make_message(arena);
    struct mbox_options mbox = options();
    struct copy_options first = copy;
    struct dsn dsn;

    first.written = append_another;
    first.context = arena;
    CHECK(mbox_append(test_path("box_for_two"), message, &first, &mbox, arena,
                      &dsn));
    const char *text = contents(test_path("box_for_two"));
    CHECK(strstr(strstr(text, "Subject: x") + 1, "Subject: x") != NULL);
    message_reader_close(message);
    arena_free(arena);
}

TEST(mbox_refuses_what_is_unsafe)
{
    struct arena *arena = arena_new();
    struct message_reader *message = make_message(arena);
    struct mbox_options mbox = options();
    struct dsn dsn;

    CHECK(symlink("/dev/null", test_path("link")) == 0);
    CHECK(!mbox_append(test_path("link"), message, &copy, &mbox, arena, &dsn));
    CHECK_STR(dsn.status, "5.2.0");
    CHECK(!mbox_append(test_dir(), message, &copy, &mbox, arena, &dsn));
    CHECK(!mbox_append("/dev/null", message, &copy, &mbox, arena, &dsn));
    mbox.devices = true;
    CHECK(mbox_append("/dev/null", message, &copy, &mbox, arena, &dsn));
    mbox.check_owner = true;
    mbox.owner = getuid() + 1;
    CHECK(!mbox_append(test_path("new"), message, &copy, &mbox, arena, &dsn));
    CHECK(close(creat(test_path("busy.lock"), 0600)) == 0);
    CHECK(!mbox_append(test_path("busy"), message, &copy, &mbox, arena, &dsn));
    CHECK_STR(dsn.status, "4.2.0");
    message_reader_close(message);
    arena_free(arena);
}

/* The first five, and that others are for good, as Debian's Postfix has it.
 * It also bounces for want of memory or locks, or a disk in trouble. */
TEST(mailbox_open_status_tells_what_passes)
{
    static const struct { int number; const char *want; } cases[] = {
        { EAGAIN, "4.2.0" },  { ESTALE, "4.2.0" },  { EDQUOT, "5.2.2" },
        { ENOSPC, "4.3.0" },  { EACCES, "5.2.0" },  { EROFS, "4.3.0" },
        { ENOMEM, "4.3.0" },  { ENOLCK, "4.3.0" },  { EIO, "4.3.0" },
        { EMFILE, "4.3.0" },  { ENFILE, "4.3.0" },  { ETIMEDOUT, "4.3.0" },
        { ELOOP, "5.2.0" },   { EPERM, "5.2.0" },   { EISDIR, "5.2.0" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(mailbox_open_status(cases[i].number), cases[i].want);
}

TEST(maildir_delivers)
{
    struct arena *arena = arena_new();
    struct message_reader *message = make_message(arena);
    struct copy_options plain = copy;
    struct dsn dsn;

    plain.from_line_sender = NULL;
    plain.blank_line_at_end = false;
    CHECK(maildir_deliver(test_path("dir"), message, &plain, 0, "host", arena,
                          &dsn));
    DIR *folder = opendir(test_path("dir/new"));
    struct dirent *entry;
    int count = 0;
    while ((entry = readdir(folder)) != NULL) {
        unsigned long seconds, device, inode, usec;
        char host[32];
        if (entry->d_name[0] == '.')
            continue;
        count++;
        CHECK_INT(sscanf(entry->d_name, "%lu.V%lxI%lxM%lu.%31s", &seconds,
                         &device, &inode, &usec, host),
                  5);
        CHECK_INT(inode, entry->d_ino);
        CHECK_STR(host, "host");
    }
    closedir(folder);
    CHECK_INT(count, 1);
    CHECK(rmdir(test_path("dir/tmp")) == 0); /* empty */
    CHECK(!maildir_deliver(test_path("dir"), message, &plain, 10, "host",
                           arena, &dsn));
    CHECK_STR(dsn.status, "5.2.2");
    message_reader_close(message);
    arena_free(arena);
}

/* What a maildir lacks is made: Debian's Postfix delivers to all of these. */
TEST(maildir_gets_its_folders)
{
    static const struct { const char *dir, *has; } cases[] = {
        { "none", NULL },
        { "new", "new" },
        { "tmp", "tmp" },
        { "cur", "cur" },
    };
    struct arena *arena = arena_new();
    struct message_reader *message = make_message(arena);
    struct dsn dsn;

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *dir = arena_strdup(arena, test_path(cases[i].dir));
        CHECK(mkdir(dir, 0700) == 0);
        if (cases[i].has != NULL)
            CHECK(mkdir(arena_printf(arena, "%s/%s", dir, cases[i].has),
                        0700) == 0);
        CHECK(maildir_deliver(dir, message, &copy, 0, "host", arena, &dsn));
        CHECK(access(arena_printf(arena, "%s/tmp", dir), F_OK) == 0);
        CHECK(access(arena_printf(arena, "%s/new", dir), F_OK) == 0);
        CHECK(access(arena_printf(arena, "%s/cur", dir), F_OK) == 0);
    }
    message_reader_close(message);
    arena_free(arena);
}

/* A process that holds the locks and lets go of them a moment later. */
static pid_t hold_locks(const char *path, const char *dotlock)
{
    int ready[2];
    char byte = 'x';

    CHECK(pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(path, O_RDWR);
        int lock = open(dotlock, O_WRONLY | O_CREAT | O_EXCL, 0600);
        bool held = fd >= 0 && lock >= 0 && flock(fd, LOCK_EX) == 0 &&
                    write(ready[1], &byte, 1) == 1;
        clock_sleep_ms(20);
        unlink(dotlock);
        clock_sleep_ms(20);
        _exit(held ? 0 : 1);
    }
    close(ready[1]);
    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    return child;
}

/* The whole delay, here an hour, is not slept through. */
TEST(mbox_goes_on_when_the_locks_are_free)
{
    struct arena *arena = arena_new();
    struct message_reader *message = make_message(arena);
    struct mbox_options mbox = options();
    struct dsn dsn;
    int status;
    const char *path = test_path("busy");

    CHECK(mbox_append(path, message, &copy, &mbox, arena, &dsn));
    mbox.lock_attempts = 2;
    mbox.lock_delay_s = 3600;
    char *dotlock = mem_printf("%s.lock", path);
    pid_t child = hold_locks(path, dotlock);
    CHECK(mbox_append(path, message, &copy, &mbox, arena, &dsn));
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    message_reader_close(message);
    free(dotlock);
    arena_free(arena);
}

static bool take_lock(int fd, int kind)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    return kind == MBOX_LOCK_FLOCK ? flock(fd, LOCK_EX) == 0
                                   : fcntl(fd, F_SETLK, &lock) == 0;
}

/* A process that holds one kind of lock until <go> closes, and then has
 * something to append first. */
static pid_t hold_one_lock(const char *path, int kind, int *go)
{
    int ready[2], wait[2];
    char byte = 'x';

    CHECK(pipe(ready) == 0 && pipe(wait) == 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(path, O_RDWR | O_APPEND);
        close(wait[1]);
        bool held = fd >= 0 && take_lock(fd, kind) &&
                    write(ready[1], &byte, 1) == 1 &&
                    read(wait[0], &byte, 1) == 0;
        clock_sleep_ms(20);
        _exit(held && write(fd, "more\n", 5) == 5 ? 0 : 1);
    }
    close(ready[1]);
    close(wait[0]);
    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    *go = wait[1];
    return child;
}

/* What was appended until then stays, also if our message cannot. */
TEST(mbox_waits_for_each_kind_of_lock)
{
    static const int kinds[] = { MBOX_LOCK_FLOCK, MBOX_LOCK_FCNTL };
    struct arena *arena = arena_new();
    struct message_reader *message = make_message(arena);
    struct dsn dsn;
    int go, status;
    const char *path = arena_strdup(arena, test_path("box_of_others"));

    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct mbox_options mbox = options();
        mbox.locks = kinds[i];
        CHECK(mbox_append(path, message, &copy, &mbox, arena, &dsn));
        size_t length = strlen(contents(path));
        pid_t child = hold_one_lock(path, kinds[i], &go);
        CHECK(!mbox_append(path, message, &copy, &mbox, arena, &dsn));
        CHECK_STR(dsn.status, "4.2.0");
        CHECK_INT(strlen(contents(path)), length);
        close(go);
        mbox.lock_attempts = 2;
        mbox.lock_delay_s = 3600;
        mbox.size_limit = 1;
        CHECK(!mbox_append(path, message, &copy, &mbox, arena, &dsn));
        CHECK_STR(dsn.status, "5.2.2");
        CHECK_INT(strlen(contents(path)), length + 5);
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
    message_reader_close(message);
    arena_free(arena);
}

TEST(mailbox_lock_names)
{
    struct error why = ERROR_NONE;

    CHECK_INT(mbox_locks_parse("fcntl, dotlock", &why),
              MBOX_LOCK_FCNTL | MBOX_LOCK_DOTLOCK);
    CHECK_INT(mbox_locks_parse("flock", &why), MBOX_LOCK_FLOCK);
    CHECK_INT(mbox_locks_parse("lockf", &why), -1);
    CHECK_STR(why.text, "unknown mailbox lock method: lockf");
}
