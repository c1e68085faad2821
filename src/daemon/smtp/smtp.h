/* SPDX-License-Identifier: ISC
 *
 * smtp.h - a delivery, the servers that it may go to, and a session with one.
 *
 * deliver.c goes through the destinations of a request; route.c finds the
 * servers of each, connect.c reaches one, hello.c greets it, transaction.c
 * gives it the message with content.c, reuse.c keeps the connection for
 * others. What goes wrong on the way is told to failure.c, which decides
 * whether a recipient is to be tried at the next server or has its outcome.
 */
#ifndef SMTP_SMTP_H
#define SMTP_SMTP_H

#include <time.h>

#include "base/addr.h"
#include "delivery/agent.h"
#include "settings.h"
#include "smtp/chat.h"
#include "smtp/extensions.h"
#include "smtp/reply.h"

/* ---- Where to ----------------------------------------------------------- */

struct server {
    struct server *next;
    const char *host;    /* for logs and TLS */
    const char *address; /* as text: IP address, or path of a socket */
    struct addr addr;    /* with the port */
    int preference;      /* of its MX record */
    int port;            /* 0: UNIX-domain */
};

/* One next hop, taken apart. */
struct site {
    const char *text;    /* as in the request */
    const char *domain;  /* host or domain, without [] and port; or a path */
    const char *service; /* port as written, or the default */
    int port;
    bool is_unix;
    bool no_mx;          /* [host] */
    bool wants_srv;
    bool is_fallback;
    /* Found out by route_find: */
    bool we_are_mx;      /* no fallback relays */
    bool we_are_best;    /* best_mx_transport */
};

struct delivery {
    struct request *request;
    struct arena *arena;     /* that of the request */
    const char *sender;      /* external form, after generic maps */
    const char **recipients; /* the same */
    struct site site;        /* being tried now */
    bool is_last_site;
    bool is_final;           /* nothing will be tried after this server */
    bool needs_utf8;
    struct dsn why;          /* the last failure; status NULL: none yet */
};

/* ---- Sessions ----------------------------------------------------------- */

enum xforward {
    XFORWARD_NAME = 1 << 0,
    XFORWARD_ADDR = 1 << 1,
    XFORWARD_PORT = 1 << 2,
    XFORWARD_PROTO = 1 << 3,
    XFORWARD_HELO = 1 << 4,
    XFORWARD_IDENT = 1 << 5,
    XFORWARD_SOURCE = 1 << 6,
};

/* What a session is doing, for messages. */
enum phase {
    PHASE_GREETING, PHASE_EHLO, PHASE_HELO, PHASE_LHLO, PHASE_XFORWARD_NAME,
    PHASE_XFORWARD_HELO, PHASE_MAIL, PHASE_RCPT, PHASE_DATA, PHASE_BODY,
    PHASE_DOT, PHASE_LAST_RSET, PHASE_PROBE, PHASE_QUIT,
};

struct session {
    struct delivery *delivery;
    struct arena *arena;    /* that of the delivery */
    struct server server;
    struct stream *stream;  /* owned */
    const char *label;      /* "host[address]" */
    const char *relay;      /* "host[address]:port" */
    enum phase phase;
    unsigned features;      /* EXT_ bits, after the discard lists */
    unsigned xforward;      /* XFORWARD_ bits */
    long size_limit;        /* 0: none known */
    unsigned pix;           /* PIX_ bits in force */
    bool is_lmtp;
    int uses;               /* messages before this one */
    time_t born;
    bool is_dead;           /* do not speak any more */
    bool no_reuse;
    bool quit_sent;
    unsigned problems;      /* PROBLEM_ bits, for the postmaster */
    bool table_failed;      /* one about its replies could not be asked */
    long verbosity;         /* -v, and debug_peer_level for some servers */
    struct chat *chat;      /* owned; NULL: no transcript is wanted */
};

/* connect.c: reach <server>. NULL: d->why says why. */
MAY_WAIT struct session *session_connect(struct delivery *d,
                                         const struct server *server);
struct session *session_new(struct delivery *d, const struct server *server,
                            struct stream *stream);
/* Say QUIT if that makes sense, send a notice if there is reason to, close. */
MAY_WAIT void session_end(struct session *s);

/* route.c: parse a next hop. False: d->why. */
bool route_parse(struct delivery *d, const char *text);
/* The parameter that d->site is from; NULL: a table, or it cannot be told. */
const char *route_parameter(const struct delivery *d);
/* The servers of d->site in the order to try them; NULL: d->why. */
MAY_WAIT struct server *route_find(struct delivery *d);

/* order.c: sort by preference; equal ones by chance and address family. */
struct server *order_servers(struct server *list, bool shuffle,
                             int first_family /* 0: none */);
/* Of more than <limit> servers, leave both families some of the places. */
struct server *order_balance(struct server *list, int limit);

/* hello.c: greeting and EHLO. False: the failure was dealt with. */
MAY_WAIT bool session_hello(struct session *s);

/* transaction.c: give the server the message. */
MAY_WAIT void session_transact(struct session *s);

/* chat.c */
void session_phase(struct session *s, enum phase phase);
const char *phase_text(enum phase phase);    /* "sending MAIL FROM" */
const char *phase_command(enum phase phase); /* "MAIL FROM" */
MAY_WAIT void session_send(struct session *s, const char *format, ...)
    PRINTF_LIKE(2, 3);
/* The next reply. False: the stream failed or had garbage; failure_stream. */
MAY_WAIT bool session_reply(struct session *s, struct smtp_reply *reply);

/* content.c: the message, without the final dot, which must follow only what
 * was sent whole. */
enum content_end {
    CONTENT_WHOLE,
    CONTENT_LOST,       /* the stream failed */
    CONTENT_UNREADABLE, /* the queue file is at fault */
    CONTENT_UNCHECKED,  /* a table could not be asked */
};
MAY_WAIT enum content_end content_send(struct session *s,
                                       const bool *accepted);
/* May 8-bit text have to become something else for this server? */
bool content_may_change_encoding(const struct session *s);

/* checks.c: smtp_header_checks and its kind. */
enum check_place { CHECK_HEADER, CHECK_MIME_HEADER, CHECK_NESTED_HEADER,
                   CHECK_BODY };
enum check_result { CHECK_KEEP, CHECK_DROP, CHECK_REPLACE, CHECK_PREPEND,
                    CHECK_FAILED };
/* <text>: what to put in place of the line, or before it. */
MAY_WAIT enum check_result check_line(struct delivery *d,
                                      enum check_place place, const char *line,
                                      struct str *text);

/* generic.c: smtp_generic_maps. NULL: a lookup failed. */
MAY_WAIT const char *generic_address(struct arena *arena, const char *address);
/* A header with addresses. True: <out> has the new text; false: leave it. */
MAY_WAIT bool generic_header(struct arena *arena, const char *text,
                             struct str *out, bool *failed);

/* reuse.c */
bool reuse_wanted(const struct delivery *d);
/* A kept connection to the site, or to the server, that answers RSET. */
MAY_WAIT struct session *reuse_find_site(struct delivery *d);
MAY_WAIT struct session *reuse_find_server(struct delivery *d,
                                           const struct server *server);
/* May the session serve another message? */
bool reuse_possible(const struct session *s);
/* Hand it over for reuse; the session is gone afterwards. */
MAY_WAIT void reuse_keep(struct session *s);

/* notify.c: the transcript to the postmaster, if notify_classes has one of
 * the session's problems. */
MAY_WAIT void notify_postmaster(struct session *s);

/* tls_policy.c: the tls= field of a delivery record. NULL: none. */
const char *tls_log_text(bool connected);

/* ---- What goes wrong ---------------------------------------------------- */

/* No server yet: fill d->why. */
void failure_set(struct delivery *d, const char *status, const char *format,
                 ...) PRINTF_LIKE(3, 4);
/* All recipients that are left share d->why; the next hop as a whole is bad
 * if <throttle> and the failure is a soft one. */
MAY_WAIT void failure_settle(struct delivery *d, const char *relay,
                             bool throttle);
/* The stream failed in s->phase; or the server said what is no reply. */
MAY_WAIT void failure_stream(struct session *s);
/* The server does not want to talk at all: "refused to talk to me". */
MAY_WAIT void failure_refused(struct session *s, const struct smtp_reply *reply,
                              bool always_soft);
/* It did not do what the message does not need: that is logged. */
void failure_is_minor(const struct session *s, const struct smtp_reply *reply);
/* The server does not want this message. */
MAY_WAIT void failure_message(struct session *s,
                              const struct smtp_reply *reply);
MAY_WAIT void failure_message_local(struct session *s, const char *status,
                                    const char *format, ...)
    PRINTF_LIKE(3, 4);
/* A table could not be asked: nobody knows what this server may be sent. */
MAY_WAIT void failure_table(struct session *s);
/* The message was not sent to its <end>. */
MAY_WAIT void failure_content(struct session *s, enum content_end end);
/* It does not want this recipient. */
MAY_WAIT void failure_recipient(struct session *s, size_t index,
                                const struct smtp_reply *reply);
/* It took the message for this recipient. */
MAY_WAIT void recipient_delivered(struct session *s, size_t index,
                                  const struct smtp_reply *reply);
size_t recipients_left(const struct delivery *d);

#endif
