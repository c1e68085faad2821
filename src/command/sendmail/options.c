/* SPDX-License-Identifier: ISC
 *
 * options.c - the command line of sendmail, with all its history.
 *
 * It is read twice: first for what must be known before the configuration can
 * be, and then for all the rest, whose mistakes go to the mail log.
 */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "config/params.h"
#include "mail/dsn_notify.h"
#include "mail/message.h"
#include "mail/verp.h"
#include "sendmail.h"
#include "service/setup.h"

/* '+': options end at the first recipient. */
#define OPTIONS "+A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:r:q::tvx"

enum { ENVELOPE_ID_MAX = 100 }; /* RFC 3461, section 4.4 */

/* Was the value in the same word as the option's letter? */
static bool is_attached(char **argv)
{
    return optarg != argv[optind - 1];
}

/* -V had no value, or two characters in the same word, before there were
 * envelope IDs. In a word of its own, two characters are another option or a
 * recipient. */
static bool is_old_verp(char **argv)
{
    if (strlen(optarg) != 2)
        return false;
    if (!is_attached(argv)) {
        optind--;
        optarg = NULL;
    }
    return true;
}

/* ---- modes ---- */

static void set_mode(struct request *r, enum sendmail_mode mode)
{
    bool was_flush = r->mode == MODE_FLUSH;
    bool was_daemon = r->mode == MODE_DAEMON;

    if ((was_flush && mode == MODE_DAEMON) ||
        (was_daemon && mode == MODE_FLUSH)) {
        log_warning("ignoring -q option in daemon mode");
        mode = MODE_DAEMON;
    }
    r->mode = mode;
}

static void set_mode_by_letter(struct request *r, int letter)
{
    static const struct {
        char letter;
        enum sendmail_mode mode;
    } modes[] = {
        { 'd', MODE_DAEMON },  { 'l', MODE_DAEMON },  { 'h', MODE_NOTHING },
        { 'H', MODE_NOTHING }, { 'i', MODE_ALIASES }, { 'm', MODE_POST },
        { 'p', MODE_QUEUE },   { 's', MODE_SMTP },    { 'v', MODE_POST },
    };

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (modes[i].letter == letter) {
            set_mode(r, modes[i].mode);
            r->is_probe = r->is_probe || letter == 'v';
            return;
        }
    fatal("unsupported: -b%c", letter);
}

static void take_queue_option(struct request *r, const char *text)
{
    if (text == NULL) {
        set_mode(r, MODE_FLUSH);
    } else if (isdigit((unsigned char)*text)) {
        r->is_periodic = true;
    } else if (*text == 'I') {
        if (text[1] == '\0')
            fatal("specify: -qIqueueid");
        r->flush_id = text + 1;
    } else if (*text == 'R') {
        if (text[1] == '\0')
            fatal("specify: -qRsitename");
        r->flush_site = text + 1;
    } else {
        fatal("-q%c is not implemented", *text);
    }
}

/* ---- values ---- */

static void take_body_type(struct request *r, const char *text)
{
    if (strcmp(text, "8BITMIME") == 0)
        r->encoding = "8bit";
    else if (strcmp(text, "7BIT") == 0)
        r->encoding = "7bit";
    else
        fatal("-B option needs 8BITMIME or 7BIT");
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

static void set_verp(struct request *r, const char *delimiters)
{
    const char *filter = common_params.verp_delimiter_filter;

    if (verp_check(delimiters, filter) != NULL)
        fatal("-V requires two characters from %s", filter);
    r->verp = delimiters;
}

static void take_old_verp(struct request *r, const char *text)
{
    const char *shown = text != NULL ? text : "";

    log_warning("option -V%s is deprecated with Postfix 2.3; specify -XV%s "
                "instead",
                shown, shown);
    set_verp(r, text != NULL ? text : common_params.default_verp_delimiters);
}

static void take_verp(struct request *r, const char *text, bool attached)
{
    if (*text != 'V')
        fatal("unsupported: -X%c", *text);
    if (attached && text[1] == '\0')
        set_verp(r, common_params.default_verp_delimiters);
    else
        set_verp(r, text + 1);
}

static void take_envelope_id(struct request *r, const char *text)
{
    const char *at = text;

    while ((*at >= ' ' && *at < 127) || *at == '\t')
        at++;
    if (*text == '\0' || *at != '\0')
        log_warning("bad syntax in -V option value -- ignored");
    else if (strlen(text) > ENVELOPE_ID_MAX)
        log_warning("too long -V option value -- ignored");
    else
        r->envelope_id = text;
}

static void set_sender_option(struct request *r, int bit, bool enabled,
                              const char *parameter, const char *text)
{
    const char *value = strchr(text, '=') + 1;

    if (!enabled)
        log_warning("-O option '%s' -- ignored, because of \"%s = no\"", text,
                    parameter);
    else if (text_equal_nocase(value, "yes"))
        r->sender_options |= bit;
    else if (text_equal_nocase(value, "no"))
        r->sender_options &= ~bit;
    else
        log_warning("bad -O option: '%s' -- ignored", text);
}

/* Sendmail has many more, for what main.cf is here. */
static void take_option_pair(struct request *r, const char *text)
{
    if (text_has_prefix_nocase(text, "requiretls="))
        set_sender_option(r, MSGOPT_REQUIRETLS,
                          message_params.requiretls_enable,
                          "requiretls_enable", text);
    else if (text_has_prefix_nocase(text, "smtputf8="))
        set_sender_option(r, MSGOPT_SMTPUTF8, common_params.smtputf8_enable,
                          "smtputf8_enable", text);
}

static void take_small_option(struct request *r, const char *text)
{
    if (*text == 'i')
        r->ignore_dots = true;
    if (*text != 'A')
        return; /* others are Sendmail's own business */
    if (text[1] == '\0')
        fatal("-oA requires pathname");
    r->alias_file = text + 1;
}

/* ---- all of them ---- */

static void take(struct request *r, int option, char **argv)
{
    switch (option) {
    case 'B': take_body_type(r, optarg); return;
    case 'F': r->fullname = optarg; return;
    case 'G': r->is_gateway = true; return;
    case 'I': set_mode(r, MODE_ALIASES); return;
    case 'N': take_notify(r, optarg); return;
    case 'O': take_option_pair(r, optarg); return;
    case 'R': take_return(r, optarg); return;
    case 'V':
        if (is_old_verp(argv))
            take_old_verp(r, optarg);
        else
            take_envelope_id(r, optarg);
        return;
    case 'X': take_verp(r, optarg, is_attached(argv)); return;
    case 'b': set_mode_by_letter(r, *optarg); return;
    case 'f':
    case 'r': r->sender = optarg; return;
    case 'i': r->ignore_dots = true; return;
    case 'n': fatal("-n option not supported");
    case 'o': take_small_option(r, optarg); return;
    case 'q': take_queue_option(r, optarg); return;
    case 't': r->from_headers = true; return;
    case 'v': r->verbose++; return;
    case '?': fatal("usage: %s [options]", r->program);
    default: return; /* -A -C -L -U -c -e -h -m -p -x */
    }
}

static void check_probe(const struct request *r)
{
    if (!r->is_probe)
        return;
    if (r->from_headers)
        fatal("-t option cannot be used with -bv");
    if (r->dsn_notify != 0)
        fatal("-N option cannot be used with -bv");
    if (r->dsn_return != 0)
        fatal("-R option cannot be used with -bv");
    if (r->verbose == 1)
        fatal("-v option cannot be used with -bv");
}

static void check(const struct request *r)
{
    check_probe(r);
    if (r->mode == MODE_POST)
        return;
    if (r->flush_site != NULL)
        fatal("-qR can be used only in delivery mode");
    if (r->flush_id != NULL)
        fatal("-qI can be used only in delivery mode");
    if (r->from_headers)
        fatal("-t can be used only in delivery mode");
}

void options_read(struct request *r, int argc, char **argv)
{
    int option;

    optind = 0; /* start again */
    opterr = 1;
    argv[0] = (char *)(size_t)r->program;
    while ((option = getopt(argc, argv, OPTIONS)) >= 0)
        take(r, option, argv);
    r->recipients = argv + optind;
    check(r);
    if (r->verbose > 1)
        log_set_verbose(r->verbose - 1);
}

/* ---- before the configuration ---- */

static void set_mode_by_name(struct request *r)
{
    static const struct {
        const char *name;
        enum sendmail_mode mode;
    } names[] = {
        { "mailq", MODE_QUEUE },
        { "newaliases", MODE_ALIASES },
        { "smtpd", MODE_DAEMON },
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, r->program) == 0)
            r->mode = names[i].mode;
}

/* A directory, or the main.cf in it. */
static const char *config_folder(const char *text)
{
    static const char file[] = "/main.cf";
    size_t length = strlen(text), tail = sizeof file - 1;

    if (length > tail && strcmp(text + length - tail, file) == 0)
        return mem_strndup(text, length - tail);
    return text;
}

void options_read_config(struct request *r, int argc, char **argv)
{
    static char nameless[] = "sendmail";
    const char *path = argc > 0 ? argv[0] : nameless;
    const char *slash = strrchr(path, '/');
    int option;

    r->program = slash != NULL ? slash + 1 : path;
    setup_early_log(r->program, true);
    if (argc < 1)
        fatal("no arguments");
    set_mode_by_name(r);
    opterr = 0;
    while ((option = getopt(argc, argv, OPTIONS)) >= 0)
        if (option == 'C')
            r->config_directory = config_folder(optarg);
        else if (option == 'V')
            is_old_verp(argv);
}
