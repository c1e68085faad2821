/* SPDX-License-Identifier: ISC
 *
 * utf8.c - tests of base/utf8.h.
 */
#include "base/utf8.h"

#include <string.h>

#include "config.h"
#include "test.h"

TEST(utf8_is_valid_as_rfc_3629_says)
{
    static const struct test_question cases[] = {
        { "", true },                  { "a\x7f", true },
        { "\x80", false },             { "\xc1\xbf", false },
        { "\xc2\x80", true },          { "\xdf\xbf", true },
        { "\xe0\x9f\xbf", false },     { "\xe0\xa0\x80", true },
        { "\xed\x9f\xbf", true },      { "\xed\xa0\x80", false },
        { "\xed\xbf\xbf", false },     { "\xee\x80\x80", true },
        { "\xef\xbf\xbf", true },      { "\xf0\x8f\xbf\xbf", false },
        { "\xf0\x90\x80\x80", true },  { "\xf4\x8f\xbf\xbf", true },
        { "\xf4\x90\x80\x80", false }, { "\xf8\x88\x80\x80\x80", false },
        { "\xc2", false },             { "\xe2\x82", false },
        { "\xf0\x90\x80", false },     { "\xc2" "a", false },
        { "\xfe", false },             { "\xff", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_INT(utf8_is_valid(cases[i].text, strlen(cases[i].text)),
                  cases[i].want);
    CHECK(utf8_is_valid("a\0b", 3));
    CHECK(!utf8_is_valid("\xc3\xa4", 1)); /* cut */
}

TEST(utf8_fold_of_ascii)
{
    struct str out = STR_EMPTY;
    CHECK(utf8_fold(&out, "", true));
    CHECK_STR(out.data, "");
    CHECK(utf8_fold(&out, "User@EXAMPLE", true));
    CHECK_STR(out.data, "user@example");
    CHECK(utf8_fold(&out, "\xc3\x84X", false));
    CHECK_STR(out.data, "\xc3\x84x");
    CHECK(!utf8_fold(&out, "\xc3", true));
    CHECK(utf8_fold(&out, "\xc3", false));
    str_fini(&out);
}

TEST(utf8_fold_of_unicode)
{
#ifdef HAVE_ICU
    struct str out = STR_EMPTY, large = STR_EMPTY;
    CHECK(utf8_fold(&out, "\xc3\x84\xce\xa3X", true));
    CHECK_STR(out.data, "\xc3\xa4\xcf\x83x");
    CHECK(utf8_fold(&out, "Stra\xc3\x9f" "e", true));
    CHECK_STR(out.data, "strasse");
    for (int i = 0; i < 1000; i++) /* U+0390 grows from 2 bytes to 6 */
        str_add(&large, "\xce\x90");
    CHECK(utf8_fold(&out, large.data, true));
    CHECK_INT(out.length, 6000);
    str_fini(&out);
    str_fini(&large);
#else
    test_skip("built without ICU");
#endif
}

TEST(utf8_domain_in_both_forms)
{
#ifdef HAVE_IDN2
    struct str out = STR_EMPTY;
    CHECK(utf8_domain_to_ascii(&out, "Example.COM"));
    CHECK_STR(out.data, "Example.COM");
    CHECK(utf8_domain_to_ascii(&out, "b\xc3\xbc" "cher.example"));
    CHECK_STR(out.data, "xn--bcher-kva.example");
    CHECK(utf8_domain_to_ascii(&out, "fa\xc3\x9f.de")); /* not transitional */
    CHECK_STR(out.data, "xn--fa-hia.de");
    utf8_domain_set_up(true);
    CHECK(utf8_domain_to_ascii(&out, "fa\xc3\x9f.de"));
    CHECK_STR(out.data, "fass.de");
    CHECK(utf8_domain_to_unicode(&out, "xn--fa-hia.de"));
    CHECK_STR(out.data, "fa\xc3\x9f.de");
    utf8_domain_set_up(false);
    CHECK(!utf8_domain_to_ascii(&out, "b\xc3"));
    CHECK(utf8_domain_to_unicode(&out, "XN--bcher-kva.example"));
    CHECK_STR(out.data, "b\xc3\xbc" "cher.example");
    CHECK(utf8_domain_to_unicode(&out, "example"));
    CHECK_STR(out.data, "example");
    CHECK(!utf8_domain_to_unicode(&out, "xn--\x7f.example"));
    CHECK(!utf8_domain_to_unicode(&out, "xn--99999999.example"));
    str_fini(&out);
#else
    test_skip("built without libidn2");
#endif
}
