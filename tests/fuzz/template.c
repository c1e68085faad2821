/* SPDX-License-Identifier: ISC
 *
 * template.c - queries and results of tables with %s and the like, where the
 * key comes from the network.
 *
 * The lines are the template, the key and the value.
 */
#include "../../src/lib/table/template.h"

#include <string.h>

#include "fuzz.h"

/* As SQL has it: nothing that is put in can end the quoted text. */
static bool quote(void *context, const char *text, size_t length,
                  struct str *out)
{
    size_t *pieces = context;

    FUZZ_CHECK(memchr(text, '\0', length) == NULL);
    for (size_t i = 0; i < length; i++)
        str_addf(out, text[i] == '\'' ? "''" : "%c", text[i]);
    ++*pieces;
    return true;
}

static size_t count(const char *text, char c)
{
    size_t found = 0;

    for (; *text != '\0'; text++)
        found += *text == c;
    return found;
}

FUZZ(template)
{
    char *text = fuzz_line(in), *key = fuzz_line(in),
         *value = fuzz_rest(in, NULL);

    for (int is_result = 0; is_result < 2; is_result++) {
        struct template_needs needs = { 0 };
        struct error why = ERROR_NONE;
        struct str out = STR_EMPTY;
        size_t pieces = 0;
        if (!template_check(text, is_result, "file", "query", &needs, &why)) {
            FUZZ_CHECK(why.text[0] != '\0');
            continue;
        }
        if (template_expand(&out, text, key, is_result ? value : NULL, quote,
                            &pieces))
            FUZZ_CHECK((count(out.data, '\'') - count(text, '\'')) % 2 == 0);
        FUZZ_CHECK(pieces == 0 || needs.any);
        str_fini(&out);
    }
}
