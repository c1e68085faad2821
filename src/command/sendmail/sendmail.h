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
    MODE_QUEUE,   /* mailq, -bp */
    MODE_ALIASES, /* newaliases, -bi, -I */
    MODE_DAEMON,  /* -bd, -bl */
    MODE_SMTP,    /* -bs */
    MODE_FLUSH,   /* -q */
    MODE_NOTHING, /* -bh, -bH: there is no such thing here */
};

struct request {
    enum sendmail_mode mode;
    const char *program;           /* "sendmail", "mailq", ... */
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
    bool is_probe;                 /* -bv: only say where it would go */
    bool is_periodic;              /* -q15m: the queue is looked after anyway */
    int verbose;                   /* how often -v */
    char **recipients;             /* NULL-terminated, as given */
};

/* ---- options.c ---- */

/* Only the program's name and -C: what must be known before all else. */
void options_read_config(struct request *r, int argc, char **argv);
/* All others, once the configuration is loaded; fatal() if they make no
 * sense. */
void options_read(struct request *r, int argc, char **argv);

/* ---- run.c ---- */

/* Become the program that serves the mode. */
_Noreturn void run_instead(const struct request *r);

/* ---- post.c ---- */

struct user_info;
/* Who runs this program, NULL if there is no such account; fatal() if it may
 * not submit mail. */
const struct user_info *post_submitter(struct arena *arena);
/* Post a message; fatal() unless it is safe. */
void post_message(const struct request *r);

/* ---- content.c ---- */

struct extract;
/* The message from standard input as records, up to its end. <extract> (may
 * be NULL) sees the headers. Stops early if <out> fails, which is for the
 * caller to find out. False and <why>: it cannot be posted. */
bool content_copy(const struct request *r, struct extract *extract,
                  struct stream *out, struct error *why);
/* sendmail -bv: nothing is read; the report shows where mail would go. */
void content_make_probe(const struct request *r, const char *sender,
                        struct stream *out);

/* ---- extract.c: recipients in headers ---- */

struct address_list {
    ARRAY_OF(const char *);
};

struct extract {
    struct arena *arena;
    struct address_list plain, resent;
    bool is_resent, is_over;
    struct str header; /* that is being collected */
};
enum extract_answer {
    EXTRACT_HEADER,   /* the line belongs to the headers, or ends them */
    EXTRACT_BODY,
    EXTRACT_UNTITLED, /* the body begins here, without an empty line */
    EXTRACT_TOO_LONG, /* no sane header is that long */
};
/* One line, or with <starts> false more of the line before. */
enum extract_answer extract_line(struct extract *e, const struct str *line,
                                 bool starts);
/* After the last line: those that the message goes to. */
const struct address_list *extract_recipients(struct extract *e);
void extract_fini(struct extract *e);

/* Addresses in internal form, of a list as in a header. With <empty>, a text
 * without an address gives the empty one. */
void address_list_add(struct arena *arena, struct address_list *list,
                      const char *text, bool empty);

#endif
