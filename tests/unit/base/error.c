/* SPDX-License-Identifier: ISC
 *
 * error.c - tests of base/error.h.
 */
#include "base/error.h"

#include <string.h>

#include "test.h"

TEST(error_set_is_false_and_formats)
{
    struct error why = ERROR_NONE;
    CHECK(!error_set(&why, "%s: %d", "open", 2));
    CHECK_STR(why.text, "open: 2");
    CHECK(!error_set(NULL, "nobody asks"));
    CHECK(!error_prefix(NULL, "nobody asks"));
}

TEST(error_set_may_use_the_old_text)
{
    struct error why = ERROR_NONE;
    error_set(&why, "inner");
    error_set(&why, "outer: %s", why.text);
    CHECK_STR(why.text, "outer: inner");
    error_prefix(&why, "%s and %s", "most", why.text);
    CHECK_STR(why.text, "most and outer: inner: outer: inner");
}

TEST(error_text_is_cut_to_fit)
{
    struct error why = ERROR_NONE;
    char large[3000];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    error_set(&why, "%s", large);
    CHECK_INT(strlen(why.text), 1023);
    error_prefix(&why, "file");
    CHECK_INT(strlen(why.text), 1023);
    CHECK(strncmp(why.text, "file: xxx", 9) == 0);
    error_prefix(&why, "%s", large);
    CHECK_INT(strlen(why.text), 1023);
}
