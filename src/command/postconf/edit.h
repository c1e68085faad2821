/* SPDX-License-Identifier: ISC
 *
 * edit.h - the lines of a configuration file, comments and all.
 */
#ifndef EDIT_H
#define EDIT_H

#include "postconf.h"

struct edit_lines {
    const struct str *text;
    size_t next;       /* offset of the line after this one */
    const char *start; /* this line, without its newline */
    size_t length;
    bool is_comment;   /* or empty */
    bool continues;    /* the logical line before it */
};

/* Start with { .text = ... }. False at the end. */
bool edit_line_next(struct edit_lines *lines);
/* Copy the line, with a '#' before it if <comment_out>. */
void edit_keep_line(struct str *out, const struct edit_lines *lines,
                    bool comment_out);
/* The whole file, in and out; fatal() if that fails. The file is replaced
 * in one step. From edit_read, which returns the lock, to edit_write no other
 * postconf changes it. */
int edit_read(const char *path, struct str *text);
void edit_write(int lock, const char *path, const struct str *text);

#endif
