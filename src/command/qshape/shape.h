/* SPDX-License-Identifier: ISC
 *
 * shape.h - how many addresses of a domain have waited for how long.
 */
#ifndef QSHAPE_SHAPE_H
#define QSHAPE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

struct shape_options {
    long buckets;       /* columns of ages */
    long first_minutes; /* the age limit of the first */
    bool linear;        /* limits are multiples of it, not doubled each time */
    bool parents;       /* also count for parent domains */
    long min_children;  /* that a parent needs to be shown */
    long width;         /* of the output, in columns */
};

struct shape;

struct shape *shape_new(const struct shape_options *options);
void shape_free(struct shape *shape);
/* Count one address of <domain>, in lower case. */
void shape_count(struct shape *shape, const char *domain, long age_s);
/* The table on standard output; at most <top> rows below the heading (0: all),
 * those with the most addresses first. */
void shape_print(const struct shape *shape, size_t top);

#endif
