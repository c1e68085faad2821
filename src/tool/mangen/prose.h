/* SPDX-License-Identifier: ISC
 *
 * prose.h - the parameters of all groups, with what the manual says of them.
 */
#ifndef MANGEN_PROSE_H
#define MANGEN_PROSE_H

#include <stdbool.h>
#include <stddef.h>

struct prose_row {
    const char *group;        /* NULL but in the row before a group's first */
    const char *name;         /* a family: what follows the transport */
    const char *default_text; /* NULL: computed */
    const char *text;         /* full sentences */
    bool is_family;
};

extern const struct prose_row prose_rows[];
extern const size_t prose_row_count;

#endif
