/* SPDX-License-Identifier: ISC
 *
 * compat.h - defaults that depend on compatibility_level.
 */
#ifndef CONFIG_COMPAT_H
#define CONFIG_COMPAT_H

#include <stdbool.h>

#include "base/error.h"
#include "config/main_cf.h"

/* A level "3", "3.6" or "3.6.1" as a number that compares as levels do.
 * False and <why> for anything else. */
bool compat_level_parse(const char *text, long *level, struct error *why);
/* Is compatibility_level below <level>, such as "3.11"? A level that cannot
 * be read counts as 0; config_load_groups has complained by then. */
bool compat_is_below(struct config *config, const char *level);
/* The last level that changed a default. */
#define COMPAT_LAST_LEVEL "3.11"
/* Does <name> have the default of before <level> because nobody has set it?
 * Programs then log COMPAT_LOG and `NAME=VALUE to do this or that` at the
 * moment when it makes a difference. */
#define COMPAT_LOG "using backwards-compatible default setting "
bool compat_uses_old_default(struct config *config, const char *name,
                             const char *level);

#endif
