/* SPDX-License-Identifier: ISC */
#include "config/master_cf.h"

#include <string.h>

#include "test.h"

static struct master_cf *parse(const char *text, struct error *why)
{
    return master_cf_parse("master.cf", text, strlen(text), why);
}

TEST(master_cf_reads_a_service)
{
    struct error why = ERROR_NONE;
    struct master_cf *cf =
        parse("# comment\n"
              "submission inet n - y 1000? 5 smtpd -v\n"
              "  -o { a = b c } -ox=y\n"
              "  # inside\n"
              "  -o z=\n"
              "  {one word} last\n"
              "tlsmgr unix-dgram - n - - - tlsmgr\n",
              &why);

    CHECK_STR(why.text, "");
    CHECK_INT(cf->count, 2);
    const struct master_entry *e = &cf->entries[0];
    CHECK_STR(e->name, "submission");
    CHECK_INT(e->type, MASTER_INET);
    CHECK_INT(e->is_private, false);
    CHECK_INT(e->is_unprivileged, true);
    CHECK_INT(e->chroot, MASTER_YES);
    CHECK_INT(e->wakeup_s, 1000);
    CHECK_INT(e->wakeup_only_if_used, true);
    CHECK_INT(e->maxproc, 5);
    CHECK_STR(e->command, "smtpd");
    static const char *const argv[] = { "smtpd", "-v",  "-o", "a=b c",
                                        "-o",    "x=y", "-o", "z=",
                                        "one word", "last" };
    CHECK_INT(e->argc, COUNT(argv));
    for (size_t i = 0; i < COUNT(argv) && i < e->argc; i++)
        CHECK_STR(e->argv[i], argv[i]);
    CHECK(e->argv[e->argc] == NULL);
    CHECK_INT(e->line, 2);
    CHECK_INT(e->last_line, 6);

    e = &cf->entries[1];
    CHECK_INT(e->type, MASTER_UNIX_DGRAM);
    CHECK_INT(e->is_private, true);
    CHECK_INT(e->is_unprivileged, false);
    CHECK_INT(e->chroot, MASTER_DEFAULT);
    CHECK_INT(e->wakeup_s, 0);
    CHECK_INT(e->maxproc, -1);
    CHECK(master_cf_find(cf, "tlsmgr", MASTER_UNIX_DGRAM) == e);
    CHECK(master_cf_find(cf, "tlsmgr", MASTER_UNIX) == NULL);
    master_cf_free(cf);
}

TEST(master_cf_walks_settings_up_to_the_first_argument)
{
    struct master_cf *cf =
        parse("a unix - - - - - pipe -o x=1 -v -o y=2 user=u -o z=3\n", NULL);
    size_t position = 0;

    CHECK_STR(master_entry_next_setting(&cf->entries[0], &position), "x=1");
    CHECK_STR(master_entry_next_setting(&cf->entries[0], &position), "y=2");
    CHECK_STR(master_entry_next_setting(&cf->entries[0], &position), NULL);
    master_cf_free(cf);
}

TEST(master_cf_says_what_is_wrong)
{
    static const struct { const char *text, *want; } cases[] = {
        { "smtp inet n - n -\n",
          "master.cf, line 1: bad field count: 6; a service has at least 8: "
          "name, type, private, unprivileged, chroot, wakeup, process limit, "
          "command" },
        { "\nsmtp foo n - n - - smtpd\n",
          "master.cf, line 2: invalid type field \"foo\" of service smtp; "
          "specify inet, unix, fifo, pass or unix-dgram" },
        { "smtp inet q - n - - smtpd\n",
          "master.cf, line 1: invalid private field \"q\" of service smtp; "
          "specify y, n or -" },
        { "smtp inet n - n 5m - smtpd\n",
          "master.cf, line 1: invalid wakeup field \"5m\" of service smtp; "
          "specify a number of seconds, which may end with ?, or -" },
        { "smtp inet n - n - 0? smtpd\n",
          "master.cf, line 1: invalid process_limit field \"0?\" of service "
          "smtp; specify a number, 0 for no limit, or -" },
        { "smtp inet n - n - - smtpd\n  -o x\n",
          "master.cf, lines 1-2: \"-o x\" is no setting; specify -o "
          "name=value" },
        { "smtp inet n - n - - smtpd -o\n",
          "master.cf, line 1: -o at the end of the line; specify -o "
          "name=value" },
        { "smtp inet n - n - - smtpd {a b\n",
          "master.cf, line 1: missing '}' in \"{a b\"; put the whole "
          "argument in braces" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error why = ERROR_NONE;
        CHECK(parse(cases[i].text, &why) == NULL);
        CHECK_STR(why.text, cases[i].want);
    }
}

TEST(master_cf_check_finds_what_cannot_run)
{
    struct error why = ERROR_NONE;
    struct master_cf *cf = parse("smtp inet y - n - - smtpd\n", &why);

    CHECK(!master_cf_check(cf, &why));
    CHECK_STR(why.text, "master.cf, line 1: inet service smtp cannot be "
                        "private; specify n in the third column");
    master_cf_free(cf);
    cf = parse("a unix - - n - - x\nb unix - - n - - x\na unix - - n - - y\n",
               &why);
    CHECK(master_cf_check(cf, &why));
    CHECK_INT(cf->count, 2);
    CHECK_STR(master_cf_find(cf, "a", MASTER_UNIX)->command, "y");
    CHECK_STR(master_cf_find(cf, "b", MASTER_UNIX)->command, "x");
    master_cf_free(cf);
}
