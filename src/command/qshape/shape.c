/* SPDX-License-Identifier: ISC
 *
 * shape.c - the table of domains and ages, and its layout.
 *
 * Numbers stand right-justified under their heading; the domain gets what is
 * left of the width, and loses its beginning if that is not enough.
 */
#include "shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/str.h"

enum { MIN_NAME_WIDTH = 18, MIN_COLUMN_WIDTH = 2, LABEL_SIZE = 32 };

struct row {
    const char *name; /* the hash's key, or a constant */
    bool is_parent;
    long children; /* of a parent: different domains below it */
    long total;
    long *counts; /* owned; one for each bucket */
};

struct shape {
    struct shape_options options;
    struct hash *domains; /* of struct row */
    struct row sum;
};

struct rows {
    ARRAY_OF(const struct row *);
};

static struct row *row_new(const struct shape *shape)
{
    struct row *row = mem_zalloc(sizeof *row);

    row->counts = mem_zalloc((size_t)shape->options.buckets *
                             sizeof *row->counts);
    return row;
}

static void row_free(void *object)
{
    struct row *row = object;

    free(row->counts);
    free(row);
}

struct shape *shape_new(const struct shape_options *options)
{
    struct shape *shape = mem_zalloc(sizeof *shape);

    shape->options = *options;
    shape->domains = hash_new();
    shape->sum.name = "TOTAL";
    shape->sum.counts = mem_zalloc((size_t)options->buckets *
                                   sizeof *shape->sum.counts);
    return shape;
}

void shape_free(struct shape *shape)
{
    if (shape == NULL)
        return;
    hash_free(shape->domains, row_free);
    free(shape->sum.counts);
    free(shape);
}

/* ---- counting ---------------------------------------------------------- */

/* The age in minutes that bucket <i> ends before; the last one has no end. */
static long limit_of(const struct shape *shape, long i)
{
    const struct shape_options *o = &shape->options;

    if (o->linear)
        return o->first_minutes * (i + 1);
    return i > 40 ? o->first_minutes << 40 : o->first_minutes << i;
}

static long bucket_of(const struct shape *shape, long age_s)
{
    long i = 0;

    while (i < shape->options.buckets - 1 &&
           age_s >= 60 * limit_of(shape, i))
        i++;
    return i;
}

static struct row *row_of(struct hash *rows, const struct shape *shape,
                          const char *name)
{
    struct row *row = hash_get(rows, name);

    if (row == NULL) {
        row = row_new(shape);
        hash_put(rows, name, row);
    }
    return row;
}

static void count_in(struct row *row, long bucket)
{
    row->total++;
    row->counts[bucket]++;
}

void shape_count(struct shape *shape, const char *domain, long age_s)
{
    long bucket = bucket_of(shape, age_s);

    count_in(row_of(shape->domains, shape, domain), bucket);
    count_in(&shape->sum, bucket);
}

/* ---- parent domains ---------------------------------------------------- */

static void add_row(struct row *sum, const struct row *row, long buckets)
{
    sum->children++;
    sum->total += row->total;
    for (long i = 0; i < buckets; i++)
        sum->counts[i] += row->counts[i];
}

/* example.com for mail.example.com, but not com. NULL: no more. */
static const char *parent_of(const char *domain)
{
    const char *dot = strchr(domain, '.');

    if (dot == NULL || strchr(dot + 1, '.') == NULL)
        return NULL;
    return dot + 1;
}

static struct hash *count_parents(const struct shape *shape)
{
    struct hash *parents = hash_new();
    size_t position = 0;
    const char *name;
    void *row;

    while (hash_next(shape->domains, &position, &name, &row))
        while ((name = parent_of(name)) != NULL)
            add_row(row_of(parents, shape, name), row,
                    shape->options.buckets);
    return parents;
}

/* ---- output ------------------------------------------------------------ */

static int compare_rows(const void *a, const void *b)
{
    const struct row *one = *(const struct row *const *)a;
    const struct row *other = *(const struct row *const *)b;

    if (one->total != other->total)
        return one->total > other->total ? -1 : 1;
    int order = strcmp(one->name, other->name);
    return order != 0 ? order : other->is_parent - one->is_parent;
}

static void collect(struct rows *rows, const struct hash *from,
                    bool are_parents, long min_children)
{
    size_t position = 0;
    const char *name;
    void *object;

    while (hash_next(from, &position, &name, &object)) {
        struct row *row = object;
        row->name = name;
        row->is_parent = are_parents;
        if (!are_parents || row->children >= min_children)
            ARRAY_ADD(rows, row);
    }
}

static void make_label(const struct shape *shape, long i, char *label)
{
    long last = shape->options.buckets - 1;

    if (i < last)
        snprintf(label, LABEL_SIZE, "%ld", limit_of(shape, i));
    else
        snprintf(label, LABEL_SIZE, "%ld+",
                 i > 0 ? limit_of(shape, i - 1) : 0L);
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int width_of(long number)
{
    return larger(snprintf(NULL, 0, "%ld", number), MIN_COLUMN_WIDTH);
}

/* No number is wider than its sum. */
static int column_width(const struct shape *shape, long i)
{
    char label[LABEL_SIZE];

    make_label(shape, i, label);
    return larger((int)strlen(label), width_of(shape->sum.counts[i]));
}

static int name_width(const struct shape *shape)
{
    int width = (int)shape->options.width - width_of(shape->sum.total) - 1;

    for (long i = 0; i < shape->options.buckets; i++)
        width -= column_width(shape, i) + 1;
    return larger(width, MIN_NAME_WIDTH);
}

static void print_name(const struct row *row, int width)
{
    const char *dot = row->is_parent ? "." : "";
    int length = (int)strlen(row->name), room = width - row->is_parent;

    if (length <= room)
        printf("%*s%s%s", room - length, "", dot, row->name);
    else
        printf("%s+%s", dot, row->name + length - (room - 1));
}

static void print_row(const struct shape *shape, const struct row *row,
                      int width)
{
    print_name(row, width);
    printf(" %*ld", width_of(shape->sum.total), row->total);
    for (long i = 0; i < shape->options.buckets; i++)
        printf(" %*ld", column_width(shape, i), row->counts[i]);
    putchar('\n');
}

static void print_heading(const struct shape *shape, int width)
{
    printf("%*s %*s", width, "", width_of(shape->sum.total), "T");
    for (long i = 0; i < shape->options.buckets; i++) {
        char label[LABEL_SIZE];
        make_label(shape, i, label);
        printf(" %*s", column_width(shape, i), label);
    }
    putchar('\n');
}

void shape_print(const struct shape *shape, size_t top)
{
    struct rows rows = ARRAY_EMPTY;
    struct hash *parents = shape->options.parents ? count_parents(shape)
                                                  : hash_new();
    int width = name_width(shape);

    collect(&rows, shape->domains, false, 0);
    collect(&rows, parents, true, shape->options.min_children);
    if (rows.count > 0)
        qsort(rows.items, rows.count, sizeof *rows.items, compare_rows);
    print_heading(shape, width);
    print_row(shape, &shape->sum, width);
    for (size_t i = 0; i < rows.count && (top == 0 || i + 1 < top); i++)
        print_row(shape, rows.items[i], width);
    fflush(stdout);
    ARRAY_FREE(&rows);
    hash_free(parents, row_free);
}
