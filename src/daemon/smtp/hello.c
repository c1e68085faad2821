/* SPDX-License-Identifier: ISC
 *
 * hello.c - greeting and EHLO, and what the server says that it can do.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "base/text.h"
#include "smtp.h"

enum { SMTP_PORT = 25 };

/* ---- PIX firewalls ------------------------------------------------------ */

/* A PIX with "fixup smtp" overwrites the greeting: 220 ****2*****0*** */
static bool is_pix_greeting(const char *text)
{
    size_t stars = strspn(text, "*02 ");

    return text[0] == '*' && text[1] == '*' && text[stars] == '\0';
}

static unsigned pix_workarounds(const struct session *s)
{
    struct str value = STR_EMPTY;
    unsigned bits = settings()->pix_workarounds;

    if (maps_get(settings()->pix_maps, s->server.address, false, &value) ==
        FOUND)
        bits = settings_pix_parse("smtp_pix_workaround_maps", value.data);
    str_fini(&value);
    return bits;
}

static void turn_pix_on(struct session *s)
{
    struct request *r = s->delivery->request;
    time_t waited = clock_wall().tv_sec - (time_t)r->wire->arrival_s;
    unsigned bits = pix_workarounds(s);

    if (bits == 0)
        return;
    if (waited < smtp_params.smtp_pix_workaround_threshold_time)
        bits &= ~(unsigned)PIX_DELAY_DOT;
    s->pix = bits;
    if (bits == 0)
        return;
    log_info("%s: enabling PIX workarounds: %s%s%s for %s", r->wire->queue_id,
             bits & PIX_NO_ESMTP ? "disable_esmtp" : "",
             (bits & PIX_NO_ESMTP) && (bits & PIX_DELAY_DOT) ? " " : "",
             bits & PIX_DELAY_DOT ? "delay_dotcrlf" : "", s->relay);
}

/* ---- Greeting ----------------------------------------------------------- */

/* On another port it is another program of this system. */
static bool is_mirror(const struct session *s, const char *text)
{
    size_t length = strcspn(text, " \t");

    return !s->is_lmtp && s->server.port == SMTP_PORT &&
           strlen(common_params.myhostname) == length &&
           text_equal_nocase_n(text, common_params.myhostname, length);
}

/* False: dealt with. *esmtp: the greeting says that EHLO is welcome. */
static bool read_greeting(struct session *s, bool *esmtp)
{
    struct smtp_reply reply;

    session_phase(s, PHASE_GREETING);
    if (!session_reply(s, &reply)) {
        failure_stream(s);
        return false;
    }
    if (reply.code / 100 != 2) {
        failure_refused(s, &reply, smtp_params.smtp_skip_5xx_greeting);
        return false;
    }
    if (is_pix_greeting(reply.first))
        turn_pix_on(s);
    if (is_mirror(s, reply.first))
        log_warning("host %s greeted me with my own hostname %s", s->relay,
                    common_params.myhostname);
    *esmtp = smtp_params.smtp_always_send_ehlo ||
             text_find_nocase(reply.first, "ESMTP") != NULL;
    if (smtp_params.smtp_never_send_ehlo || (s->pix & PIX_NO_ESMTP))
        *esmtp = false;
    return true;
}

/* ---- Extensions --------------------------------------------------------- */

static void read_xforward(struct session *s, char *cursor)
{
    static const struct {
        const char *name;
        unsigned bit;
    } rows[] = {
        { "NAME", XFORWARD_NAME },     { "ADDR", XFORWARD_ADDR },
        { "PORT", XFORWARD_PORT },     { "PROTO", XFORWARD_PROTO },
        { "HELO", XFORWARD_HELO },     { "IDENT", XFORWARD_IDENT },
        { "SOURCE", XFORWARD_SOURCE },
    };
    char *word;

    while ((word = text_token(&cursor, " \t")) != NULL)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (text_equal_nocase(word, rows[i].name))
                s->xforward |= rows[i].bit;
}

/* SIZE without a number sets no limit. */
static void read_size(struct session *s, char *cursor)
{
    char *word = text_token(&cursor, " \t");

    if (word == NULL)
        return;
    if (!num_parse_long(word, 0, 0x7fffffffffffffffL, &s->size_limit))
        log_warning("bad EHLO SIZE limit \"%.100s\" from %s", word, s->relay);
}

static void read_extension(struct session *s, char *line, unsigned discard)
{
    char *cursor = line;
    /* "AUTH=..." is an old form. */
    char *keyword = text_token(&cursor, " \t=");

    if (keyword == NULL)
        return;
    unsigned bit = smtp_extension_find(keyword);
    if (bit & discard)
        return;
    s->features |= bit;
    if (bit == EXT_SIZE)
        read_size(s, cursor);
    if (bit == EXT_XFORWARD)
        read_xforward(s, cursor);
}

/* False: it cannot be said now. */
static bool find_discarded(const struct session *s, unsigned *bits)
{
    const char *title = s->is_lmtp ? "lmtp_discard_lhlo_keyword_address_maps"
                                   : "smtp_discard_ehlo_keyword_address_maps";
    struct str value = STR_EMPTY;
    enum answer answer = maps_get(settings()->discard_ehlo_maps,
                                  s->server.address, false, &value);

    *bits = answer == FOUND ? smtp_extensions_parse(title, value.data)
                            : settings()->discard_ehlo;
    if (answer == FAILED)
        log_warning("%s: %s map lookup error for %s",
                    s->delivery->request->wire->queue_id, title,
                    s->server.address);
    str_fini(&value);
    return answer != FAILED;
}

static void log_discarded(const struct session *s, unsigned discard)
{
    struct str list = STR_EMPTY;

    for (unsigned bit = 1; bit != 0 && bit <= discard; bit <<= 1)
        if (discard & bit)
            str_addf(&list, "%s%s", list.length > 0 ? " " : "",
                     smtp_extension_keyword(bit));
    log_info("discarding %s keywords: %s", s->is_lmtp ? "LHLO" : "EHLO",
             list.data);
    str_fini(&list);
}

/* False: nobody knows which of them to use. */
static bool read_extensions(struct session *s, const struct smtp_reply *reply)
{
    char *cursor = arena_strdup(s->arena, reply->text);
    char *line;
    unsigned discard;

    if (!find_discarded(s, &discard))
        return false;
    (void)text_token(&cursor, "\n"); /* the greeting */
    while ((line = text_token(&cursor, "\n")) != NULL)
        if (strlen(line) > 4)
            read_extension(s, line + 4, discard);
    if (discard != 0 && !(discard & EXT_SILENT))
        log_discarded(s, discard);
    log_trace(s->verbosity, "%s: server features: 0x%x size %ld", s->relay,
                  s->features, (long)s->size_limit);
    return true;
}

/* ---- EHLO, HELO, LHLO --------------------------------------------------- */

static bool say_hello(struct session *s, enum phase phase,
                      struct smtp_reply *reply)
{
    session_phase(s, phase);
    session_send(s, "%s %s", phase_command(phase), smtp_params.smtp_helo_name);
    if (session_reply(s, reply))
        return true;
    failure_stream(s);
    return false;
}

/* Mail would come back to us and go round in circles. */
static void refuse_mirror(struct session *s)
{
    log_warning("host %s replied to HELO/EHLO with my own hostname %s",
                s->relay, common_params.myhostname);
    failure_message_local(s, "5.4.6", "mail for %s loops back to myself",
                          s->delivery->request->wire->nexthop);
}

/* False: dealt with. *accepted: no need for HELO. */
static bool try_extended(struct session *s, bool *accepted)
{
    struct smtp_reply reply;

    if (!say_hello(s, s->is_lmtp ? PHASE_LHLO : PHASE_EHLO, &reply))
        return false;
    *accepted = reply.code / 100 == 2;
    if (*accepted) {
        if (is_mirror(s, reply.first)) {
            refuse_mirror(s);
            return false;
        }
        if (read_extensions(s, &reply))
            return true;
        failure_table(s);
        return false;
    }
    if (!s->is_lmtp && reply.code != 421)
        return true;
    failure_refused(s, &reply, false);
    return false;
}

bool session_hello(struct session *s)
{
    struct smtp_reply reply;
    bool extended = false, accepted = false;

    if (!read_greeting(s, &extended))
        return false;
    if ((extended || s->is_lmtp) && !try_extended(s, &accepted))
        return false;
    if (accepted)
        return true;
    if (!say_hello(s, PHASE_HELO, &reply))
        return false;
    if (reply.code / 100 == 2)
        return true;
    failure_refused(s, &reply, false);
    return false;
}
