/* SPDX-License-Identifier: ISC
 *
 * main.c - postlogd: writes the log lines of all programs to maillog_file.
 *
 * The file is opened before root rights are given up, and stays open. After
 * the file was renamed, "postfix reload" makes a new process, which opens a
 * new file.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "base/watchdog.h"
#include "config/params.h"
#include "service/child_status.h"
#include "service/service.h"
#include "service/setup.h"

enum { STAMP_MAX = 512, TEXT_MAX = 8192, LINES_MAX = 65536, QUIET_MS = 5000 };
enum { BUSY_MS = 5, FEW_LINES = 5, NAP_US = 400 };

static int log_fd = -1; /* -1: maillog_file is empty */
static pid_t master_pid;

static bool is_stdout(const char *path)
{
    return strcmp(path, "/dev/stdout") == 0;
}

static void open_log_file(void)
{
    const char *path = common_params.maillog_file;

    if (*path == '\0')
        return;
    log_fd = is_stdout(path)
                 ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10)
                 : log_open_file(path, setup_log_file_mode(service_config()));
    if (log_fd >= 0)
        return;
    int reason = errno;
    log_set_targets(LOG_TO_SYSLOG);
    fatal("open logfile '%s': %s", path, strerror(reason));
}

/* Lines that came together are written together. */
static char lines[LINES_MAX + STAMP_MAX + TEXT_MAX + 2];
static size_t lines_length;
static unsigned lines_count;
static bool ends_in_half; /* the file does: its disk was full */

/* How much of <lines> is in the file. */
static size_t write_whole(void)
{
    size_t done = 0;

    while (done < lines_length) {
        ssize_t sent = write(log_fd, lines + done, lines_length - done);
        if (sent < 0 && errno != EINTR)
            break;
        done += sent > 0 ? (size_t)sent : 0;
    }
    if (done > 0)
        ends_in_half = lines[done - 1] != '\n';
    return done;
}

/* What cannot be written to the file must not be lost: also the line of which
 * half is there. */
static void turn_to_syslog(size_t done)
{
    while (done > 0 && lines[done - 1] != '\n')
        done--;
    char *cursor = lines + done, *line;

    lines[lines_length] = '\0';
    while ((line = text_token(&cursor, "\n")) != NULL)
        log_to_syslog(line);
}

static void write_lines(void)
{
    if (lines_length == 0)
        return;
    watchdog_feed();
    size_t done = write_whole();
    if (done < lines_length)
        turn_to_syslog(done);
    watchdog_rest();
    lines_length = 0;
}

/* When lines come one by one but in a row, being woken up for each costs more
 * than writing them. They collect while we look away, but not so many that the
 * socket could become full (net.unix.max_dgram_qlen is as low as 10): who
 * finds it full waits for us, the queue manager above all. */
static void rest_between_lines(void)
{
    static deadline_t last;
    deadline_t now = clock_now();

    write_lines();
    if (now - last <= BUSY_MS && lines_count < FEW_LINES)
        nanosleep(&(struct timespec){ .tv_nsec = NAP_US * 1000 }, NULL);
    last = now;
    lines_count = 0;
}

/* "Mon dd hh:mm:ss host ", made once a second. */
static struct {
    time_t second;
    char text[STAMP_MAX];
    size_t length;
} stamp;

static size_t add_stamp(char *out)
{
    time_t now = time(NULL);

    if (stamp.length == 0 || stamp.second != now) {
        stamp.length = log_format_stamp(stamp.text, sizeof stamp.text);
        stamp.second = now;
    }
    memcpy(out, stamp.text, stamp.length);
    return stamp.length;
}

static void add_line(const char *text)
{
    if (log_fd < 0) {
        log_to_syslog(text);
        return;
    }
    if (lines_length == 0 && ends_in_half)
        lines[lines_length++] = '\n';
    lines_length += add_stamp(lines + lines_length);
    size_t length = strlen(text);
    memcpy(lines + lines_length, text, length);
    lines_length += length;
    lines[lines_length++] = '\n';
    lines_count++;
    if (lines_length >= LINES_MAX)
        write_lines();
}

static void take_line(const char *data, size_t length)
{
    char text[TEXT_MAX + 1];

    if (length > TEXT_MAX)
        length = TEXT_MAX;
    while (length > 0 && (data[length - 1] == '\n' || data[length - 1] == 0))
        length--;
    memcpy(text, data, length);
    text[length] = '\0';
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\0')
            text[i] = '?';
    add_line(text_printable(text, '?', true));
}

static bool drain(int wait_ms)
{
    struct pollfd listener = { .fd = SERVICE_LISTEN_FD, .events = POLLIN };
    char data[TEXT_MAX];

    if (poll(&listener, 1, wait_ms) <= 0)
        return false;
    ssize_t got = recv(SERVICE_LISTEN_FD, data, sizeof data, MSG_DONTWAIT);
    if (got > 0)
        take_line(data, (size_t)got);
    write_lines();
    return got >= 0;
}

/* When master has gone, other daemons finish what they are at, and nobody
 * would start us for what they log. */
static void write_the_rest(void)
{
    deadline_t until =
        deadline_in_s(common_params.application_event_drain_time);

    while (drain(0))
        ;
    while (getppid() != master_pid && deadline_left_ms(until) > 0 &&
           drain(QUIET_MS))
        ;
}

static void start_watchdog(void)
{
    watchdog_start(postlogd_params.postlogd_watchdog_timeout);
    watchdog_rest();
}

static const struct param_group *const groups[] = { &postlogd_param_group,
                                                    NULL };

static const struct service postlogd = {
    .name = "postlogd",
    .groups = groups,
    .kind = SERVICE_DATAGRAM,
    .sessions = SERVICE_ONE,
    .flags = SERVICE_SOLITARY,
    .datagram = take_line,
    .no_more_datagrams = rest_between_lines,
    .before_jail = open_log_file,
    .after_jail = start_watchdog,
    .leaving = write_the_rest,
};

int main(int argc, char **argv)
{
    master_pid = getppid();
    return service_main(&postlogd, argc, argv);
}
