/* SPDX-License-Identifier: ISC */
#include "config/main_cf.h"

#include <stdio.h>
#include <string.h>

#include "config/compat.h"
#include "config/params.h"
#include "test.h"

static const char *write_main(const char *text)
{
    FILE *file = fopen(test_path("main.cf"), "w");

    fputs(text, file);
    fclose(file);
    return test_dir();
}

static struct config *load(const char *text)
{
    struct error why = ERROR_NONE;
    struct config *config = config_load(write_main(text), &why);

    CHECK_STR(why.text, "");
    return config;
}

/* What is behind the path in a message. */
static const char *behind_path(const char *text)
{
    const char *at = strstr(text, "main.cf");
    return at != NULL ? at + strlen("main.cf") : text;
}

TEST(main_cf_reads_logical_lines)
{
    struct config *config = load("# comment\n"
                                 "foo = bar\n"
                                 "  # inside\n"
                                 "\n"
                                 "   baz  \n"
                                 "empty =\n"
                                 "foo2=a=b\n"
                                 "last = x");

    CHECK_STR(config_get_raw(config, "foo"), "bar   baz");
    CHECK_STR(config_get_raw(config, "empty"), "");
    CHECK_STR(config_get_raw(config, "foo2"), "a=b");
    CHECK_STR(config_get_raw(config, "last"), "x");
    CHECK_STR(config_get_raw(config, "nosuch"), NULL);
    CHECK_STR(config_get(config, "nosuch"), NULL);
    CHECK_STR(behind_path(config_where(config, "foo2")), ", line 7");
    config_free(config);
}

TEST(main_cf_names_file_and_line_of_an_error)
{
    static const struct { const char *text, *want; } cases[] = {
        { "noequals\n", ", line 1: missing '=' after attribute name: "
                        "\"noequals\"" },
        { "\n= x\n", ", line 2: missing attribute name: \"= x\"" },
        { "a b = x\n", ", line 1: missing '=' after attribute name: "
                       "\"a b = x\"" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error why = ERROR_NONE;
        struct config *config = config_load(write_main(cases[i].text), &why);
        CHECK(config == NULL);
        CHECK_STR(behind_path(why.text), cases[i].want);
    }
}

TEST(main_cf_expands_values)
{
    static const struct { const char *text, *want; } cases[] = {
        { "$foo", "bar" },
        { "${foo}$(foo)", "barbar" },
        { "$$foo", "$foo" },
        { "${foo?{yes}:{no}}", "yes" },
        { "${empty?{yes}:{no}}", "no" },
        { "${nosuch:none}", "none" },
        { "$nosuch", "" },
        /* The text decides, not what it comes to. */
        { "${refers?{yes}:{no}}", "yes" },
        { "${{$foo} == {bar} ? {same} : {other}}", "same" },
        { "${{10} > {9} ? {more} : {less}}", "more" },
        { "${{3.9} <level {3.10} ? {below} : {not}}", "below" },
        { "${domain_to_ascii{ Example.com }}", "Example.com" },
    };
    struct config *config = load("foo = bar\nempty =\nrefers = $empty\n");

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(config_expand(config, cases[i].text, NULL), cases[i].want);
    config_free(config);
}

TEST(main_cf_refuses_to_expand_for_ever)
{
    struct error why = ERROR_NONE;
    struct config *config = load("a = $b\nb = $a\nmydomain = $myhostname\n");

    CHECK(config_try(config, "a", &why) == NULL);
    CHECK(why.text[0] != '\0');
    CHECK_EXIT(config_get(config, "mydomain"), 1);
    config_override(config, "a", "${domain_to_ascii{$a}}");
    CHECK(config_try(config, "a", &why) == NULL);
    /* Each of these must not be tried in each of the others. */
    config_override(config, "a", "${domain_to_ascii{$a $a $a $a}}");
    CHECK(config_try(config, "a", &why) == NULL);
    config_free(config);
}

static const char *only_x(const char *name, void *context)
{
    return strcmp(name, "x") == 0 ? context : NULL;
}

TEST(main_cf_asks_a_scope_first)
{
    struct config *config = load("x = file\ny = $x\n");

    CHECK_STR(config_expand_in(config, "$y ${domain_to_ascii{$x}}", only_x,
                               "scope", NULL),
              "scope scope");
    CHECK_STR(config_expand(config, "$y", NULL), "file");
    config_free(config);
}

TEST(main_cf_prefers_overrides)
{
    struct config *config = load("foo = file\nbar = $foo\n");

    CHECK_STR(config_get(config, "bar"), "file");
    config_override(config, "foo", "option");
    CHECK_STR(config_get(config, "bar"), "option");
    CHECK_STR(config_where(config, "foo"), "option -o");
    CHECK(config_is_overridden(config, "foo"));
    CHECK(!config_is_overridden(config, "bar"));
    config_override_at(config, "foo", "other", "/etc/master.cf", 3);
    CHECK_STR(config_get(config, "bar"), "other");
    CHECK_STR(config_where(config, "foo"), "/etc/master.cf, line 3");
    config_free(config);
}

TEST(main_cf_finds_where_a_text_comes_from)
{
    struct config *config = load("a = $b\nb = x, hash:/c\nd = has${b}:/c\n");

    CHECK_STR(config_find_text(config, "hash:/c"), "b");
    CHECK_STR(config_find_text(config, "hasx"), "d");
    CHECK(config_find_text(config, "nowhere") == NULL);
    config_free(config);
}

/* "$" in a value is an error of that value, not of those that use it. */
TEST(main_cf_names_the_parameter_at_fault)
{
    struct config *config = load("a = $b\nb = ${c}\nc = x\nd = $/ y\n"
                                 "e = $d\n");
    struct error why = ERROR_NONE;

    CHECK_STR(config_try(config, "a", &why), "x");
    CHECK(config_try(config, "e", &why) == NULL);
    CHECK_STR(behind_path(why.text),
              ", line 4: parameter d: empty macro name: \"$/ y\"");
    config_free(config);
}

TEST(a_list_of_words)
{
    static const struct test_question cases[] = {
        { "smtp_host_lookup = dns", true },
        { "smtp_host_lookup = Native, dns", true },
        { "smtp_host_lookup =", false },
        { "smtp_host_lookup = dns, nis", false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config *config = load(cases[i].text);
        struct error why = ERROR_NONE;
        CHECK_INT(param_group_load(config, &smtp_param_group, &why),
                  cases[i].want);
        config_free(config);
    }
}

TEST(main_cf_has_process_names_of_its_own)
{
    struct config *config = load("service_name = evil\n"
                                 "process_name = evil\n"
                                 "config_directory = /elsewhere\n");

    CHECK_STR(config_get(config, "service_name"), "");
    config_set_process(config, "smtpd", "submission");
    CHECK_STR(config_get(config, "service_name"), "submission");
    CHECK_STR(config_get(config, "process_name"), "smtpd");
    CHECK_STR(config_get(config, "config_directory"), test_dir());
    config_free(config);
}

TEST(param_groups_load_their_defaults)
{
    struct error why = ERROR_NONE;
    /* The one text that must not be empty, and is. */
    struct config *config = load("virtual_mailbox_base = /home\n");

    for (size_t i = 0; param_groups[i] != NULL; i++)
        if (!CHECK(param_group_load(config, param_groups[i], &why)))
            CHECK_STR(why.text, param_groups[i]->name);
    CHECK_INT(smtpd_params.smtpd_timeout, 300);
    CHECK_INT(smtpd_params.smtpd_hard_error_limit, 20);
    CHECK_INT(queue_params.maximal_queue_lifetime, 5 * 24 * 3600);
    CHECK_INT(common_params.smtputf8_enable, false);
    CHECK_STR(notify_params.double_bounce_notice_recipient, "postmaster");
    config_free(config);
}

TEST(param_group_reads_values)
{
    struct error why = ERROR_NONE;
    struct config *config = load("stress = yes\n"
                                 "smtpd_helo_required = YES\n"
                                 "smtpd_soft_error_limit = 7\n"
                                 "maximal_queue_lifetime = 3\n"
                                 "queue_run_delay = 2m\n"
                                 "default_rbl_reply = $rbl_code no\n");

    CHECK(param_group_load(config, &smtpd_param_group, &why));
    CHECK(param_group_load(config, &queue_param_group, &why));
    CHECK_INT(smtpd_params.smtpd_timeout, 10);
    CHECK_INT(smtpd_params.smtpd_helo_required, true);
    CHECK_INT(smtpd_params.smtpd_soft_error_limit, 7);
    CHECK_INT(queue_params.maximal_queue_lifetime, 3 * 24 * 3600);
    CHECK_INT(queue_params.queue_run_delay, 120);
    CHECK_STR(smtpd_params.default_rbl_reply, "$rbl_code no");
    config_free(config);
}

TEST(myorigin_may_be_a_file)
{
    static const struct { const char *content, *want; } cases[] = {
        { "example.org\n", "example.org" },
        { " example.org \nexample.net\n", "example.org" },
        { "example.org", "example.org" },
        { "", "" },
    };
    char text[1024];
    struct error why = ERROR_NONE;

    for (size_t i = 0; i < COUNT(cases); i++) {
        FILE *file = fopen(test_path("mailname"), "w");
        fputs(cases[i].content, file);
        fclose(file);
        snprintf(text, sizeof text, "myorigin = %s\n", test_path("mailname"));
        struct config *config = load(text);
        bool ok = param_group_load(config, &common_param_group, &why);
        CHECK_INT(ok, *cases[i].want != '\0');
        if (ok)
            CHECK_STR(common_params.myorigin, cases[i].want);
        config_free(config);
    }
    struct config *config = load("myorigin = /nonexistent/mailname\n");
    CHECK(!param_group_load(config, &common_param_group, &why));
    CHECK(strstr(why.text, "main.cf, line 1: myorigin: ") != NULL);
    config_free(config);
}

TEST(raw_parameters_are_not_expanded)
{
    struct config *config = load("smtpd_reject_footer = call $localhost\n");

    CHECK_STR(config_get(config, "postscreen_reject_footer"),
              "call $localhost");
    CHECK_STR(config_get(config, "luser_relay"), "");
    config_override(config, "postscreen_reject_footer", "$postscreen_x");
    CHECK_STR(config_get(config, "postscreen_reject_footer"),
              "$postscreen_x");
    config_free(config);
}

TEST(param_group_refuses_bad_values)
{
    static const struct { const char *text, *want; } cases[] = {
        { "smtpd_soft_error_limit = 5x\n",
          ", line 1: bad numerical configuration; specify a whole number: "
          "smtpd_soft_error_limit = 5x" },
        { "smtpd_soft_error_limit = 0\n",
          ", line 1: invalid smtpd_soft_error_limit parameter value 0 < 1; "
          "specify at least 1" },
        { "smtpd_helo_required = maybe\n",
          ", line 1: bad boolean configuration; specify yes or no: "
          "smtpd_helo_required = maybe" },
        { "smtpd_timeout = 3y\n",
          ", line 1: bad time value or unit; specify a number followed by s, "
          "m, h, d or w: smtpd_timeout = 3y" },
        { "smtpd_banner =\n",
          ", line 1: bad string length 0 < 1: smtpd_banner = " },
        { "reject_tempfail_action = drop\n",
          ", line 1: bad value: reject_tempfail_action = drop; specify one "
          "of: defer defer_if_permit" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error why = ERROR_NONE;
        struct config *config = load(cases[i].text);
        CHECK(!param_group_load(config, &smtpd_param_group, &why));
        CHECK_STR(behind_path(why.text), cases[i].want);
        config_free(config);
    }
}

TEST(param_group_reads_lmtp_twins)
{
    struct error why = ERROR_NONE;
    struct config *config = load("lmtp_lhlo_name = twin\n"
                                 "smtp_helo_name = smtp\n"
                                 "lmtp_mail_timeout = 7\n");

    CHECK(param_group_load_lmtp(config, &smtp_param_group, &why));
    CHECK_STR(smtp_params.smtp_helo_name, "twin");
    CHECK_STR(smtp_params.smtp_tcp_port, "24");
    CHECK_INT(smtp_params.smtp_mail_timeout, 7);
    CHECK_INT(smtp_params.smtp_skip_quit_response, false);
    CHECK(param_group_load(config, &smtp_param_group, &why));
    CHECK_STR(smtp_params.smtp_helo_name, "smtp");
    CHECK_STR(smtp_params.smtp_tcp_port, "smtp");
    CHECK_INT(smtp_params.smtp_skip_quit_response, true);
    config_free(config);
}

TEST(param_family_has_three_sources)
{
    struct error why = ERROR_NONE;
    struct config *config =
        load("relay_recipient_limit = 5\nbad_recipient_limit = x\n"
             "slow_destination_rate_delay = 2m\n");
    long number;
    int seconds;

    CHECK(param_family_int(config, "relay", "_recipient_limit", 9, 0,
                           PARAM_NO_LIMIT, &number, &why));
    CHECK_INT(number, 5);
    CHECK(param_family_int(config, "other", "_recipient_limit", 9, 0,
                           PARAM_NO_LIMIT, &number, &why));
    CHECK_INT(number, 9);
    CHECK(param_family_int(config, "local",
                           "_destination_concurrency_limit", 20, 0,
                           PARAM_NO_LIMIT, &number, &why));
    CHECK_INT(number, 2);
    CHECK(!param_family_int(config, "bad", "_recipient_limit", 9, 0,
                            PARAM_NO_LIMIT, &number, &why));
    CHECK(param_family_time(config, "slow", "_destination_rate_delay", 0, 0,
                            PARAM_NO_LIMIT, &seconds, &why));
    CHECK_INT(seconds, 120);
    config_free(config);
}

TEST(compat_level_compares_by_parts)
{
    long a, b;

    CHECK(compat_level_parse("3.9", &a, NULL));
    CHECK(compat_level_parse("3.10", &b, NULL));
    CHECK(a < b);
    CHECK(compat_level_parse("3", &a, NULL));
    CHECK(compat_level_parse("3.0.0", &b, NULL));
    CHECK(a == b);
    CHECK(!compat_level_parse("", &a, NULL));
    CHECK(!compat_level_parse("x", &a, NULL));
    CHECK(!compat_level_parse("3.", &a, NULL));
    CHECK(!compat_level_parse("3.6.1.2", &a, NULL));
    CHECK(!compat_level_parse("99999", &a, NULL));
}

TEST(compat_knows_old_defaults)
{
    struct config *config = load("compatibility_level = 3.10\n"
                                 "append_dot_mydomain = yes\n");

    CHECK(compat_is_below(config, "3.11"));
    CHECK(!compat_is_below(config, "3.6"));
    CHECK(compat_uses_old_default(config, "smtp_tls_security_level", "3.11"));
    CHECK(!compat_uses_old_default(config, "append_dot_mydomain", "3.11"));
    config_free(config);
}

TEST(param_fate_names_the_successor)
{
    const char *instead = NULL;

    CHECK_INT(param_fate("smtp_use_tls", &instead), PARAM_DEPRECATED);
    CHECK_STR(instead, "smtp_tls_security_level");
    CHECK_INT(param_fate("virtual_maps", &instead), PARAM_ALIAS);
    CHECK_STR(instead, "virtual_alias_maps");
    CHECK_INT(param_fate("enable_errors_to", NULL), PARAM_REMOVED);
    CHECK_INT(param_fate("myhostname", NULL), PARAM_CURRENT);
}

TEST(computed_defaults_follow_what_is_set)
{
    struct config *config = load("myhostname = mail.example.com\n"
                                 "inet_interfaces = 127.0.0.1\n"
                                 "mynetworks_style = host\n");

    CHECK_STR(config_get(config, "mydomain"), "example.com");
    CHECK_STR(config_get(config, "mynetworks"), "127.0.0.1/32");
    config_override(config, "mynetworks_style", "class");
    CHECK_STR(config_get(config, "mynetworks"), "127.0.0.0/8");
    config_free(config);
}
