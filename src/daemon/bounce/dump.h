/* SPDX-License-Identifier: ISC
 *
 * dump.h - the templates in print, for "postconf -b" and "postconf -t".
 */
#ifndef DUMP_H
#define DUMP_H

#include <stdbool.h>

/* The names of the service when postconf starts it on standard input. */
#define DUMP_TEMPLATES "dump_templates"
#define DUMP_EXPANDED "expand_templates"

/* Print all templates to standard output, as bounce_template_file has them,
 * or only their texts, expanded. fatal() if a text has an unknown $name. */
void templates_dump(bool expanded);

#endif
