/* SPDX-License-Identifier: ISC
 *
 * The sender of probes; the forms are those of Postfix.
 */
#include "mail/probe_sender.h"

#include "test.h"

enum { TTL = 100000, NOW = 1795364777 };

TEST(probe_sender_has_the_period)
{
    static const struct { const char *sender; long now; const char *want; }
    cases[] = {
        { "double-bounce", NOW, "double-bounceLP4" },
        { "me@example.com", NOW, "meLP4@example.com" },
        { "@example.com", NOW, "LP4@example.com" },
        { "me@example.com", 0, "me@example.com" },
        { "me@example.com", 30L * TTL, "meZ@example.com" },
        { "me@example.com", 31L * TTL, "me10@example.com" },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(probe_sender_at(arena, cases[i].sender, TTL, cases[i].now),
                  cases[i].want);
    arena_free(arena);
}

TEST(probe_sender_is_known_for_three_periods)
{
    static const struct test_question cases[] = {
        { "me@example.com", false },      { "meLP2@example.com", false },
        { "meLP3@example.com", true },    { "meLP4@example.com", true },
        { "meLP5@example.com", true },    { "meLP6@example.com", false },
        { "MELP4@EXAMPLE.com", true },    { "me0LP4@example.com", true },
        { "melp4@example.com", false },   { "meLP4", false },
        { "meLP4@example.org", false },   { "youLP4@example.com", false },
        { "me+LP4@example.com", false },  { "meLP4x@example.com", false },
        { "me-1@example.com", false },    { "", false },
        { "meZZZZZZZZZZZZZZZZZZZZ@example.com", false },
        { "m@example.com", false },       { "@example.com", false },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_INT(probe_sender_is_current(cases[i].text, "me@example.com",
                                          TTL, NOW),
                  cases[i].want);
}
