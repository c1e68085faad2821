/* SPDX-License-Identifier: ISC
 *
 * postmap.h - the parts of postmap.
 */
#ifndef POSTMAP_H
#define POSTMAP_H

#include "table/builder.h"

/* -b and -h: standard input is a message, its lines are the keys. */
bool query_message(const struct builder_options *options, char **names);

#endif
