/* SPDX-License-Identifier: ISC
 *
 * unbuilt.h - parameters that this version knows and does not obey.
 */
#ifndef CONFIG_UNBUILT_H
#define CONFIG_UNBUILT_H

#include <stdbool.h>

#include "config/main_cf.h"

struct unbuilt {
    const char *feature; /* what is missing: "TLS in the SMTP server" */
    /* An order: what a setting asks for must not be left out in silence.
     * Words, space separated. */
    bool is_order;
    const char *harmless;  /* values that ask for nothing */
    const char *tolerable; /* values that a warning is enough for */
};

/* The parameter <name>, an LMTP twin, or one of a family such as
 * <transport>_time_limit. False if it is obeyed, or unknown. */
bool unbuilt_find(const struct param_index *index, const char *name,
                  struct unbuilt *found);

enum unbuilt_verdict { UNBUILT_NOTHING, UNBUILT_WARN, UNBUILT_REFUSE };
/* May mail flow with this setting, where <value> is expanded? If not NOTHING,
 * *feature is what is missing. */
enum unbuilt_verdict unbuilt_judge(struct config *config, const char *name,
                                   const char *value, const char **feature);

#endif
