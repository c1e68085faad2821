/* SPDX-License-Identifier: ISC
 *
 * sendmail.h - what the command line asks for, and the parts that do it.
 */
#ifndef SENDMAIL_SENDMAIL_H
#define SENDMAIL_SENDMAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/stream.h"
#include "base/str.h"

enum sendmail_mode {
    MODE_POST,    /* -bm: read a message and post it */
    MODE_VERIFY,  /* -bv: only say where it would go */
    MODE_QUEUE,   /* mailq, -bp */
    MODE_ALIASES, /* newaliases, -bi, -I */
    MODE_DAEMON,  /* -bd, -bl */
    MODE_SMTP,    /* -bs */
    MODE_FLUSH,   /* -q, -qI, -qR */
    MODE_NOTHING, /* -q15m: the queue is looked after anyway */
};

struct request {
    enum sendmail_mode mode;
    const char *config_directory;  /* NULL: the default */
    const char *sender;            /* NULL: not given */
    const char *fullname;          /* NULL: not given */
    const char *encoding;          /* "8bit", "7bit" or NULL */
    const char *envelope_id, *verp, *alias_file; /* NULL: not given */
    const char *flush_id, *flush_site;
    int dsn_notify, dsn_return;
    int sender_options;            /* MSGOPT_ bits */
    bool from_headers;             /* -t */
    bool ignore_dots;              /* -i */
    bool is_gateway;               /* -G */
    int verbose;                   /* how often -v */
    char **recipients;             /* NULL-terminated, as given */
};

/* ---- options.c ---- */

/* fatal() if they make no sense. Before the configuration is known. */
void options_read(struct request *r, int argc, char **argv);
/* What depends on the configuration; once that is loaded. */
void options_check(struct request *r);

/* ---- run.c ---- */

/* Become the program that does it. */
_Noreturn void run_instead(const struct request *r);

/* ---- post.c ---- */

/* Post a message; fatal() if that fails. */
void post_message(const struct request *r);

/* ---- extract.c: recipients in headers ---- */

struct extract {
    struct arena *arena;
    struct { ARRAY_OF(const char *); } plain, resent;
    bool is_resent, is_over;
    struct str header; /* that is being collected */
};
void extract_line(struct extract *e, const char *line, size_t length);
void extract_end(struct extract *e);
void extract_free(struct extract *e);

/* Addresses in internal form, of a list as in a header. */
struct address_list {
    ARRAY_OF(const char *);
};
void address_list_add(struct arena *arena, struct address_list *list,
                      const char *text);

#endif
