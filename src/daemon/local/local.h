/* SPDX-License-Identifier: ISC
 *
 * local.h - what the files of the local delivery agent share.
 *
 * A job is one recipient of the request. Aliases, lists and forward files
 * make a tree of deliveries below it. The job is finished when every leaf is;
 * else its recipient stays in the queue and the whole tree is tried again.
 */
#ifndef LOCAL_LOCAL_H
#define LOCAL_LOCAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/proc.h"
#include "delivery/agent.h"
#include "delivery/rights.h"
#include "mail/mbox.h"
#include "mail/user.h"

/* What became of a delivery. Answers of all deliver_ functions: KEPT means
 * that the recipient has to be tried again. */
enum fate { FINISHED, KEPT };
static inline enum fate fate_worse(enum fate a, enum fate b)
{
    return a == KEPT ? a : b;
}

struct forwards;

struct job {
    struct request *request;
    size_t index;
    struct arena *arena;
    struct hash *seen;         /* owned; "who does what" done already */
    struct hash *delivered;    /* of the request; Delivered-To: addresses */
    struct forwards *forwards; /* messages to post at the end */
};

/* Whose files and commands these are. */
struct rights {
    uid_t uid;
    gid_t gid;
    const struct user_info *user; /* NULL: the owner of an alias table */
};

/* Where a destination was written. */
enum origin {
    ORIGIN_NONE = 0,
    ORIGIN_ALIAS = 1 << 0,
    ORIGIN_FORWARD = 1 << 1,
    ORIGIN_INCLUDE = 1 << 2,
};

/* A name that is being expanded, and those around it. */
struct expansion {
    const char *name;
    const struct expansion *outer;
};

/* One address on its way. Copied from level to level; texts in job->arena. */
struct delivery {
    struct job *job;
    struct recipient to;
    const char *local;     /* folded local part */
    const char *user;      /* the same without extension */
    const char *extension; /* NULL: none */
    const char *delimiter; /* the one found in front of it; "" */
    const char *unmatched; /* extension for the addresses found; or NULL */
    const char *domain;    /* "" */
    const char *delivered; /* for Delivered-To: */
    const char *sender;    /* of bounces and forwarded mail */
    const char *owner;     /* alias whose owner- is the sender, or NULL */
    const struct rights *rights; /* NULL: none yet */
    const struct expansion *aliases; /* names of aliases around */
    const struct expansion *includes; /* files of lists around */
    const struct expansion *users;   /* users whose forward file is read */
    enum origin origin;
    bool is_relayed; /* by luser_relay */
    unsigned depth;
};

enum { NESTING_LIMIT = 100 };

/* ---- recipient.c: from an address to a mailbox --------------------------- */

MAY_WAIT enum fate deliver_recipient(const struct delivery *d);
/* Fill local, user, extension and domain from to.address. */
void delivery_split(struct delivery *d);
bool expansion_has(const struct expansion *list, const char *name);
/* False: <what> was done before by this job. */
bool first_time(const struct delivery *d, const char *what);

/* ---- alias.c, forward_file.c: what a name stands for --------------------- */

void alias_open(void);
/* ABSENT: it is no alias, or being expanded already. */
MAY_WAIT enum answer deliver_alias(const struct delivery *d, enum fate *fate);
/* As the user in d->rights, which are kept if there is no such file and
 * mailbox_is_next. ABSENT also: it is empty, or not to be trusted. */
MAY_WAIT enum answer deliver_forward_file(const struct delivery *d,
                                          enum fate *fate);

/* ---- account.c ----------------------------------------------------------- */

/* As user_find, or what that said within the last second. */
MAY_WAIT enum answer account_find(struct arena *arena, const char *name,
                                  struct user_info *out, struct error *why);

/* ---- expand.c: the right hand side of an alias --------------------------- */

/* As deliver_recipient, for an address that has no standard form yet. */
MAY_WAIT enum fate deliver_address(const struct delivery *d, const char *text);
/* d->to.address as a recipient of a new message. */
MAY_WAIT enum fate deliver_by_post(const struct delivery *d);
/* Is the word for d->origin in <list> ("alias, forward")? */
bool origin_is_in(const struct delivery *d, const char *list);
/* Addresses are now read from another kind of place: it keeps the extension
 * only if propagate_unmatched_extensions has its word, too. */
void set_origin(struct delivery *d, enum origin origin);
/* Deliver to each destination in <text>, one logical line. */
MAY_WAIT enum fate deliver_list(const struct delivery *d, const char *text,
                                size_t *count);
/* :include: */
MAY_WAIT enum fate deliver_include(const struct delivery *d,
                                   const char *path);
/* Each line of an open file, which is closed; *count destinations were
 * there. */
MAY_WAIT enum fate deliver_lines(const struct delivery *d, int fd,
                                 size_t *count);

/* ---- forward.c: posting the message again -------------------------------- */

struct forwards *forwards_new(void);
/* Add <address> to the message that takes this delivery's sender and
 * Delivered-To:. */
enum fate forward_add(const struct delivery *d, const char *address);
/* Post them all. */
MAY_WAIT enum fate forwards_finish(struct forwards *forwards);

/* biff.c: tell <user> of the message at byte <start> of the mailbox. */
void biff_tell(const char *user, off_t start);

/* ---- mailbox.c, file.c, command.c, transport.c: the ends ----------------- */

void mailbox_open(void);
/* What main.cf says of all mailboxes that are files. */
struct mbox_options mailbox_options(void);
bool is_maildir(const char *path);
/* As the user whose it is. <dsn> says what became of it. */
void deliver_maildir(const struct delivery *d, const char *path,
                     struct dsn *dsn);
MAY_WAIT enum fate deliver_mailbox(const struct delivery *d,
                                   const struct user_info *user);
MAY_WAIT enum fate deliver_file(const struct delivery *d, const char *path);
MAY_WAIT enum fate deliver_command(const struct delivery *d,
                                   const char *command);
void transports_open(void);
/* A user who has no .forward file gets this into the mailbox: nothing comes in
 * between. */
bool mailbox_is_next(const struct delivery *d);
/* mailbox_command(_maps) or mailbox_transport(_maps). False: none is set for
 * this recipient. */
MAY_WAIT bool deliver_mailbox_command(const struct delivery *d,
                                      enum fate *fate);
MAY_WAIT bool deliver_mailbox_transport(const struct delivery *d,
                                        enum fate *fate);
/* fallback_transport(_maps) */
MAY_WAIT bool deliver_fallback_transport(const struct delivery *d,
                                         enum fate *fate);
/* fallback_transport(_maps), luser_relay, or back to the sender. */
MAY_WAIT enum fate deliver_unknown(const struct delivery *d);

/* ---- report.c: what became of it ----------------------------------------- */

MAY_WAIT enum fate report_sent(const struct delivery *d, const char *format,
                               ...) PRINTF_LIKE(2, 3);
/* By the class of <status>: 4 deferred, 5 bounced. */
MAY_WAIT enum fate report_failed(const struct delivery *d, const char *status,
                                 const char *format, ...) PRINTF_LIKE(3, 4);
/* 4.3.5: the log has a warning that says what it is. */
MAY_WAIT enum fate report_misconfigured(const struct delivery *d);
MAY_WAIT enum fate report_dsn(const struct delivery *d, const struct dsn *dsn);
/* A name stands for others, or for a list with an owner: whoever asked for a
 * report of success gets it now, and none for those others. False: try again.
 * RFC 3461, section 5.2.7. */
MAY_WAIT bool report_expanded(struct delivery *d, bool is_list);

/* list_rights.c: with whose rights a list in an alias of root's is read:
 * root's, and then it must be the file <seen>, or those of who can say what
 * <path> leads to. False and <why>: there is no such user. */
MAY_WAIT bool list_rights(const struct delivery *d, const char *path,
                          struct rights *out, struct stat *seen,
                          struct error *why);

/* ---- rights.c ------------------------------------------------------------ */

void default_rights_init(void);
const struct rights *rights_of_user(struct arena *arena,
                                    const struct user_info *user);
/* For a command or file: those of the delivery, and never root's. */
const struct rights *rights_for(const struct delivery *d);
/* default_privs. */
const struct rights *rights_default(void);

/* ---- vars.c: $name in parameters ----------------------------------------- */

/* $user, $home, $shell, $extension, $local, $domain, $recipient and
 * $recipient_delimiter of this delivery; other characters than <filter> in
 * their values become "_" (NULL: any may stand). A name without a value stands
 * for nothing, and *unknown (may be NULL) becomes true. NULL after a warning
 * if <text> has bad syntax. */
const char *vars_expand(const struct delivery *d, const char *text,
                        const char *filter, bool *unknown);

/* ---- copy.c: how a copy begins and ends ---------------------------------- */

/* <place>: the word of prepend_delivered_header that it counts as. */
bool copy_has_delivered(const char *place);
void copy_set(struct copy_options *copy, const struct delivery *d,
              const char *place);
/* ... with a "From " line, */
void copy_set_from(struct copy_options *copy, const struct delivery *d);
/* and the rest of what is usual in an mbox. */
void copy_set_mbox(struct copy_options *copy, const struct delivery *d);

#endif
