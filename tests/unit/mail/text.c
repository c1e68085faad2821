/* SPDX-License-Identifier: ISC
 *
 * Small texts: addresses, quoting, codes, headers, dates.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mail/address.h"
#include "mail/date.h"
#include "mail/dsn.h"
#include "mail/dsn_notify.h"
#include "mail/header.h"
#include "mail/quote.h"
#include "mail/verp.h"
#include "mail/xtext.h"
#include "test.h"

TEST(address_splits_extensions)
{
    static const struct {
        const char *local, *delimiters, *want;
    } cases[] = {
        { "u+x", "+", "+x" },        { "u-a+b", "+-", "-a+b" },
        { "u", "+", NULL },          { "+x", "+", NULL },
        { "owner-x", "-", NULL },    { "x-request", "-", NULL },
        { "owner+x", "+", "+x" },    { "mailer-daemon", "-", NULL },
        { "double-bounce", "-", NULL }, { "u+x", "", NULL },
        { "u+", "+", "+" },
    };
    char local[64];

    for (size_t i = 0; i < COUNT(cases); i++) {
        strcpy(local, cases[i].local);
        CHECK_STR(address_split_extension(local, cases[i].delimiters, true),
                  cases[i].want);
    }
}

/* What may be changed by the rewrite service must not pass for standard. */
TEST(address_knows_the_standard_form)
{
    static const struct test_question cases[] = {
        { "user@host.example", true },
        { "First.Last+ext=x_y-z@a-b.c_d.example", true },
        { "1@2.3", true },
        { "", false },
        { "user", false },
        { "user@", false },
        { "@host.example", false },
        { "user@host", false },
        { "user@host.example.", false },
        { "user@.host.example", false },
        { "user@host..example", false },
        { "user@[192.0.2.1]", false },
        { "@relay.example:user@host.example", false },
        { "a@b@host.example", false },
        { "site!user@host.example", false },
        { "user%host@host.example", false },
        { "a b@host.example", false },
        { "us\xc3\xa9r@host.example", false },
        { "user@host.ex\xc3\xa4mple", false },
        { "user@host.example ", false },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_INT(address_is_standard(cases[i].text), cases[i].want);
}

TEST(domain_names)
{
    CHECK(domain_is_hostname("a.b"));
    CHECK(domain_is_hostname("a_b"));
    CHECK(domain_is_hostname("1.b"));
    CHECK(!domain_is_hostname(""));
    CHECK(!domain_is_hostname("1.2.3.4"));
    CHECK(!domain_is_hostname("a."));
    CHECK(!domain_is_hostname("a-"));
    CHECK(!domain_is_hostname("a-.b"));
    CHECK(!domain_is_hostname("a..b"));
    CHECK(domain_is_address_literal("[1.2.3.4]"));
    CHECK(domain_is_address_literal("[ipv6:2001:db8::1]"));
    CHECK(!domain_is_address_literal("[2001:db8::1]"));
    CHECK(!domain_is_address_literal("[]"));
    CHECK(!domain_is_address_literal("["));
}

TEST(quote_and_back)
{
    static const struct {
        const char *internal, *external;
    } cases[] = {
        { "", "" },
        { "a@b", "a@b" },
        { "a b@c", "\"a b\"@c" },
        { "a@b@c", "\"a@b\"@c" },
        { "a\"b\\@c", "\"a\\\"b\\\\\"@c" },
        { ".a@c", "\".a\"@c" },
        { "a..b", "\"a..b\"" },
        { "@c", "\"\"@c" },
        { "a.b@c", "a.b@c" },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK_STR(quote_822_dup(arena, cases[i].internal), cases[i].external);
        CHECK_STR(unquote_822_dup(arena, cases[i].external), cases[i].internal);
    }
    arena_free(arena);
}

TEST(dsn_codes)
{
    struct arena *arena = arena_new();
    struct dsn dsn;

    CHECK_INT(dsn_status_length("5.1.1 x"), 5);
    CHECK_INT(dsn_status_length("4.123.456"), 9);
    CHECK_INT(dsn_status_length("5.1.1234"), 0);
    CHECK_INT(dsn_status_length("3.1.1"), 0);
    CHECK_INT(dsn_status_length("5.1"), 0);
    CHECK_INT(dsn_status_length("5.1.1x"), 0);
    CHECK_INT(dsn_status_length(""), 0);
    dsn_split(arena, "5.0.0", "5.1.1  no such user", &dsn);
    CHECK_STR(dsn.status, "5.1.1");
    CHECK_STR(dsn.reason, "no such user");
    dsn_split(arena, "5.0.0", " 5.1.1 x", &dsn);
    CHECK_STR(dsn.status, "5.1.1");
    CHECK_STR(dsn.reason, "x");
    dsn_split(arena, "4.0.0", "5.1.1 x", &dsn);
    CHECK_STR(dsn.status, "4.0.0");
    CHECK_STR(dsn.reason, "x");
    dsn_split(arena, "4.0.0", "none", &dsn);
    CHECK_STR(dsn.reason, "none");
    arena_free(arena);
}

TEST(dsn_notify_words)
{
    CHECK_INT(dsn_notify_parse("never"), DSN_NOTIFY_NEVER);
    CHECK_INT(dsn_notify_parse("SUCCESS,DELAY"), 2 | 8);
    CHECK_INT(dsn_notify_parse("NEVER,DELAY"), 0);
    CHECK_INT(dsn_notify_parse("DELAY,DELAY"), 8);
    CHECK_INT(dsn_notify_parse(""), 0);
    CHECK_INT(dsn_notify_parse("DELAY,,SUCCESS"), 2 | 8);
    CHECK_INT(dsn_notify_parse("DELAY,x"), 0);
    CHECK_STR(dsn_notify_format(14), "SUCCESS,FAILURE,DELAY");
    CHECK_STR(dsn_notify_format(99), "");
    CHECK_INT(dsn_return_parse("hdrs"), DSN_RET_HEADERS);
    CHECK_INT(dsn_return_parse("x"), 0);
}

TEST(header_names)
{
    CHECK_INT(header_find("to: x")->id, HDR_TO);
    CHECK_INT(header_find("Resent-To : x")->id, HDR_RESENT_TO);
    CHECK(header_find("X-To: x") == NULL);
    CHECK(header_find("To") == NULL);
    CHECK_INT(header_name_length("A b: c", 6), 0);
    CHECK_INT(header_name_length(": c", 3), 0);
    CHECK_STR(header_value("To: \n x"), "x");
    for (int i = 1; header_info((enum header_id)i) != NULL; i++)
        CHECK_INT(header_info((enum header_id)i)->id, i);
}

TEST(dates)
{
    char out[64];

    setenv("TZ", "XYZ-5:30", 1);
    tzset();
    CHECK_STR(date_format(0, out, sizeof out),
              "Thu, 01 Jan 1970 05:30:00 +0530 (XYZ)");
    setenv("TZ", "ABC3", 1);
    tzset();
    CHECK_STR(date_format(1795341600, out, sizeof out),
              "Sun, 22 Nov 2026 07:00:00 -0300 (ABC)");
}

TEST(verp_addresses)
{
    struct arena *arena = arena_new();

    CHECK_STR(verp_sender(arena, "+=", "list@x", "user@h"), "list+user=h@x");
    CHECK_STR(verp_sender(arena, "+=", "list@x", "user"), "list+user@x");
    CHECK(verp_check("+=", "-=+") == NULL);
    CHECK(verp_check("+", "-=+") != NULL);
    CHECK(verp_check("+#", "-=+") != NULL);
    arena_free(arena);
}

TEST(xtext_codes)
{
    struct str out = STR_EMPTY;

    xtext_encode(&out, "a+b=c d", NULL);
    CHECK_STR(out.data, "a+2Bb+3Dc+20d");
    str_clear(&out);
    CHECK(xtext_decode(&out, "a+2Bb+20"));
    CHECK_STR(out.data, "a+b ");
    CHECK(!xtext_decode(&out, "+2"));
    CHECK(!xtext_decode(&out, "+zz"));
    CHECK(!xtext_decode(&out, "+00"));
    str_clear(&out);
    CHECK(utf8_xtext_decode(&out, "a\\x{E4}\\x{20AC}\\x{2B}"));
    CHECK_STR(out.data, "a\xc3\xa4\xe2\x82\xac+");
    CHECK(!utf8_xtext_decode(&out, "\\x{D800}"));
    CHECK(!utf8_xtext_decode(&out, "\\x{0}"));
    CHECK(!utf8_xtext_decode(&out, "\\x{}"));
    str_clear(&out);
    CHECK(utf8_xtext_decode(&out, "\\y\\"));
    CHECK_STR(out.data, "\\y\\");
    str_fini(&out);
}
