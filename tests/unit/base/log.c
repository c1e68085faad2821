/* SPDX-License-Identifier: ISC
 *
 * log.c - tests of base/log.h.
 */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "test.h"

static struct log_options options = {
    .syslog_name = "postfix/test", .program = "smtpd", .facility = "mail",
    .host_name = "mail.example",
};

/* What <fd> receives while a line is logged. */
static struct str caught = STR_EMPTY;

static const char *catch_line(int fd, enum log_level level, const char *text)
{
    const char *path = test_path("caught");
    fflush(NULL);
    int saved = dup(fd);
    FILE *file = fopen(path, "w");
    dup2(fileno(file), fd);
    log_write(level, "%s", text);
    dup2(saved, fd);
    fclose(file);
    close(saved);
    file_read(path, 100000, &caught, NULL);
    return caught.data;
}

TEST(log_to_stderr_as_commands_do)
{
    options.targets = LOG_TO_STDERR;
    log_open(&options);
    CHECK_STR(catch_line(2, LOG_LEVEL_INFO, "a"), "smtpd: a\n");
    CHECK_STR(catch_line(2, LOG_LEVEL_WARNING, "a"), "smtpd: warning: a\n");
    CHECK_STR(catch_line(2, LOG_LEVEL_ERROR, "a"), "smtpd: error: a\n");
    CHECK_STR(catch_line(2, LOG_LEVEL_FATAL, ""), "smtpd: fatal: \n");
    CHECK_STR(catch_line(2, LOG_LEVEL_PANIC, "a"), "smtpd: panic: a\n");
    CHECK_STR(catch_line(2, LOG_LEVEL_INFO, "a\r\nb\x1b\xff\xc3\xa4"),
              "smtpd: a??b??\xc3\xa4\n");
    options.ascii_only = true;
    log_open(&options);
    CHECK_STR(catch_line(2, LOG_LEVEL_INFO, "a\xc3\xa4"), "smtpd: a??\n");
    options.ascii_only = false;
    log_set_verbose(2);
    CHECK_INT(log_verbose(), 2);
}

TEST(log_lines_are_cut)
{
    char large[5000];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    options.targets = LOG_TO_STDERR;
    log_open(&options);
    CHECK_INT(strlen(catch_line(2, LOG_LEVEL_INFO, large)), 2000 + 8);
    memcpy(large + 1999, "\xc3\xa4", 2); /* cut in the middle of this */
    catch_line(2, LOG_LEVEL_INFO, large);
    CHECK_STR(caught.data + 7 + 1999, "?\n");
}

TEST(log_keeps_errno)
{
    options.targets = LOG_TO_STDERR;
    log_open(&options);
    errno = ENOENT;
    log_info("%s", "x");
    CHECK_INT(errno, ENOENT);
}

/* Does <line> look like "Mmm dd hh:mm:ss mail <rest>"? */
static bool is_full_line(const char *line, const char *rest)
{
    char month[4], host[64], tail[128];
    int day, hour, minute, second;
    return sscanf(line, "%3s %2d %2d:%2d:%2d %63s %127[^\n]", month, &day,
                  &hour, &minute, &second, host, tail) == 7 &&
           line[6] == ' ' && line[15] == ' ' &&
           strcmp(host, "mail") == 0 && strcmp(tail, rest) == 0;
}

static const char *tagged(const char *text)
{
    static char line[200];
    snprintf(line, sizeof line, "postfix/test/smtpd[%d]: %s", (int)getpid(),
             text);
    return line;
}

TEST(log_full_lines)
{
    char line[200];
    options.targets = LOG_TO_STDOUT;
    log_open(&options);
    size_t length = log_format_line(line, sizeof line, "text");
    CHECK_INT(length, strlen(line));
    CHECK(is_full_line(line, tagged("text")));
    CHECK_INT(log_format_stamp(line, sizeof line), 16 + 5);
    CHECK_INT(log_format_line(line, 40, "a long text"), 39);
    CHECK_INT(log_format_line(line, 5, "a long text"), 4);
    CHECK(is_full_line(catch_line(1, LOG_LEVEL_WARNING, "x"),
                       tagged("warning: x")));
}

static int postlog_socket(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s",
             test_path("postlog"));
    unlink(address.sun_path);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static const char *receive(int fd)
{
    static char datagram[4096];
    ssize_t got = recv(fd, datagram, sizeof datagram - 1, MSG_DONTWAIT);
    datagram[got < 0 ? 0 : got] = '\0';
    return datagram;
}

static void log_to_postlog(void)
{
    options.targets = LOG_TO_POSTLOG;
    options.postlog_socket = test_path("postlog");
    options.fallback_file = test_path("fallback");
    log_open(&options);
}

TEST(log_to_postlog_survives_a_restart)
{
    int fd = postlog_socket();
    log_to_postlog();
    log_warning("one");
    CHECK_STR(receive(fd), tagged("warning: one"));
    close(fd);
    fd = postlog_socket();
    log_info("two");
    CHECK_STR(receive(fd), tagged("two"));
    close(fd);
}

TEST(log_falls_back_when_nobody_listens)
{
    log_to_postlog();
    log_info("lost?");
    CHECK(file_read(test_path("fallback"), 1000, &caught, NULL));
    CHECK(is_full_line(caught.data, tagged("lost?")));
}

TEST(log_waits_for_a_slow_reader_but_not_for_long)
{
    int fd = postlog_socket();
    log_to_postlog();
    deadline_t start = clock_now();
    int sent = 0;
    for (; clock_now() - start < 500; sent++)
        log_info("line");
    CHECK(file_read(test_path("fallback"), 100000, &caught, NULL));
    CHECK(clock_now() - start >= 900 && clock_now() - start < 60000);
    int received = 0;
    while (receive(fd)[0] != '\0')
        received++;
    CHECK_INT(received, sent - 1);
    close(fd);
}
