/* SPDX-License-Identifier: ISC
 *
 * utf8_domain.c - internationalised domain names, by libidn2.
 */
#include "base/utf8.h"

#include <string.h>

#include "base/library.h"
#include "base/text.h"
#include "config.h"

#ifdef HAVE_IDN2
#include <idn2.h>

#define IDN2_FUNCTIONS(FUNCTION) \
    FUNCTION(idn2_to_ascii_8z)   \
    FUNCTION(idn2_to_unicode_8z8z) FUNCTION(idn2_free)
LIBRARY(idn2, LIBRARY_IDN2, IDN2_FUNCTIONS)

static bool to_ascii(struct str *out, const char *domain, bool transitional)
{
    char *made = NULL;

    if (!idn2_load(NULL))
        return false;
    int status = idn2.idn2_to_ascii_8z(domain, &made,
                                       IDN2_NFC_INPUT |
                                           (transitional
                                                ? IDN2_TRANSITIONAL
                                                : IDN2_NONTRANSITIONAL));
    if (status == IDN2_OK)
        str_set(out, made);
    idn2.idn2_free(made);
    return status == IDN2_OK;
}

static bool to_unicode(struct str *out, const char *domain)
{
    char *made = NULL;

    if (!idn2_load(NULL))
        return false;
    int status = idn2.idn2_to_unicode_8z8z(domain, &made, IDN2_NONTRANSITIONAL);
    if (status == IDN2_OK)
        str_set(out, made);
    idn2.idn2_free(made);
    return status == IDN2_OK;
}
#else
static bool to_ascii(struct str *out, const char *domain, bool transitional)
{
    (void)out;
    (void)transitional;
    (void)domain;
    return false;
}

static bool to_unicode(struct str *out, const char *domain)
{
    (void)out;
    (void)domain;
    return false;
}
#endif

static bool is_transitional;

void utf8_domain_set_up(bool transitional)
{
    is_transitional = transitional;
}

static bool convert(struct str *out, const char *domain, bool transitional)
{
    if (!text_is_ascii(domain))
        return utf8_is_valid(domain, strlen(domain)) &&
               to_ascii(out, domain, transitional);
    str_set(out, domain);
    return true;
}

bool utf8_domain_to_ascii(struct str *out, const char *domain)
{
    return convert(out, domain, is_transitional);
}

static bool has_a_label(const char *domain)
{
    for (const char *label = domain; label != NULL;) {
        if (text_has_prefix_nocase(label, "xn--"))
            return true;
        label = strchr(label, '.');
        if (label != NULL)
            label++;
    }
    return false;
}

/* Punycode can spell what no U-label may contain, such as upper case or a
 * dot. Only what leads back to the same name is a name. */
bool utf8_domain_to_unicode(struct str *out, const char *domain)
{
    if (!has_a_label(domain)) {
        str_set(out, domain);
        return utf8_is_valid(domain, strlen(domain));
    }
    struct str decoded = STR_EMPTY, back = STR_EMPTY;
    bool good = to_unicode(&decoded, domain) &&
                convert(&back, decoded.data, false) &&
                (text_equal_nocase(back.data, domain) ||
                 !text_is_ascii(domain));
    if (good)
        str_swap(out, &decoded);
    str_fini(&decoded);
    str_fini(&back);
    return good;
}

void utf8_load(void)
{
    static const char e_acute[] = "\xc3\xa9";
    struct str out = STR_EMPTY;

    utf8_fold(&out, e_acute, true);
    utf8_domain_to_ascii(&out, e_acute);
    str_fini(&out);
}
