/* SPDX-License-Identifier: ISC
 *
 * master_cf.c - master.cf.
 */
#include "config/master_cf.h"

#include "fuzz.h"

static void check_entry(const struct master_entry *entry)
{
    size_t position = 0;

    FUZZ_CHECK(entry->name != NULL && entry->command != NULL);
    FUZZ_CHECK(entry->argc > 0 && entry->argv[entry->argc] == NULL);
    FUZZ_CHECK(entry->wakeup_s >= 0 && entry->maxproc >= -1);
    for (size_t i = 0; i < MASTER_FIELD_COUNT; i++)
        FUZZ_CHECK(entry->field[i] != NULL);
    while (master_entry_next_setting(entry, &position) != NULL)
        ;
}

FUZZ(master_cf)
{
    struct error why = ERROR_NONE;
    size_t size;
    const char *text = fuzz_rest(in, &size);
    struct master_cf *cf = master_cf_parse("master.cf", text, size, &why);

    if (cf == NULL) {
        FUZZ_CHECK(why.text[0] != '\0');
        return;
    }
    for (size_t i = 0; i < cf->count; i++)
        check_entry(&cf->entries[i]);
    master_cf_check(cf, &why);
    master_cf_free(cf);
}
