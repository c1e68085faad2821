/* SPDX-License-Identifier: ISC
 *
 * file.c - tests of base/file.h.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

static void make(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

TEST(file_read_up_to_the_limit)
{
    const char *path = test_path("file");
    struct str out = STR_EMPTY;
    struct error why = ERROR_NONE;
    make(path, "12345");
    CHECK(file_read(path, 5, &out, &why));
    CHECK_STR(out.data, "12345");
    CHECK(!file_read(path, 4, &out, &why));
    CHECK_INT(errno, EFBIG);
    CHECK_INT(out.length, 0);
    make(path, "");
    CHECK(file_read(path, 0, &out, NULL));
    CHECK_STR(out.data, "");
    CHECK(!file_read(test_path("none"), 5, &out, &why));
    CHECK_INT(errno, ENOENT);
    CHECK(strstr(why.text, "none: No such file") != NULL);
    CHECK(!file_read(test_dir(), 5, &out, NULL));
    CHECK_INT(errno, EISDIR);
    str_fini(&out);
}

TEST(file_read_large_with_nul)
{
    struct str in = STR_EMPTY, out = STR_EMPTY;
    for (int i = 0; i < 200000; i++)
        str_add_char(&in, i & 255);
    CHECK(file_replace(test_path("large"), 0644, in.data, in.length, NULL));
    CHECK(file_read(test_path("large"), 200000, &out, NULL));
    CHECK_BYTES(out.data, out.length, in.data, in.length);
    str_fini(&in);
    str_fini(&out);
}

TEST(file_replace_keeps_mode_and_link)
{
    const char *path = test_path("file"), *link = test_path("link");
    struct stat st;
    CHECK(file_replace(path, 0640, "new", 3, NULL));
    CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640);
    chmod(path, 0604);
    CHECK(symlink("file", link) == 0);
    CHECK(file_replace(link, 0666, "newer", 5, NULL));
    CHECK(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0604);
    CHECK_INT(st.st_size, 5);
}

TEST(file_replace_removes_what_a_killed_one_left)
{
    const char *path = test_path("again"), *left = test_path("again.tmp");
    const char *other = test_path("other");
    struct stat st;
    CHECK(file_replace(other, 0644, "old", 3, NULL));
    CHECK(symlink("other", left) == 0);
    CHECK(file_replace(path, 0644, "newer", 5, NULL));
    CHECK(lstat(left, &st) < 0 && errno == ENOENT);
    CHECK(stat(other, &st) == 0);
    CHECK_INT(st.st_size, 3);
}

TEST(file_replace_leaves_nothing_when_it_fails)
{
    struct error why = ERROR_NONE;
    CHECK(!file_replace(test_dir(), 0644, "x", 1, &why));
    CHECK(strstr(why.text, "not a regular file") != NULL);
    CHECK(!file_replace(test_path("no/file"), 0644, "x", 1, &why));
    CHECK_INT(errno, ENOENT);
}

TEST(file_sync_before_name_knows_bad_descriptors)
{
    int fd = open(test_path("ahead"), O_WRONLY | O_CREAT, 0600);

    CHECK(file_write_all(fd, "text", 4));
    CHECK(file_sync_before_name(fd));
    CHECK(file_sync_before_name(fd));
    close(fd);
    CHECK(!file_sync_before_name(fd));
    CHECK_INT(errno, EBADF);
}

TEST(file_sync_carries_name_only_where_that_is_known)
{
    int fd = open("/proc/self/status", O_RDONLY);

    file_learn_order("/no such folder");
    file_learn_order("/proc");
    CHECK(!file_sync_carries_name(fd));
    close(fd);
    CHECK(!file_sync_carries_name(fd));
}

static int open_plain(const char *path, int flags)
{
    return file_open_plain(path, flags, 0600, (uid_t)-1, (gid_t)-1, NULL,
                           NULL);
}

TEST(file_open_plain_refuses_what_could_be_elsewhere)
{
    const char *path = test_path("file");
    struct error why = ERROR_NONE;
    struct stat st;
    make(path, "secret");
    CHECK(symlink(path, test_path("soft")) == 0);
    CHECK(open_plain(test_path("soft"), O_RDWR) < 0);
    CHECK(open_plain(test_path("soft"), O_RDWR | O_CREAT) < 0);
    CHECK(symlink("nowhere", test_path("dangling")) == 0);
    CHECK(open_plain(test_path("dangling"), O_RDWR | O_CREAT) < 0);
    CHECK(mkfifo(test_path("fifo"), 0600) == 0);
    CHECK(open_plain(test_path("fifo"), O_RDONLY) < 0);
    CHECK(open_plain(test_dir(), O_RDONLY) < 0);
    CHECK(link(path, test_path("hard")) == 0);
    CHECK(file_open_plain(path, O_RDWR | O_TRUNC, 0, (uid_t)-1, (gid_t)-1, &st,
                          &why) < 0);
    CHECK_INT(errno, EPERM);
    CHECK(strstr(why.text, "wrong number of links") != NULL);
    CHECK(stat(path, &st) == 0 && st.st_size == 6); /* not truncated */
}

TEST(file_open_plain_opens_and_creates)
{
    const char *path = test_path("file");
    struct stat st;
    CHECK(open_plain(path, O_RDWR) < 0);
    CHECK_INT(errno, ENOENT);
    int fd = file_open_plain(path, O_RDWR | O_CREAT, 0600, getuid(), getgid(),
                             &st, NULL);
    CHECK(fd >= 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(file_write_all(fd, "text", 4));
    close(fd);
    CHECK(open_plain(path, O_RDWR | O_CREAT | O_EXCL) < 0);
    CHECK_INT(errno, EEXIST);
    fd = file_open_plain(path, O_WRONLY | O_CREAT | O_TRUNC, 0600, (uid_t)-1,
                         (gid_t)-1, &st, NULL);
    CHECK(fd >= 0);
    CHECK_INT(st.st_size, 0);
    close(fd);
}

TEST(file_make_folders_is_mkdir_p)
{
    struct error why = ERROR_NONE;
    struct stat st;
    umask(022);
    CHECK(file_make_folders(test_path("a//b/c/"), 0777, NULL));
    CHECK(file_make_folders(test_path("a/b/c"), 0700, NULL));
    CHECK(stat(test_path("a/b/c"), &st) == 0 && (st.st_mode & 0777) == 0755);
    make(test_path("file"), "");
    CHECK(!file_make_folders(test_path("file/x"), 0777, &why));
    CHECK_INT(errno, ENOTDIR);
    CHECK(!file_make_folders(test_path("file"), 0777, &why));
    CHECK(file_make_folders("/", 0777, NULL));
    CHECK(file_sync_folder(test_path("a/b"), NULL));
    CHECK(file_sync_folder("/x", NULL) && file_sync_folder("x", NULL));
    CHECK(!file_sync_folder(test_path("none/x"), &why));
}

/* As a mail spool that others must not list. */
TEST(file_makes_names_durable_in_a_folder_that_cannot_be_read)
{
    struct error why = ERROR_NONE;
    CHECK(mkdir(test_path("box"), 0700) == 0);
    CHECK(chmod(test_path("box"), 0333) == 0);
    CHECK(chdir(test_path("box")) == 0);
    if (geteuid() == 0)
        CHECK(seteuid(65534) == 0);
    CHECK(open(".", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES);
    make("file", "text");
    CHECK(file_sync_folder("file", &why));
    CHECK(file_make_folder("folder", 0700));
    CHECK(!file_make_folder("folder", 0700) && errno == EEXIST);
    CHECK(file_make_folders("folder/a/b", 0700, &why));
    CHECK_STR(why.text, "");
    CHECK(getuid() != 0 || seteuid(0) == 0); /* leaks are looked for as root */
}

TEST(file_has_name_until_another_takes_its_place)
{
    const char *name = test_path("named");
    const char *other = test_path("other");
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    CHECK(file_has_name(fd, name, 0));
    CHECK(rename(name, other) == 0);
    CHECK(!file_has_name(fd, name, 0));
    CHECK(symlink(other, name) == 0);
    CHECK(file_has_name(fd, name, 0));
    CHECK(!file_has_name(fd, name, AT_SYMLINK_NOFOLLOW));
    close(fd);
    CHECK(!file_has_name(fd, other, 0));
}

TEST(file_flags)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    CHECK(file_set_nonblocking(ends[1], true));
    CHECK((fcntl(ends[1], F_GETFL) & O_NONBLOCK) != 0);
    CHECK(file_set_nonblocking(ends[1], false));
    CHECK((fcntl(ends[1], F_GETFL) & O_NONBLOCK) == 0);
    CHECK(!file_set_nonblocking(-1, true));
    CHECK(!file_write_all(ends[0], "x", 1));
    CHECK(file_write_all(ends[0], "", 0));
}
