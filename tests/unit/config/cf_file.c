/* SPDX-License-Identifier: ISC */
#include "config/cf_file.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

TEST(cf_file_joins_lines)
{
    static const char text[] = "  continues nothing\n"
                               "one\r\n"
                               "\n"
                               " \t# comment\n"
                               "\ttwo\n"
                               "three";
    struct cf_file *file = cf_file_from_text("x.cf", text, strlen(text));
    struct cf_line line;

    CHECK(cf_file_next(file, &line));
    CHECK_STR(line.text, "one\ttwo");
    CHECK_INT(line.first, 2);
    CHECK_INT(line.last, 5);
    CHECK(cf_file_next(file, &line));
    CHECK_STR(line.text, "three");
    CHECK_INT(line.first, 6);
    CHECK(!cf_file_next(file, &line));
    cf_file_free(file);
}

TEST(cf_file_may_be_empty)
{
    static const char *const cases[] = { "", "\n", "#", "# x\n\n   \n" };
    struct cf_line line;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cf_file *file =
            cf_file_from_text("x.cf", cases[i], strlen(cases[i]));
        CHECK(!cf_file_next(file, &line));
        cf_file_free(file);
    }
}

TEST(cf_file_refuses_nul_and_says_where)
{
    struct error why = ERROR_NONE;
    FILE *out = fopen(test_path("nul.cf"), "w");

    fwrite("a = b\nc\0d\n", 1, 10, out);
    fclose(out);
    CHECK(cf_file_open(test_path("nul.cf"), &why) == NULL);
    CHECK(strstr(why.text, "nul.cf, line 2: ") != NULL);
    CHECK(cf_file_open(test_path("nosuch.cf"), &why) == NULL);
    CHECK(strstr(why.text, "No such file") != NULL);
}
