/* SPDX-License-Identifier: ISC
 *
 * log.c - one line to the mail log, in the shape log readers know.
 *
 * Nothing here allocates memory: "out of memory" must still reach the log.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/format.h"
#include "base/text.h"
#include "log_socket.h"

enum { TEXT_MAX = 2000, LINE_MAX_BYTES = TEXT_MAX + 512 };
enum { TRACE_VERBOSITY = 2 };

static const struct level_row {
    const char *prefix;
    int priority;
} level_rows[] = {
    [LOG_LEVEL_INFO] = { "", LOG_INFO },
    [LOG_LEVEL_WARNING] = { "warning: ", LOG_WARNING },
    [LOG_LEVEL_ERROR] = { "error: ", LOG_ERR },
    [LOG_LEVEL_FATAL] = { "fatal: ", LOG_CRIT },
    [LOG_LEVEL_PANIC] = { "panic: ", LOG_CRIT },
};

/* Before log_open: what a command can say about its own start. */
static struct {
    char tag[128];
    char program[64];
    struct log_socket postlog, syslog;
    char fallback_file[1024];
    char host_name[256];
    int file_mode;
    int facility;
    unsigned targets;
    int verbose;
    bool ascii_only;
    int missed; /* errno of a line that is not where it should be */
} state = {
    .tag = "postfix",
    .program = "postfix",
    .facility = LOG_MAIL,
    .targets = LOG_TO_STDERR,
    .postlog = { .fd = -1 },
    .syslog = { .path = "/dev/log", .fd = -1, .may_stream = true },
};

/* A process asks for its number once; a child is another process. */
static int own_pid;

static void forget_pid(void)
{
    own_pid = 0;
}

static int process_number(void)
{
    static bool watches_forks;

    if (own_pid == 0) {
        if (!watches_forks)
            watches_forks = pthread_atfork(NULL, NULL, forget_pid) == 0;
        int pid = (int)getpid();
        if (!watches_forks)
            return pid;
        own_pid = pid;
    }
    return own_pid;
}

static const struct facility {
    const char *name;
    int number;
} facilities[] = {
    { "auth", LOG_AUTH },     { "authpriv", LOG_AUTHPRIV },
    { "cron", LOG_CRON },     { "daemon", LOG_DAEMON },
    { "ftp", LOG_FTP },       { "kern", LOG_KERN },
    { "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },
    { "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
    { "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 },
    { "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
    { "lpr", LOG_LPR },       { "mail", LOG_MAIL },
    { "news", LOG_NEWS },     { "syslog", LOG_SYSLOG },
    { "user", LOG_USER },     { "uucp", LOG_UUCP },
};

static const struct facility *find_facility(const char *name)
{
    for (size_t i = 0; i < sizeof facilities / sizeof *facilities; i++)
        if (name != NULL && strcmp(facilities[i].name, name) == 0)
            return &facilities[i];
    return NULL;
}

bool log_knows_facility(const char *name)
{
    return find_facility(name) != NULL;
}

static int facility_number(const char *name)
{
    const struct facility *found = find_facility(name);

    return found != NULL ? found->number : LOG_MAIL;
}

/* Copy what fits; false if it did not. */
static bool copy_text(char *to, size_t size, const char *from)
{
    return (size_t)format_text(to, size, "%s", from == NULL ? "" : from) <
           size;
}

void log_open(const struct log_options *options)
{
    if (options->program != NULL)
        format_text(state.tag, sizeof state.tag, "%s/%s", options->syslog_name,
                    options->program);
    else
        copy_text(state.tag, sizeof state.tag, options->syslog_name);
    copy_text(state.program, sizeof state.program,
              options->program != NULL ? options->program
                                       : options->syslog_name);
    state.facility = facility_number(options->facility);
    /* Half a path is the path of something else. */
    log_socket_close(&state.postlog);
    if (!copy_text(state.postlog.path, sizeof state.postlog.path,
                   options->postlog_socket))
        state.postlog.path[0] = '\0';
    if (!copy_text(state.fallback_file, sizeof state.fallback_file,
                   options->fallback_file))
        state.fallback_file[0] = '\0';
    copy_text(state.host_name, sizeof state.host_name, options->host_name);
    state.host_name[strcspn(state.host_name, ".")] = '\0';
    state.ascii_only = options->ascii_only;
    state.file_mode = options->file_mode != 0 ? options->file_mode : 0600;
    log_set_targets(options->targets);
}

/* The system's log is opened at once, while its socket can still be reached:
 * the process may go into a chroot next. */
void log_set_targets(unsigned targets)
{
    state.targets = targets;
    if ((targets & (LOG_TO_SYSLOG | LOG_TO_POSTLOG)) != 0) {
        log_socket_close(&state.syslog);
        log_socket_connect(&state.syslog);
    }
}

int log_verbose(void)
{
    return state.verbose;
}

void log_set_verbose(int level)
{
    state.verbose = level;
}

/* "Mon dd hh:mm:ss ", in our own words, because strftime's change with the
 * locale. */
static size_t format_time(char *out, size_t size)
{
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr",
                                        "May", "Jun", "Jul", "Aug",
                                        "Sep", "Oct", "Nov", "Dec" };
    struct timeval now = clock_wall();
    struct tm local = { 0 };
    localtime_r(&now.tv_sec, &local);
    int length = format_text(out, size, "%s %2d %02d:%02d:%02d ",
                             months[local.tm_mon], local.tm_mday, local.tm_hour,
                          local.tm_min, local.tm_sec);
    return (size_t)length < size ? (size_t)length : size - 1;
}

size_t log_format_stamp(char *out, size_t size)
{
    const char *host = state.host_name;
    if (host[0] == '\0')
        host = "localhost";
    size_t used = format_time(out, size);
    int length = format_text(out + used, size - used, "%s ", host);
    used += (size_t)length;
    return used < size ? used : size - 1;
}

size_t log_format_line(char *out, size_t size, const char *text)
{
    size_t used = log_format_stamp(out, size);
    int length = format_text(out + used, size - used, "%s[%d]: %s", state.tag,
                             process_number(), text);
    used += (size_t)length;
    return used < size ? used : size - 1;
}

/* One write(2) a line, so that lines of several processes do not mix. What
 * cannot be written has no better place to go. */
static bool write_line(int fd, const char *line, size_t length)
{
    ssize_t done;
    do
        done = write(fd, line, length);
    while (done < 0 && errno == EINTR);
    return done == (ssize_t)length;
}

static bool write_full_line(int fd, const char *text)
{
    char line[LINE_MAX_BYTES];
    size_t length = log_format_line(line, sizeof line - 1, text);
    line[length++] = '\n';
    return write_line(fd, line, length);
}

static void write_stderr(const char *text)
{
    char line[LINE_MAX_BYTES];
    int length =
        format_text(line, sizeof line, "%s: %s\n", state.program, text);
    write_line(STDERR_FILENO, line, (size_t)length);
}

static void write_syslog(enum log_level level, const char *text)
{
    char line[LINE_MAX_BYTES];
    size_t used = (size_t)format_text(line, sizeof line, "<%d>",
                                      state.facility |
                                      level_rows[level].priority);
    used += format_time(line + used, sizeof line - used);
    used += (size_t)format_text(line + used, sizeof line - used, "%s[%d]: %s",
                                state.tag, process_number(), text);
    log_socket_send(&state.syslog, line,
                    used < sizeof line ? used : sizeof line - 1);
}

void log_to_syslog(const char *text)
{
    write_syslog(LOG_LEVEL_INFO, text);
}

void log_connect(void)
{
    if (state.targets & LOG_TO_POSTLOG)
        log_socket_connect(&state.postlog);
}

int log_open_file(const char *path, int mode)
{
    const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
                      O_NONBLOCK | O_NOCTTY;
    int fd = open(path, flags);

    if (fd >= 0 || errno != ENOENT)
        return fd;
    fd = open(path, flags | O_CREAT | O_EXCL, 0600);
    if (fd < 0 && errno == EEXIST)
        return open(path, flags);
    if (fd >= 0)
        (void)fchmod(fd, (mode_t)mode);
    return fd;
}

static bool append_fallback_file(const char *text)
{
    if (state.fallback_file[0] == '\0')
        return false;
    if (strcmp(state.fallback_file, "/dev/stdout") == 0)
        return write_full_line(STDOUT_FILENO, text);
    int fd = log_open_file(state.fallback_file, state.file_mode);
    if (fd < 0)
        return false;
    bool written = write_full_line(fd, text);
    close(fd);
    return written;
}

int log_missed(void)
{
    return state.missed;
}

static void write_postlog(enum log_level level, const char *text)
{
    char line[LINE_MAX_BYTES];
    int length = format_text(line, sizeof line, "%s[%d]: %s", state.tag,
                             process_number(), text);
    if (log_socket_send(&state.postlog, line, (size_t)length) ||
        append_fallback_file(text))
        return;
    state.missed = state.fallback_file[0] != '\0' ? errno : EACCES;
    if ((state.targets & LOG_TO_SYSLOG) == 0)
        write_syslog(level, text);
}

void log_vwrite(enum log_level level, const char *format, va_list args)
{
    int saved_errno = errno;
    char text[TEXT_MAX + 1];
    size_t used = (size_t)format_text(text, sizeof text, "%s",
                                      level_rows[level].prefix);
    errno = saved_errno; /* for %m */
    format_vtext(text + used, sizeof text - used, format, args);
    text_printable(text, '?', !state.ascii_only);

    if ((state.targets & LOG_TO_STDERR) != 0)
        write_stderr(text);
    if ((state.targets & LOG_TO_STDOUT) != 0)
        write_full_line(STDOUT_FILENO, text);
    if ((state.targets & LOG_TO_SYSLOG) != 0)
        write_syslog(level, text);
    if ((state.targets & LOG_TO_POSTLOG) != 0)
        write_postlog(level, text);
    errno = saved_errno;
}

void log_write(enum log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_vwrite(level, format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_vwrite(LOG_LEVEL_INFO, format, args);
    va_end(args);
}

void log_trace(long verbosity, const char *format, ...)
{
    va_list args;

    if (verbosity < TRACE_VERBOSITY)
        return;
    va_start(args, format);
    log_vwrite(LOG_LEVEL_INFO, format, args);
    va_end(args);
}

void log_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_vwrite(LOG_LEVEL_WARNING, format, args);
    va_end(args);
}

void log_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_vwrite(LOG_LEVEL_ERROR, format, args);
    va_end(args);
}
