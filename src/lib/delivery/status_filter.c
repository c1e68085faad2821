/* SPDX-License-Identifier: ISC
 *
 * status_filter.c - *_delivery_status_filter: tables that replace the code and
 * text of an outcome.
 *
 * Success stays success: what a table says cannot lose or repeat mail. A soft
 * failure may become a hard one, and the reverse.
 */
#include "delivery/agent.h"

#include "base/log.h"
#include "base/str.h"
#include "table/maps.h"

/* Set once at start; NULL: no filter. */
static struct maps *filter;
static const char *filter_title;

void delivery_set_status_filter(const char *title, const char *tables)
{
    maps_close(filter);
    filter = *tables != '\0' ? maps_open(title, tables, 0) : NULL;
    filter_title = title;
}

static bool is_usable(const struct dsn *old, const char *value)
{
    size_t length = dsn_status_length(value);

    if (length > 0 && value[length] == ' ' && value[length + 1] != '\0' &&
        (old->status[0] == '2') == (value[0] == '2'))
        return true;
    log_warning("%s: bad status code: %s", filter_title, value);
    return false;
}

struct dsn status_filter_apply(struct arena *arena, const struct dsn *dsn)
{
    struct dsn result = *dsn;
    struct str query = STR_EMPTY, value = STR_EMPTY;

    if (filter == NULL)
        return result;
    str_addf(&query, "%s %s", dsn->status, dsn->reason ? dsn->reason : "");
    if (maps_get(filter, query.data, false, &value) == FOUND &&
        is_usable(dsn, value.data)) {
        struct dsn split;
        const char fallback[] = { value.data[0], '.', '0', '.', '0', '\0' };

        dsn_split(arena, fallback, value.data, &split);
        result.status = split.status;
        result.reason = split.reason;
        if (result.status[0] != dsn->status[0])
            result.action = NULL;
    }
    str_fini(&query);
    str_fini(&value);
    return result;
}
