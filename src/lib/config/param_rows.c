/* SPDX-License-Identifier: ISC
 *
 * param_rows.c - the rows of one group as a table, and its struct.
 *
 * Compiled once for each group of param_groups.def, with -DPARAM_GROUP=<group>.
 */
#include "config/params.h"

#include "config/defaults.h"

#ifndef PARAM_GROUP
#define PARAM_GROUP common
#endif

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_OF_(a) #a
#define TEXT_OF(a) TEXT_OF_(a)

#define PARAMS JOIN(PARAM_GROUP, _params)
#define DEF_FILE TEXT_OF(config/params/PARAM_GROUP.def)

#define COMPUTED NULL
#define ANY PARAM_NO_MINIMUM, PARAM_NO_LIMIT, NULL, PARAM_FREE
#define AT_LEAST(n) n, PARAM_NO_LIMIT, NULL, PARAM_FREE
#define AT_MOST(n) PARAM_NO_MINIMUM, n, NULL, PARAM_FREE
#define BETWEEN(a, b) a, b, NULL, PARAM_FREE
#define NOT_EMPTY 1, PARAM_NO_LIMIT, NULL, PARAM_FREE
#define LENGTH(n) n, n, NULL, PARAM_FREE
#define ONE_OF(words) 1, PARAM_NO_LIMIT, words, PARAM_WORD
#define ONE_OF_OR_EMPTY(words) 0, PARAM_NO_LIMIT, words, PARAM_WORD
#define LIST_OF(words) 1, PARAM_NO_LIMIT, words, PARAM_WORDS
#define LIST_OF_OR_EMPTY(words) 0, PARAM_NO_LIMIT, words, PARAM_WORDS
#define HOST_NAME 1, PARAM_NO_LIMIT, NULL, PARAM_HOST

struct PARAMS PARAMS;

#define PARAM(type, name, def, bounds, prose) \
    { #name, def, offsetof(struct PARAMS, name), PARAM_##type, bounds },
#define PARAM_AS(type, member, name, def, bounds, prose) \
    { name, def, offsetof(struct PARAMS, member), PARAM_##type, bounds },
#define PARAM_FAMILY(type, suffix, def, bounds, prose)

static const struct param_row rows[] = {
#include DEF_FILE
};

#undef PARAM
#undef PARAM_AS
#undef PARAM_FAMILY
#define PARAM(type, name, def, bounds, prose)
#define PARAM_AS(type, member, name, def, bounds, prose)
#define PARAM_FAMILY(type, suffix, def, bounds, prose) \
    { suffix, def, 0, PARAM_##type, bounds },

static const struct param_row families[] = {
#include DEF_FILE
    { NULL, NULL, 0, PARAM_TEXT, ANY },
};

const struct param_group JOIN(PARAM_GROUP, _param_group) = {
    .name = TEXT_OF(PARAM_GROUP),
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .families = families,
    .values = &PARAMS,
};
