/* SPDX-License-Identifier: ISC
 *
 * session.h - one SMTP session and its current mail transaction.
 */
#ifndef SMTPD_SESSION_H
#define SMTPD_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/time.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/stream.h"
#include "client/cleanup.h"
#include "client/rewrite.h"
#include "service/service.h"
#include "smtp/chat.h"
#include "smtp/grammar.h"
#include "smtp/params.h"
#include "smtp/text.h"

/* How sure we are of a client's name. */
enum peer_status {
    PEER_VERIFIED,
    PEER_NOT_FOUND,  /* there is no name, or it leads elsewhere */
    PEER_TRY_AGAIN,  /* the lookup failed this time */
};

/* The client. Texts never NULL, in the session's arena. */
struct peer {
    struct addr addr;
    const char *address;       /* "127.0.0.1", or "unknown" */
    const char *rfc_address;   /* with "IPv6:" */
    const char *port;
    const char *name;          /* verified, or "unknown" */
    enum peer_status name_status;
    const char *reverse_name;  /* not verified */
    enum peer_status reverse_status;
    const char *label;         /* "name[address]" for logs and replies */
    const char *server_address, *server_port;
};

enum bdat_state { BDAT_NONE, BDAT_RUNNING, BDAT_FAILED };

/* What access tables ask cleanup to do; written when a post is open. */
struct delegated {
    const char *filter, *redirect; /* NULL: not asked for */
    struct { ARRAY_OF(const char *); } bcc;
    int flags;                     /* CLEANUP_HOLD, CLEANUP_DISCARD */
};

/* From MAIL to the end of data. All zero outside. */
struct transaction {
    bool active;
    struct timeval arrival;
    const char *sender;            /* internal form */
    struct smtp_mail_params params;
    struct cleanup_post *post;     /* owned; from the first good recipient */
    size_t recipients, refused;
    const char *recipient;         /* the only one so far, or NULL */
    struct { ARRAY_OF(const char *); } prepended;
    struct delegated delegated;
    bool discard;                  /* DISCARD: no more checks */
    bool hold_logged;
    bool saw_from_line, in_header; /* of the content, so far */
    long size;                     /* of the content, bytes */
    enum bdat_state bdat;
    struct bdat_reader *chunks;    /* owned, between BDAT commands */
    int errors;                    /* CLEANUP_STAT_ bits found by us */
};

enum { COMMAND_KINDS = 17, COMMAND_UNKNOWN = 16 };

/* What XFORWARD said of the real client, for logs. NULL: not said. */
struct forwarded {
    bool given; /* something of the client itself */
    const char *name, *address, *rfc_address, *port, *protocol, *helo, *ident;
    const char *rewrite; /* "local" or "remote" */
};

/* Why the machine must change what comes later. */
struct deferred_verdict {
    bool active;
    const char *reply; /* in the transaction's or session's arena */
};

struct session {
    struct service_client *client; /* borrowed */
    struct stream *stream;         /* borrowed from client */
    struct arena *arena;           /* the session's */
    struct arena *mail_arena;      /* the transaction's */
    struct arena *line_arena;      /* the command's */
    struct chat *chat;             /* owned */
    struct policy_connection *policy; /* owned; see policy.h */
    struct timeval started;
    unsigned mails;                /* MAIL commands that were good */
    struct peer peer;
    bool standalone;               /* sendmail -bs */
    bool hang_up;                  /* end after this command */
    bool has_quit;                 /* the client said so */
    bool access_denied;            /* at connect; only QUIT is left */
    bool ehlo;                     /* ESMTP */
    bool pipelining_noted;
    bool counted;                  /* anvil knows of this connection */
    bool exempt_from_limits;
    bool noted_bare_lf;
    enum bare_lf bare_lf;
    unsigned offered;              /* EXT_ bits; helo_not_offered() first */
    enum rewrite_context rewrite;
    const char *helo;              /* NULL: none yet */
    struct str helo_text;          /* owned; what <helo> is in */
    const char *where;             /* command now served, for logs */
    long verbosity;                /* -v, and debug_peer_level for some */
    bool in_data;                  /* for "after DATA (N bytes)" */
    int errors, junk;
    unsigned problems;             /* NOTIFY_ bits */
    long refused_size;             /* a SIZE= too large sticks until RSET */
    struct { int good, total; } counts[COMMAND_KINDS];
    struct transaction mail;
    struct forwarded forwarded;    /* for the next transaction */
    struct arena *forwarded_arena; /* owned; of that */
    const char *recipient;         /* of the RCPT or VRFY now checked */
    bool is_to_prober;             /* this period's sender of probes */
    const char *etrn_domain;
    /* defer_if_permit as each stage left it; the later ones begin there. */
    struct deferred_verdict if_permit, if_permit_client, if_permit_helo,
        if_permit_sender, if_reject;
    const char *reject_reply;      /* of the last access check */
};

/* ---- session.c ---- */
MAY_WAIT void session_serve(struct service_client *client);
/* The queue ID, or "NOQUEUE". */
const char *session_id(const struct session *s);
const char *session_protocol(const struct session *s);
/* A table without which nothing can go on failed: 421 and the end. */
bool session_data_error(struct session *s);
/* Forget sender, recipients and what was posted. */
void session_reset_mail(struct session *s);
/* Extensions that work without EHLO: EXT_ bits. */
unsigned helo_not_offered(void);

/* ---- reply.c ---- */
/* One reply: filter, soft_bounce, footer, transcript. 421 and 521 end the
 * session. True: it was no 4xx or 5xx. */
MAY_WAIT bool session_reply(struct session *s, const char *format, ...)
    PRINTF_LIKE(2, 3);
/* "QUEUEID: reject: WHERE from CLIENT: <text>; from=..." */
void session_log(struct session *s, const char *action, const char *text);

/* ---- peer.c ---- */
MAY_WAIT void peer_init(struct session *s);

/* ---- greeting.c ---- */
/* False: the session is over. */
MAY_WAIT bool session_greet(struct session *s);
/* Input before its time: log, and if that is forbidden reply and end. False:
 * it is over. */
bool session_check_pipelining(struct session *s, const char *after);

/* ---- limits.c ---- */
/* False: the client was sent away. */
MAY_WAIT bool limits_connect(struct session *s);
MAY_WAIT void limits_disconnect(struct session *s);
/* Count a message or recipient; false and a reply: too many. */
MAY_WAIT bool limits_message(struct session *s);
MAY_WAIT bool limits_recipient(struct session *s);

/* ---- message.c ---- */
/* Open the post and write the envelope. False and a reply. */
MAY_WAIT bool message_open(struct session *s);
MAY_WAIT void message_add_recipient(struct session *s, const char *address,
                                    const struct smtp_rcpt_params *params);
/* REC_MESG, prepended headers, Received:. */
MAY_WAIT void message_begin_content(struct session *s);
/* A piece of content. */
void message_put(struct session *s, bool ends_line, const char *text,
                 size_t length);
/* Everything is there: end-of-data checks, verdict of cleanup, reply. */
MAY_WAIT bool message_finish(struct session *s);
/* Write HOLD and DISCARD, which access tables asked for since. */
void message_put_flags(struct session *s);

/* ---- cmd_*.c: true: a good reply was given ---- */
#define COMMAND(verb, handler, flags) \
    MAY_WAIT bool handler(struct session *s, const struct smtp_line *line);
#include "commands.def"
#undef COMMAND
void bdat_reader_free(struct bdat_reader *reader);

#endif
