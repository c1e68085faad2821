/* SPDX-License-Identifier: ISC
 *
 * base64.c - tests of base/base64.h and base/hex.h.
 */
#include "base/base64.h"

#include <string.h>

#include "base/hex.h"
#include "test.h"

TEST(base64_of_rfc_4648)
{
    static const struct { const char *plain, *coded; } cases[] = {
        { "", "" },           { "f", "Zg==" },         { "fo", "Zm8=" },
        { "foo", "Zm9v" },    { "foob", "Zm9vYg==" },  { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xfe", "+//+" },
    };
    struct str out = STR_EMPTY;
    for (size_t i = 0; i < COUNT(cases); i++) {
        base64_encode(&out, cases[i].plain, strlen(cases[i].plain));
        CHECK_STR(out.data, cases[i].coded);
        CHECK(base64_decode(&out, cases[i].coded, strlen(cases[i].coded)));
        CHECK_STR(out.data, cases[i].plain);
    }
    base64_encode(&out, "a\0b", 3);
    CHECK_STR(out.data, "YQBi");
    CHECK(base64_decode(&out, "YQBi", 4));
    CHECK_BYTES(out.data, out.length, "a\0b", 3);
    str_fini(&out);
}

TEST(base64_is_strict)
{
    static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg===", "Zh==",
                                       "Zm9=", "=", "====", "Zg==Zg==",
                                       "Zm 9", "Zm9v\n", "Zm9v ", "Z-9v",
                                       "Zm=v", "\xff\xff\xff\xff" };
    struct str out = STR_EMPTY;
    for (size_t i = 0; i < COUNT(bad); i++)
        CHECK(!base64_decode(&out, bad[i], strlen(bad[i])));
    CHECK(!base64_decode(&out, "Zm\0v", 4));
    str_fini(&out);
}

TEST(hex_both_ways)
{
    struct str out = STR_EMPTY;
    hex_encode(&out, "\0\xab\xff", 3, false);
    CHECK_STR(out.data, "00ABFF");
    hex_encode(&out, "\0\xab\xff", 3, true);
    CHECK_STR(out.data, "00:AB:FF");
    hex_encode(&out, "", 0, true);
    CHECK_STR(out.data, "");
    CHECK(hex_decode(&out, "00aBfF", 6, false));
    CHECK_BYTES(out.data, out.length, "\0\xab\xff", 3);
    CHECK(hex_decode(&out, "00:abff", 7, true));
    CHECK_INT(out.length, 3);
    CHECK(hex_decode(&out, "", 0, false));
    str_fini(&out);
}

TEST(hex_refuses)
{
    static const char *const bad[] = { "0", "0g", "000", "00:", ":00",
                                       "00::00", "0:00", " 00" };
    struct str out = STR_EMPTY;
    for (size_t i = 0; i < COUNT(bad); i++)
        CHECK(!hex_decode(&out, bad[i], strlen(bad[i]), true));
    CHECK(!hex_decode(&out, "00:00", 5, false));
    str_fini(&out);
}
