/* SPDX-License-Identifier: ISC
 *
 * show.h - a queue file as text for people.
 */
#ifndef POSTCAT_SHOW_H
#define POSTCAT_SHOW_H

#include <stdbool.h>

#include "base/stream.h"

enum show_part { SHOW_ENVELOPE = 1, SHOW_HEADER = 2, SHOW_BODY = 4 };

struct show_options {
    unsigned parts;
    bool decimal_types, offsets, file_names;
    bool raw;          /* do not follow pointer records */
    bool has_start;    /* begin at <start> */
    long start;
};

/* Print the file to standard output. Problems go to the log; fatal() if the
 * records cannot be read. */
void show_file(struct stream *in, const char *name,
               const struct show_options *options);

#endif
