/* SPDX-License-Identifier: ISC
 *
 * log.h - one line to the mail log, in the shape log readers know.
 *
 * The line is `TAG[PID]: TEXT`, TAG being "postfix/smtpd"; warnings, errors,
 * fatal and panic texts begin with that word and ": ". Lines are made
 * printable (control characters become '?') and cut at 2000 bytes.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum log_level { LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR,
                 LOG_LEVEL_FATAL, LOG_LEVEL_PANIC };

/* Where lines go; several at once are allowed. */
enum log_target {
    LOG_TO_STDERR = 1 << 0,   /* "program: warning: text", for commands */
    LOG_TO_SYSLOG = 1 << 1,
    LOG_TO_POSTLOG = 1 << 2,  /* datagrams to the postlog socket */
    LOG_TO_STDOUT = 1 << 3,   /* full log lines with time and host */
};

struct log_options {
    const char *syslog_name;    /* "postfix", or "postfix/relay" */
    const char *program;        /* "smtpd"; NULL: the tag is syslog_name only */
    const char *facility;       /* "mail" */
    const char *postlog_socket; /* path, or NULL */
    /* When the postlog socket cannot be reached and the process may write
     * there: append to this file. NULL: fall back to syslog. */
    const char *fallback_file; /* "/dev/stdout": to standard output */
    int file_mode;             /* of a file that is created; 0: 0600 */
    const char *host_name;      /* for LOG_TO_STDOUT and files; cut at the
                                   first dot, as syslog has it */
    bool ascii_only;            /* UTF-8 becomes '?', too */
    unsigned targets;
};

/* Is this the name of a facility of syslog? */
bool log_knows_facility(const char *name);
/* May be called again (before and after parameters are known); copies all. */
void log_open(const struct log_options *options);
void log_set_targets(unsigned targets);
/* Connect to postlogd now: this process may later be a user who cannot. */
void log_connect(void);
/* Could any line not be written where log_open() said, but only to syslog?
 * 0, or why the file could not be written. */
int log_missed(void);
/* A line for the system's log alone, whatever the targets are. */
void log_to_syslog(const char *text);
int log_verbose(void);           /* 0, or how often -v was given */
void log_set_verbose(int level);

/* One line; what a terminal would obey becomes '?'. Over 2000 bytes are cut.
 * %m and errno are as at the call. Never waits for long, never fails. */
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);
void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);
void log_vwrite(enum log_level level, const char *format, va_list args);
/* What only those want to know who follow each step of a session: a line if
 * <verbosity>, log_verbose() and what debug_peer_level adds for some peers, is
 * 2 or more. */
void log_trace(long verbosity, const char *format, ...) PRINTF_LIKE(2, 3);
/* A line as it is written to a file: "Mmm dd hh:mm:ss HOST TAG[PID]: TEXT".
 * Returns its length; it is cut to fit. */
size_t log_format_line(char *out, size_t size, const char *text);
/* Open a log file for lines at its end. One that is created gets just
 * <mode>, whatever the umask. -1 and errno. Links are not followed. */
int log_open_file(const char *path, int mode);
/* Only "Mmm dd hh:mm:ss HOST ", for postlogd: a datagram on the postlog
 * socket is "TAG[PID]: TEXT", without a newline. */
size_t log_format_stamp(char *out, size_t size);

#endif
