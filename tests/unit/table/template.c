/* SPDX-License-Identifier: ISC
 *
 * template.c - tests of the texts that SQL, LDAP and memcache tables expand.
 */

#include "template.h"

#include <string.h>

#include "test.h"

static bool quote(void *context, const char *text, size_t length,
                  struct str *out)
{
    str_addf(out, "%s%.*s%s", (const char *)context, (int)length, text,
             (const char *)context);
    return strcmp(text, "unquotable") != 0;
}

static const char *expand(const char *text, const char *key,
                          const char *value)
{
    static struct str out = STR_EMPTY;

    str_clear(&out);
    bool good = template_expand(&out, text, key, value,
                                value == NULL ? quote : NULL,
                                (void *)(uintptr_t)"|");
    return good ? out.data : "none";
}

TEST(template_expands)
{
    static const struct {
        const char *text, *key, *value, *want;
    } cases[] = {
        { "", "k", NULL, "" },
        { "100%%", "k", NULL, "100%" },
        { "a%sb", "k", NULL, "a|k|b" },
        { "%u %d", "a@b", NULL, "|a| |b|" },
        { "%u", "a", NULL, "|a|" },
        { "%u", "a@", NULL, "|a|" },
        { "%u", "@b", NULL, "none" },
        { "%d", "a", NULL, "none" },
        { "%d", "a@", NULL, "none" },
        { "%u %d", "\"a@b\"@c", NULL, "|\"a@b\"| |c|" },
        { "%1 %2 %3", "a@b.c.d", NULL, "|d| |c| |b|" },
        { "%1 %2 %3", "a@c.d", NULL, "none" },
        { "%2/%1", "a@b..d.", NULL, "|b|/|d|" },
        { "%1", "a.b", NULL, "none" },
        { "%s", "unquotable", NULL, "none" },
        { "%s", "k", "v", "v" },
        { "%S=%s", "k", "v", "k=v" },
        { "%u at %d for %U at %D", "a@b", "x@y", "x at y for a at b" },
        { "%d", "a@b", "x", "none" },
        { "%u", "a@b", "@y", "none" },
        { "%1", "a@b.c", "x@y.z", "c" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(expand(cases[i].text, cases[i].key, cases[i].value),
                  cases[i].want);
}

TEST(template_syntax)
{
    static const struct {
        const char *text;
        bool good, partial;
    } cases[] = {
        { "plain", true, false }, { "%s", true, false }, { "%%", true, false },
        { "%u", true, true },     { "%9", true, true },  { "%0", false, false },
        { "%z", false, false },   { "x%", false, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct template_needs needs = { 0 };
        struct error why = ERROR_NONE;
        CHECK_INT(template_check(cases[i].text, false, "f", "query", &needs,
                                 &why),
                  cases[i].good);
        CHECK_INT(needs.partial, cases[i].partial);
    }
}

static const char *join(const char *format, long limit, const char *const *list)
{
    static struct str out = STR_EMPTY;
    struct template_rules rules = { .table = "t:x",
                                    .source = "x",
                                    .result_format = format,
                                    .domain = "",
                                    .expansion_limit = limit };
    struct template_values values = TEMPLATE_VALUES_EMPTY;
    struct error why = ERROR_NONE;

    CHECK(template_rules_init(&rules, &why));
    for (; *list != NULL; list++)
        template_values_add(&values, *list, strlen(*list));
    enum answer answer =
        template_values_join(&rules, "a@b", &values, &out, &why);
    str_fini(&values.data);
    template_rules_fini(&rules);
    return answer == FOUND ? out.data : answer == ABSENT ? "absent" : "failed";
}

TEST(results_are_joined)
{
    const char *const none[] = { NULL };
    const char *const empty[] = { "", "", NULL };
    const char *const some[] = { "x", "", "y@z", NULL };

    CHECK_STR(join("%s", 0, none), "absent");
    CHECK_STR(join("%s", 0, empty), "absent");
    CHECK_STR(join("%s", 0, some), "x,y@z");
    CHECK_STR(join("%s", 2, some), "x,y@z");
    CHECK_STR(join("%s", 1, some), "failed");
    CHECK_STR(join("%d", 1, some), "z");
    CHECK_STR(join("[%U]", 0, some), "[a],[a]");
}

TEST(keys_are_admitted)
{
    static const struct {
        const char *domain, *format, *key;
        enum answer want;
    } cases[] = {
        { "", "%s", "k", FOUND },         { "b", "%s", "a@b", FOUND },
        { "b", "%s", "a@B", FOUND },      { "b", "%s", "a@c.b", ABSENT },
        { "b", "%s", "b", ABSENT },       { "b", "%s", "@b", ABSENT },
        { "fail:x", "%s", "a@b", FAILED }, { "fail:x", "%s", "a", ABSENT },
        { "", "%D", "a", ABSENT },        { "", "%d", "a", FOUND },
        { "", "%2", "a@b", ABSENT },      { "", "%U", "@b", ABSENT },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct template_rules rules = { .table = "t:x",
                                        .source = "x",
                                        .result_format = cases[i].format,
                                        .domain = cases[i].domain };
        struct error why = ERROR_NONE;
        CHECK(template_rules_init(&rules, &why));
        CHECK_INT(template_rules_admit(&rules, cases[i].key, &why),
                  cases[i].want);
        template_rules_fini(&rules);
    }
}
