/* SPDX-License-Identifier: ISC
 *
 * address.c - mail addresses: quoted, cut up, and their domains.
 */
#include "mail/address.h"

#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"
#include "mail/quote.h"

static void convert_domain(const char *domain)
{
    struct str out = STR_EMPTY;

    utf8_domain_to_ascii(&out, domain);
    utf8_domain_to_unicode(&out, domain);
    utf8_fold(&out, domain, true);
    str_fini(&out);
}

FUZZ(address)
{
    char *delimiters = fuzz_line(in), *text = fuzz_rest(in, NULL);
    char *local = address_local(in->arena, text);
    const char *domain = address_domain(text);

    FUZZ_CHECK(strlen(local) + (domain ? strlen(domain) + 1 : 0) ==
               strlen(text));
    char *quoted = quote_822_dup(in->arena, text);
    if (domain == NULL || strchr(domain, '"') == NULL)
        FUZZ_CHECK(strcmp(unquote_822_dup(in->arena, quoted), text) == 0);
    unquote_822_dup(in->arena, text);
    address_for_log(in->arena, text);
    domain_is_hostname(text);
    domain_is_address_literal(text);
    convert_domain(text);
    address_split_extension(local, delimiters, true);
}
