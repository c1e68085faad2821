/* SPDX-License-Identifier: ISC
 *
 * grammar.c - tests of command lines, parameters, replies and the transcript.
 */
#include "smtp/grammar.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "mail/dsn_notify.h"
#include "smtp/chat.h"
#include "smtp/extensions.h"
#include "smtp/params.h"
#include "smtp/reply.h"
#include "test.h"

static const char *words(struct arena *arena, const char *text)
{
    struct smtp_line line;
    smtp_line_parse(arena, text, &line);
    const char *all = line.verb;

    for (size_t i = 0; i < line.count; i++)
        all = arena_printf(arena, "%s|%s", all, line.args[i]);
    return arena_printf(arena, "%s%s%s", all, line.unbalanced ? " unbalanced" : "",
                        line.too_many ? " too many" : "");
}

TEST(command_lines_are_cut)
{
    static const struct {
        const char *line, *want;
    } cases[] = {
        { "", "" },
        { "  quit ", "QUIT" },
        { "mail FROM:<a@b>", "MAIL|FROM:|<a@b>" },
        { "MAIL FROM: a@b SIZE=3", "MAIL|FROM:|a@b|SIZE=3" },
        { "RCPT TO:<\"a b\"@c>  X=<y", "RCPT|TO:|<\"a b\"@c>|X=<y" },
        { "RCPT TO:<@a,@b:c@d> ORCPT=rfc822;\"x", "RCPT|TO:|<@a,@b:c@d>|ORCPT=rfc822;\"x" },
        { "RCPT TO:\"a b\"@c", "RCPT|TO:|\"a b\"@c" },
        { "RCPT TO:<a b", "RCPT|TO:|<a b unbalanced" },
        { "RCPT TO:<\"a> b", "RCPT|TO:|<\"a> b unbalanced" },
        { "RCPT TO:<a\\>b>", "RCPT|TO:|<a\\>b>" },
        { "RCPT TO:a\\ b@c X=\\ y", "RCPT|TO:|a\\ b@c|X=\\|y" },
        { "RCPT TO:a\\", "RCPT|TO:|a\\" },
        { "XCLIENT ADDR=IPV6:::1", "XCLIENT|ADDR=IPV6:::1" },
        { "ETRN [IPv6:::1]", "ETRN|[IPv6:::1]" },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(words(arena, cases[i].line), cases[i].want);
    arena_free(arena);
}

static const char *mail_reply(struct arena *arena, const char *text,
                              struct smtp_mail_params *out)
{
    struct smtp_line line;
    const char *reply = "ok";

    smtp_line_parse(arena, text, &line);
    smtp_mail_params_parse(arena, line.args, EXT_DSN | EXT_SMTPUTF8, out,
                           &reply);
    return reply;
}

TEST(mail_parameters_are_typed)
{
    static const struct {
        const char *line, *want;
    } cases[] = {
        { "x size=12 BODY=8bitmime SMTPUTF8 RET=FULL ENVID=a+20+2Bb", "ok" },
        { "x SIZE=-1", "501 5.5.4 Bad message size syntax" },
        { "x SIZE=99999999999999999999",
          "552 5.3.4 Message size exceeds file system imposed limit" },
        { "x BODY=FOO", "555 5.5.4 Unsupported option: BODY=FOO" },
        { "x RET=HDRS RET=FULL", "501 5.5.4 Bad RET parameter syntax" },
        { "x ENVID=a+00", "501 5.5.4 Bad ENVID parameter syntax" },
        { "x ENVID=a+0Ab", "501 5.5.4 Bad ENVID parameter syntax" },
        { "x ENVID=a+09b", "501 5.5.4 Bad ENVID parameter syntax" },
        { "x ENVID=a+E4b", "501 5.5.4 Bad ENVID parameter syntax" },
        { "x REQUIRETLS", "555 5.5.4 Unsupported option: REQUIRETLS" },
        { "x SMTPUTF8=1", "555 5.5.4 Unsupported option: SMTPUTF8=1" },
    };
    struct arena *arena = arena_new();
    struct smtp_mail_params params;

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(mail_reply(arena, cases[i].line, &params), cases[i].want);
    mail_reply(arena, cases[0].line, &params);
    CHECK_INT(params.size, 12);
    CHECK(params.body_8bit && params.smtputf8 && !params.has_auth);
    CHECK_INT(params.ret, DSN_RET_FULL);
    CHECK_STR(params.envid, "a +b");
    arena_free(arena);
}

TEST(rcpt_parameters_are_typed)
{
    static const struct {
        const char *args[2];
        const char *want;
    } cases[] = {
        { { "ORCPT=rfc822;a+2Bb@c" }, "rfc822;a+b@c" },
        { { "ORCPT=rfc822;a+00" }, "501 5.5.4 Error: Bad ORCPT parameter syntax" },
        { { "ORCPT=foo" }, "501 5.5.4 Error: Bad ORCPT parameter syntax" },
        { { "NOTIFY=FOO" }, "501 5.5.4 Error: Bad NOTIFY parameter syntax" },
        { { "SIZE=1" }, "555 5.5.4 Unsupported option: SIZE=1" },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smtp_rcpt_params params;
        const char *reply = "";
        bool good = smtp_rcpt_params_parse(arena, (char **)cases[i].args,
                                           EXT_DSN, &params, &reply);
        CHECK_STR(good ? params.orcpt : reply, cases[i].want);
    }
    arena_free(arena);
}

TEST(replies_are_read)
{
    static const struct {
        const char *input, *want;
    } cases[] = {
        { "250 2.1.0 Ok\r\n", "250 2.1.0 Ok" },
        { "250-a\r\n250 b\r\n", "250 2.0.0 a" },
        { "550 5.1.1 no\r\n", "550 5.1.1 no" },
        { "450 5.1.1 no\r\n", "450 4.0.0 5.1.1 no" },
        { "354\r\n", "354 3.0.0 " },
        { "hello\r\n", "0  hello" },
        { "250-a\r\n", "lost" },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stream *in =
            stream_open_memory(cases[i].input, strlen(cases[i].input));
        struct smtp_reply reply;
        const char *got = "lost";
        if (smtp_reply_read(in, arena, 100, NULL, NULL, &reply))
            got = arena_printf(arena, "%d %s %s", reply.code, reply.dsn,
                               reply.first);
        CHECK_STR(got, cases[i].want);
        stream_close(in);
    }
    arena_free(arena);
}

/* A server that says more than anybody keeps, in 1000 lines of 2 KB. */
TEST(of_a_long_reply_the_beginning_is_kept)
{
    struct arena *arena = arena_new();
    struct str input = STR_EMPTY;
    struct smtp_reply reply;

    for (int i = 0; i < 999; i++)
        str_addf(&input, "450-4.2.0 %02000d\r\n", i);
    str_add(&input, "450 4.2.1 later\r\n");
    struct stream *in = stream_open_memory(input.data, input.length);
    CHECK(smtp_reply_read(in, arena, 2048, NULL, NULL, &reply));
    CHECK_INT(reply.code, 450);
    CHECK_STR(reply.dsn, "4.2.1");
    CHECK(strlen(reply.text) > 10000 && strlen(reply.text) < 20000);
    stream_close(in);
    str_fini(&input);
    arena_free(arena);
}

TEST(extensions_have_bits)
{
    CHECK_INT(smtp_extension_find("8bitmime"), EXT_8BITMIME);
    CHECK_INT(smtp_extension_find("nothing"), 0);
    CHECK_INT(smtp_extensions_parse("x", "silent-discard, dsn"),
              EXT_SILENT | EXT_DSN);
    CHECK_STR(smtp_extension_keyword(EXT_VERP), "XVERP");
}

static void count_line(const char *line, void *context)
{
    struct str *all = context;
    if (all->length < 20)
        str_add(all, line);
}

TEST(the_transcript_keeps_the_last)
{
    struct chat *chat = chat_new();
    struct str all = STR_EMPTY;

    for (int i = 0; i < 1002; i++) {
        char text[20];
        snprintf(text, sizeof text, "%d\n", i);
        chat_note(chat, "In: ", text);
    }
    chat_each(chat, count_line, &all);
    CHECK(strncmp(all.data, "In:  2?In:  3?", 14) == 0);
    str_fini(&all);
    chat_free(chat);
}
