/* SPDX-License-Identifier: ISC
 *
 * dialog.h - the parts of a conversation test. main.c tells the language.
 */
#ifndef DIALOG_H
#define DIALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "base/stream.h"

struct variable {
    char *name, *value; /* owned */
};

/* One end of a connection that the test plays. */
struct party {
    char *name;            /* owned */
    struct stream *stream; /* owned; NULL: not connected */
    int listener;          /* -1: none */
    bool is_server;        /* plays the S: lines */
    bool bare_newline;     /* lines end in \n alone */
};

struct dialog {
    const char *path; /* of the file */
    int line;         /* number, for messages */
    int timeout_s;
    char *folder; /* owned; the instance is in <folder>/i */
    bool is_staged, is_running;
    struct {
        ARRAY_OF(struct variable);
    } variables;
    struct {
        ARRAY_OF(struct party *);
    } parties;
    struct party *current;
    struct str output;    /* of the last run: */
    struct str test;      /* name; "" before the first */
    bool failed;          /* this test; its other lines are passed over */
    bool skipped;         /* so are they here: something is not there */
    bool any_failed;
};

/* ---- pattern.c ---- */

const char *variable_get(const struct dialog *d, const char *name);
void variable_set(struct dialog *d, const char *name, const char *value,
                  size_t length);
/* Set <out> to <text> with $name, ${name} and $$ replaced; an unknown name is
 * an error of the file. False: <why>. */
bool variables_expand(const struct dialog *d, const char *text,
                      struct str *out, struct error *why);
/* Set <out> to <text> with \r \n \t \0 \xHH \\ replaced, and \{N:text} by N
 * copies of the text. Returns false at \c, which must be last: the line is
 * sent without its end. */
bool escapes_expand(const char *text, struct str *out);
/* Does all of <text> fit? '*' stands for anything, {name} for a word, which
 * becomes a variable. A backslash takes the meaning from the next byte. */
bool pattern_matches(struct dialog *d, const char *pattern, const char *text);

/* ---- party.c ---- */

/* The party of that name, made when there is none. */
struct party *party_named(struct dialog *d, const char *name);
bool party_connect(struct dialog *d, struct party *p, const char *port,
                   struct error *why);
bool party_listen(struct dialog *d, struct party *p, struct error *why);
bool party_accept(struct dialog *d, struct party *p, struct error *why);
bool party_spawn(struct dialog *d, struct party *p, const char *command,
                 struct error *why);
/* One line with escapes. */
bool party_send(struct dialog *d, struct party *p, const char *text,
                struct error *why);
/* The next line must fit; "..." passes over lines until <next> fits. */
bool party_expect(struct dialog *d, struct party *p, const char *pattern,
                  struct error *why);
bool party_expect_skipping(struct dialog *d, struct party *p,
                           const char *pattern, struct error *why);
bool party_expect_close(struct dialog *d, struct party *p, struct error *why);
void party_hang_up(struct party *p);
void party_free(struct party *p);
int free_port(void);

/* ---- instance.c ---- */

bool instance_stage(struct dialog *d, struct error *why);
bool instance_set(struct dialog *d, const char *setting, struct error *why);
bool instance_service(struct dialog *d, const char *entry, struct error *why);
bool instance_file(struct dialog *d, const char *name, const char *text,
                   struct error *why);
bool instance_start(struct dialog *d, struct error *why);
bool instance_reload(struct dialog *d, struct error *why);
void instance_stop(struct dialog *d);
/* Run by sh in the instance's folder, its bin first in PATH; d->output gets
 * what it prints. The exit status. */
int instance_run(struct dialog *d, const char *command);
/* Wait until a line of the log, or of the command's output, fits. */
bool instance_await_log(struct dialog *d, const char *pattern,
                        struct error *why);
bool instance_await_output(struct dialog *d, const char *command,
                           const char *pattern, struct error *why);
bool instance_log_has(struct dialog *d, const char *pattern);
bool lines_match(struct dialog *d, const char *text, const char *pattern);

/* ---- statement.c ---- */

/* Carry out one line; <block> has the indented lines below it. */
bool statement_run(struct dialog *d, char *line, const char *block,
                   struct error *why);

#endif
