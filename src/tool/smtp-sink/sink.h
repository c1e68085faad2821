/* SPDX-License-Identifier: ISC
 *
 * sink.h - the parts of the test server.
 */
#ifndef SINK_H
#define SINK_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/array.h"
#include "base/str.h"
#include "base/stream.h"

/* Commands by name; the order is that of sink_commands. */
enum sink_command {
    SINK_CONNECT, SINK_HELO, SINK_EHLO, SINK_LHLO, SINK_XCLIENT, SINK_XFORWARD,
    SINK_AUTH, SINK_MAIL, SINK_RCPT, SINK_VRFY, SINK_DATA, SINK_BDAT,
    SINK_DOT, SINK_RSET, SINK_NOOP, SINK_QUIT, SINK_COMMANDS
};
extern const char *const sink_names[SINK_COMMANDS];

/* What -f -r -q -Q -s and -W ask for one command. */
struct sink_rule {
    bool hard, soft, hangup, close_421, log;
    int delay_s, odds;
};

struct sink_options {
    struct sink_rule rules[SINK_COMMANDS];
    bool no_8bitmime, no_auth, no_esmtp, no_enhanced, no_xclient, no_xforward,
        no_dsn, no_pipelining, pix, lmtp, show_count;
    bool abort_data;
    int abort_delay_s, data_delay_s, read_delay_s, timeout_s;
    const char *soft_reply, *hard_reply, *host;
    const char *dump_single, *dump_append, *dump_start;
    int max_clients, quit_messages, quit_sessions, window;
};
extern struct sink_options sink_options; /* constant after start */

/* A mail transaction, as dump files show it. */
struct sink_transaction {
    struct str mail_args;
    struct { ARRAY_OF(char *); } rcpt_args; /* owned texts */
};

struct sink_session {
    struct stream *s;
    struct addr peer;
    struct str line, helo_args;
    const char *protocol; /* "SMTP", "ESMTP", "LMTP" */
    struct sink_transaction mail;
};

/* session.c: serve one client; closes nothing. */
void sink_serve(struct sink_session *me);
/* main.c: for the running counters. */
void sink_count_message(void);
bool sink_is_done(void); /* as many as were asked for */
void sink_count_quit(void);

/* dump.c: NULL when no dump was asked for. */
struct stream *dump_open(const struct sink_session *me);
void dump_line(struct stream *dump, const struct str *line);
void dump_close(struct stream *dump);

#endif
