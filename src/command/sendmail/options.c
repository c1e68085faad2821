/* SPDX-License-Identifier: ISC
 *
 * options.c - the command line of sendmail, with all its history.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "config/params.h"
#include "mail/dsn_notify.h"
#include "mail/message.h"
#include "mail/verp.h"
#include "sendmail.h"

static _Noreturn void usage(void)
{
    fprintf(stderr, "sendmail: invalid option -- '%c'\n", optopt);
    fatal_status(EX_TEMPFAIL, "usage: sendmail [options]");
}

/* ---- modes ---- */

static void mode_by_name(struct request *r, const char *argv0)
{
    static const struct {
        const char *name;
        enum sendmail_mode mode;
    } names[] = {
        { "mailq", MODE_QUEUE },
        { "newaliases", MODE_ALIASES },
        { "smtpd", MODE_DAEMON },
    };
    const char *slash = strrchr(argv0, '/');
    const char *name = slash != NULL ? slash + 1 : argv0;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            r->mode = names[i].mode;
}

static void mode_by_letter(struct request *r, const char *letter)
{
    switch (*letter) {
    case 'd':
    case 'l': r->mode = MODE_DAEMON; return;
    case 'h':
    case 'H': return;
    case 'i': r->mode = MODE_ALIASES; return;
    case 'm': r->mode = MODE_POST; return;
    case 'p': r->mode = MODE_QUEUE; return;
    case 's': r->mode = MODE_SMTP; return;
    case 'v': r->mode = MODE_VERIFY; return;
    default: fatal_status(EX_TEMPFAIL, "unsupported: -b%c", *letter);
    }
}

static void take_queue_option(struct request *r, const char *text)
{
    if (text == NULL || *text == '\0') {
        if (r->mode == MODE_POST || r->mode == MODE_QUEUE)
            r->mode = MODE_FLUSH;
        return;
    }
    if (isdigit((unsigned char)*text)) {
        if (r->mode == MODE_POST)
            r->mode = MODE_NOTHING;
        return;
    }
    switch (*text) {
    case 'I': r->flush_id = text + 1; break;
    case 'R': r->flush_site = text + 1; break;
    default:
        fatal_status(EX_TEMPFAIL, "-q%c is not implemented", *text);
    }
    if (text[1] == '\0')
        fatal_status(EX_TEMPFAIL, "-q%c needs a value", *text);
    r->mode = MODE_FLUSH;
}

/* ---- values ---- */

/* A directory, or the main.cf in it. */
static void take_config(struct request *r, const char *text)
{
    static const char file[] = "/main.cf";
    size_t length = strlen(text), tail = sizeof file - 1;

    if (length > tail && strcmp(text + length - tail, file) == 0)
        r->config_directory = mem_strndup(text, length - tail);
    else
        r->config_directory = text;
}

static void take_body_type(struct request *r, const char *text)
{
    if (text_equal_nocase(text, "8BITMIME"))
        r->encoding = "8bit";
    else if (text_equal_nocase(text, "7BIT"))
        r->encoding = "7bit";
    else
        fatal_status(EX_TEMPFAIL, "-B option needs 8BITMIME or 7BIT");
}

static void take_notify(struct request *r, const char *text)
{
    r->dsn_notify = dsn_notify_parse(text);
    if (r->dsn_notify == 0)
        log_warning("bad -N option value: '%s' -- ignored", text);
}

static void take_return(struct request *r, const char *text)
{
    r->dsn_return = dsn_return_parse(text);
    if (r->dsn_return == DSN_RET_NONE)
        log_warning("bad -R option value -- ignored");
}

/* Two characters are what -V meant before there was an envelope ID. */
static void take_envelope_id(struct request *r, const char *text)
{
    const char *at = text;

    if (strlen(text) == 2) {
        log_warning("option -V is deprecated with VERP delimiters; use -XV");
        r->verp = text;
        return;
    }
    while ((*at >= ' ' && *at < 127) || *at == '\t')
        at++;
    if (*text == '\0' || *at != '\0')
        log_warning("bad syntax in -V option value -- ignored");
    else
        r->envelope_id = text;
}

static void take_option_pair(struct request *r, const char *text)
{
    static const struct {
        const char *name;
        int bit;
    } known[] = {
        { "requiretls", MSGOPT_REQUIRETLS },
        { "smtputf8", MSGOPT_SMTPUTF8 },
    };
    const char *equals = strchr(text, '=');

    for (size_t i = 0; equals && i < sizeof known / sizeof *known; i++) {
        size_t length = strlen(known[i].name);
        if (length != (size_t)(equals - text) ||
            !text_equal_nocase_n(text, known[i].name, length))
            continue;
        if (text_equal_nocase(equals + 1, "yes"))
            r->sender_options |= known[i].bit;
        else if (text_equal_nocase(equals + 1, "no"))
            r->sender_options &= ~known[i].bit;
        else
            log_warning("bad -O option: '%s' -- ignored", text);
    }
}

static void take_small_option(struct request *r, const char *text)
{
    switch (*text) {
    case 'i': r->ignore_dots = true; return;
    case 'A':
        if (text[1] == '\0')
            fatal_status(EX_TEMPFAIL, "-oA requires pathname");
        r->alias_file = text + 1;
        return;
    default: return; /* others are Sendmail's own business */
    }
}

static void take(struct request *r, int option)
{
    switch (option) {
    case 'B': take_body_type(r, optarg); return;
    case 'C': take_config(r, optarg); return;
    case 'F': r->fullname = optarg; return;
    case 'G': r->is_gateway = true; return;
    case 'I': r->mode = MODE_ALIASES; return;
    case 'N': take_notify(r, optarg); return;
    case 'O': take_option_pair(r, optarg); return;
    case 'R': take_return(r, optarg); return;
    case 'V': take_envelope_id(r, optarg); return;
    case 'X':
        if (*optarg == 'V')
            r->verp = optarg + 1;
        return;
    case 'b': mode_by_letter(r, optarg); return;
    case 'f':
    case 'r': r->sender = optarg; return;
    case 'i': r->ignore_dots = true; return;
    case 'n': fatal_status(EX_TEMPFAIL, "-n option not supported");
    case 'o': take_small_option(r, optarg); return;
    case 'q': take_queue_option(r, optarg); return;
    case 't': r->from_headers = true; return;
    case 'v': r->verbose++; return;
    case '?': usage();
    default: return; /* -A -L -U -c -e -h -m -p -x: ignored */
    }
}

void options_read(struct request *r, int argc, char **argv)
{
    int option;

    mode_by_name(r, argv[0]);
    opterr = 0;
    while ((option = getopt(argc, argv, "+A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imn"
                                        "o:p:r:q::tvx")) >= 0)
        take(r, option);
    r->recipients = argv + optind;
    if (r->verbose > 1)
        log_set_verbose(r->verbose - 1);
}

void options_check(struct request *r)
{
    if (r->verp != NULL && *r->verp == '\0')
        r->verp = common_params.default_verp_delimiters;
    if (r->verp != NULL &&
        verp_check(r->verp, common_params.verp_delimiter_filter) != NULL)
        fatal_status(EX_TEMPFAIL, "-V requires two characters from %s",
                     common_params.verp_delimiter_filter);
    if ((r->sender_options & MSGOPT_REQUIRETLS) &&
        !message_params.requiretls_enable) {
        log_warning("requiretls_enable is off: -O requiretls is ignored");
        r->sender_options &= ~MSGOPT_REQUIRETLS;
    }
    if ((r->sender_options & MSGOPT_SMTPUTF8) &&
        !common_params.smtputf8_enable) {
        log_warning("smtputf8_enable is off: -O smtputf8 is ignored");
        r->sender_options &= ~MSGOPT_SMTPUTF8;
    }
}
