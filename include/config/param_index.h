/* SPDX-License-Identifier: ISC
 *
 * param_index.h - find the row of a parameter by its name.
 *
 * The index has every row of every group, and the LMTP twins of the smtp and
 * tls_client groups under their own names.
 */
#ifndef CONFIG_PARAM_INDEX_H
#define CONFIG_PARAM_INDEX_H

#include <stddef.h>

#include "base/arena.h"
#include "config/param.h"

struct param_entry {
    const char *name;         /* as in main.cf */
    const char *default_text; /* NULL: computed */
    const struct param_row *row;
    const struct param_group *group;
};

struct param_index;

struct param_index *param_index_new(void);
void param_index_free(struct param_index *index);
/* NULL if there is no such parameter. */
const struct param_entry *param_index_find(const struct param_index *index,
                                           const char *name);
/* All entries, sorted by name; the list belongs to the index. */
const struct param_entry *const *param_index_all(
    const struct param_index *index, size_t *count);

/* The LMTP twin of an SMTP client parameter: its name and default, in
 * <arena>. NULL if <row> has none. */
const char *param_twin(struct arena *arena, const struct param_row *row,
                       const char **default_text);

/* What became of a parameter that is on its way out, or gone. */
enum param_fate { PARAM_CURRENT, PARAM_DEPRECATED, PARAM_ALIAS, PARAM_RENAMED,
                  PARAM_REMOVED };
/* *instead (may be NULL) is set to the name to use now, or "". */
enum param_fate param_fate(const char *name, const char **instead);
/* The name that a parameter had long ago, or NULL. */
const char *param_former_name(const char *name);

#endif
