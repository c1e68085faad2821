/* SPDX-License-Identifier: ISC
 *
 * header.h - names and properties of message headers.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

/* HDR_FROM, HDR_RESENT_TO, ... one for each row of headers.def; HDR_OTHER for
 * a header that has no row. */
enum header_id {
    HDR_OTHER = 0,
#define HEADER(id, name, flags) HDR_##id,
#include "mail/headers.def"
#undef HEADER
};

enum header_flag {
    HEADER_SENDER = 1 << 0,     /* addresses of senders: rewrite, -t skips */
    HEADER_RECIPIENT = 1 << 1,  /* addresses of recipients */
    HEADER_RESENT = 1 << 2,
    HEADER_EXTRACT = 1 << 3,    /* sendmail -t takes recipients from it */
    HEADER_DROP = 1 << 4,       /* removed (Bcc, Return-Path, ...): see
                                   message_drop_headers */
    HEADER_MIME = 1 << 5,
    HEADER_ONCE = 1 << 6,       /* duplicate detection */
};

struct header_info {
    enum header_id id;
    const char *name;
    unsigned flags;
};

/* By the text before the ':' (white space before it is ignored). NULL if the
 * header has no row. */
const struct header_info *header_find(const char *line);
const struct header_info *header_info(enum header_id id);
/* Length of the name if <line> starts with a valid header name and ':'
 * (RFC 5322 section 2.2; blanks before the colon allowed), else 0. */
size_t header_name_length(const char *line, size_t length);
/* The value: after ':' and white space. */
const char *header_value(const char *line);

#endif
