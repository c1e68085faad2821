/* SPDX-License-Identifier: ISC
 *
 * main_cf_private.h - settings and their values, for main_cf.c and
 * main_cf_value.c.
 */
#ifndef CONFIG_MAIN_CF_PRIVATE_H
#define CONFIG_MAIN_CF_PRIVATE_H

#include "base/arena.h"
#include "base/array.h"
#include "base/hash.h"
#include "config/main_cf.h"

struct setting {
    const char *value;
    const char *path; /* NULL: an override from somewhere */
    int line;
    bool is_override;
};

struct config {
    struct arena *arena; /* owned; all texts */
    const char *directory;
    struct hash *settings; /* of struct setting, in the arena */
    struct hash *expanded; /* of text in the arena */
    struct hash *computed; /* the same; defaults that took some work */
    int depth;             /* of config_expand calls in progress */
    struct param_index *index;
    const char *process_name; /* NULL: not told */
    const char *service_name;
    struct {
        ARRAY_OF(const char *);
    } names; /* for config_names */
};

#endif
