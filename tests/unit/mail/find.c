/* SPDX-License-Identifier: ISC
 *
 * Lookups by address; the answers are those of Postfix with the same table.
 */
#include "mail/find.h"

#include <string.h>

#include "test.h"

static enum answer is_local(const char *domain, void *context)
{
    (void)context;
    return strcmp(domain, "origin") == 0 ? FOUND : ABSENT;
}

static const struct find_options options = {
    .steps = FIND_DEFAULT,
    .delimiters = "+-",
    .myorigin = "origin",
    .is_local = is_local,
};

static const char *map_address(struct maps *maps, struct arena *arena,
                               const char *address)
{
    char **addresses;
    size_t count;

    switch (find_addresses(maps, arena, address, &options, true, &addresses,
                           &count)) {
    case FOUND: return addresses[count - 1];
    case ABSENT: return "absent";
    case FAILED: return "failed";
    }
    return NULL;
}

TEST(find_addresses_as_postfix)
{
    static const struct {
        const char *address, *want;
    } cases[] = {
        { "user+ext@d1", "other@y" }, /* "@d1" keeps no extension */
        { "u+ext@d2", "o+ext@y" },
        { "u+e@d3", "u+e@e3" },
        { "u+ext@d4", "plain+ext@origin" },
        { "u+ext@d5", "u+ext@e5" },
        { "u+x@d7", "w@y" },
        { "u++x@d2", "o++x@y" },
        { "q-a+b@d9", "r-a+b@y" },
        { "q+@d9", "r+@y" },
        { "owner-x@d9", "absent" },
        { "+bar@d9", "absent" },
        { "postmaster+x@d9", "pm+x@y" },
        { "plainuser+abc@origin", "lo+abc@y" },
        { "plainuser+abc@elsewhere", "absent" },
        { "plainuser", "lo@y" },
        { "a b@d9", "quoted@y" },
    };
    struct arena *arena = arena_new();
    struct maps *maps = maps_open(
        "test",
        "inline:{ {@d1=other@y} {u@d2=o@y} {@d3=@e3} {u@d4=plain} {u@d5=@e5} "
        "{u+x@d7 = z@y, w@y} {q@d9=r@y} {owner@d9=v@y} {postmaster@d9=pm@y} "
        "{plainuser=lo@y} {\"a b\"@d9 = quoted@y} }",
        TABLE_FOLD);

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(map_address(maps, arena, cases[i].address), cases[i].want);
    maps_close(maps);
    arena_free(arena);
}

TEST(find_domain_steps)
{
    struct arena *arena = arena_new();
    struct str value = STR_EMPTY;
    struct find_options access = options;
    struct maps *maps = maps_open(
        "test", "inline:{a.b=1, .c.d=2, c.d=3, u@=4}", TABLE_FOLD);

    access.steps = FIND_FULL | FIND_DOMAIN | FIND_USER_AT;
    CHECK_INT(find_address(maps, arena, "x@y.a.b", &access, &value, NULL),
              FOUND);
    CHECK_STR(value.data, "1");
    CHECK_INT(find_address(maps, arena, "u+e@z", &access, &value, NULL), FOUND);
    CHECK_STR(value.data, "4");
    access.parents_with_dot = true;
    CHECK_INT(find_address(maps, arena, "x@y.a.b", &access, &value, NULL),
              ABSENT);
    CHECK_INT(find_address(maps, arena, "x@y.c.d", &access, &value, NULL),
              FOUND);
    CHECK_STR(value.data, "2");
    maps_close(maps);
    str_fini(&value);
    arena_free(arena);
}
