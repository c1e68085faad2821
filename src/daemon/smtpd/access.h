/* SPDX-License-Identifier: ISC
 *
 * access.h - restrictions: who may do what.
 *
 * A list of restrictions is walked until one of them says OK or REJECT. The
 * machine owns what changes the answer of others: warn_if_reject,
 * defer_if_permit, defer_if_reject and classes.
 */
#ifndef SMTPD_ACCESS_H
#define SMTPD_ACCESS_H

#include "session.h"
#include "settings.h"

enum access_result { ACCESS_DUNNO, ACCESS_OK, ACCESS_REJECT };

/* One list being walked. */
struct access {
    struct session *s;
    const char *parameter;     /* whose value the list is; NULL: a table's */
    const char *class_name;    /* "Client host", as in replies */
    const char *reply_name;    /* what is refused */
    const char *default_check; /* for a bare type:table; NULL: an error */
    const char *restriction;   /* being checked */
    int depth;                 /* of lists in lists */
    bool is_bounce;            /* a refusal is no policy, but mail for nobody */
    bool warn;                 /* warn_if_reject */
    bool from_table;           /* no tables inside */
};

/* The checks of each stage. True: go on; false: refused, and replied to. */
MAY_WAIT bool access_connect(struct session *s);
MAY_WAIT bool access_helo(struct session *s);
MAY_WAIT bool access_mail(struct session *s);
MAY_WAIT bool access_rcpt(struct session *s);
MAY_WAIT bool access_data(struct session *s);
MAY_WAIT bool access_end_of_data(struct session *s);
MAY_WAIT bool access_etrn(struct session *s);
/* Is the client one whose headers are rewritten as local ones? */
MAY_WAIT bool access_is_local_rewrite_client(struct session *s);

/* ---- for restrictions ---- */
MAY_WAIT enum access_result access_list(struct access *a, char *const *words);
/* Refuse. <dsn>'s first digit becomes that of <code>. */
enum access_result access_reject(struct access *a, int code, const char *dsn,
                                 const char *format, ...) PRINTF_LIKE(4, 5);
/* Refuse for a fault of ours; warn_if_reject does not help. */
enum access_result access_trouble(struct access *a, const char *format, ...)
    PRINTF_LIKE(2, 3);
void access_defer_if_permit(struct access *a, int code, const char *dsn,
                            const char *format, ...) PRINTF_LIKE(4, 5);
void access_defer_if_reject(struct access *a, int code, const char *dsn,
                            const char *format, ...) PRINTF_LIKE(4, 5);
/* smtpd_log_access_permit_actions may want to know. */
void access_log_permit(struct session *s, const char *action,
                       const char *class_name, const char *name,
                       const char *table /* NULL: none */);
/* A lookup failed: "defer" at once, or as defer_if_permit. */
enum access_result access_tempfail(struct access *a, const char *action,
                                   const char *dsn, const char *text);

/* ---- access_map.c ---- */
/* Look <datum> up as a whole (and no part of it). */
MAY_WAIT enum access_result access_map_exact(struct access *a,
                                             const char *table,
                                             const char *datum,
                                             const char *reply_name,
                                             const char *class_name);
MAY_WAIT enum access_result access_map_domain(struct access *a,
                                              const char *table,
                                              const char *domain,
                                              const char *reply_name,
                                              const char *class_name);
/* The address and its networks. *found: the table has something. */
MAY_WAIT enum access_result access_map_network(struct access *a,
                                               const char *table,
                                               const char *address,
                                               const char *reply_name,
                                               const char *class_name,
                                               bool *found);
MAY_WAIT enum access_result access_map_host(struct access *a,
                                            const char *table,
                                            const char *name,
                                            const char *address,
                                            const char *reply_name,
                                            const char *class_name);
MAY_WAIT enum access_result access_map_mail(struct access *a,
                                            const char *table,
                                            const char *address,
                                            const char *reply_name,
                                            const char *class_name);

/* ---- access_action.c ---- */
/* The enhanced code that fits a refusal of this class: x.1.1 is about a
 * recipient, x.1.7 about a sender. */
const char *access_fit_status(struct access *a, const char *class_name,
                              const char *status);
/* What the right-hand side of a table asks for. */
MAY_WAIT enum access_result access_action(struct access *a, const char *table,
                                          const char *datum,
                                          const char *action,
                                          const char *reply_name,
                                          const char *class_name);

/* ---- address.c ---- */
struct resolve_reply;
/* The sender of our probes, if <address> is what it is called at this time (see
 * mail/probe_sender.h); otherwise <address> itself. */
MAY_WAIT const char *address_without_period(struct session *s,
                                            const char *address);
/* Standard form, and where it goes; false: try again later. */
MAY_WAIT bool address_resolve(struct session *s, const char *address,
                              struct resolve_reply *reply);

/* Is it no address, once its local part and an odd domain are looked into? */
MAY_WAIT bool address_is_nonsense(struct session *s, const char *address);
/* Is the address in smtpd_sender_login_maps? */
MAY_WAIT enum answer address_has_owner(struct session *s, const char *address);

enum unlisted_kind { UNLISTED_SENDER, UNLISTED_RECIPIENT };
MAY_WAIT enum access_result access_unlisted(struct access *a,
                                            const char *address,
                                            enum unlisted_kind kind);

/* ---- access_address.c ---- */
/* Log if relaying is allowed only because of a low compatibility_level. */
MAY_WAIT void access_try_relay_restrictions(struct access *a);

/* ---- access_backup.c ---- */
/* OK: we are a backup mail exchanger of the recipient's domain. */
MAY_WAIT enum access_result access_mx_backup(struct access *a);

/* ---- every restriction has a function ---- */
typedef enum access_result access_check(struct access *a,
                                        const char *argument);
#define RESTRICTION(name, needs, takes, function) access_check function;
#include "smtp/restrictions.def"
#undef RESTRICTION

#endif
