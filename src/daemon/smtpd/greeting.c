/* SPDX-License-Identifier: ISC
 *
 * greeting.c - from connect to banner, and clients that do not wait.
 */
#include "access.h"
#include "base/log.h"
#include "base/text.h"
#include "session.h"

bool session_check_pipelining(struct session *s, const char *after)
{
    size_t have = stream_buffered(s->stream);

    if (have == 0 || s->standalone)
        return true;
    if (!s->pipelining_noted) {
        s->pipelining_noted = true;
        log_info("improper command pipelining after %s from %s: %s", after,
                 s->peer.label,
                 text_escape(s->line_arena, stream_peek(s->stream),
                             have < 100 ? have : 100));
    }
    if (!smtpd_params.smtpd_forbid_unauth_pipelining)
        return true;
    s->hang_up = true;
    session_reply(s, "554 5.5.0 Error: SMTP protocol synchronization");
    return false;
}

/* Take what has come already into the buffer, without waiting. */
static void peek_early_input(struct session *s)
{
    stream_set_deadline(s->stream, clock_now());
    stream_fill(s->stream);
    stream_set_deadline(s->stream, DEADLINE_NEVER);
    if (stream_state(s->stream) == STREAM_TIMEOUT)
        stream_clear_error(s->stream);
}

/* What stands between the client and us, and nobody here can speak with. False:
 * the session is over, as we know neither who the client is nor what it says.
 */
static bool check_transport(struct session *s)
{
    if (s->standalone)
        return true;
    if (smtpd_params.smtpd_upstream_proxy_protocol[0] != '\0') {
        log_warning("no support for smtpd_upstream_proxy_protocol in this "
                    "program: hanging up on %s",
                    s->peer.label);
        session_reply(s, "421 4.3.0 %s Server local error",
                      common_params.myhostname);
        return false;
    }
    if (tls_server_params.smtpd_tls_wrappermode) {
        log_warning("no support for smtpd_tls_wrappermode in this program: "
                    "hanging up on %s",
                    s->peer.label);
        return false;
    }
    return true;
}

bool session_greet(struct session *s)
{
    log_info("connect from %s", s->peer.label);
    if (match_list_has(settings()->debug_peers, s->peer.name, s->peer.address,
                       NULL) == FOUND)
        s->verbosity += common_params.debug_peer_level;
    if (!check_transport(s))
        return false;
    s->rewrite = access_is_local_rewrite_client(s) ? REWRITE_LOCAL
                                                   : REWRITE_REMOTE;
    if (!limits_connect(s))
        return false;
    if (!s->standalone) {
        peek_early_input(s);
        if (!session_check_pipelining(s, "CONNECT"))
            return false;
    }
    if (!smtpd_params.smtpd_delay_reject && !access_connect(s)) {
        s->access_denied = true;
        return !s->hang_up;
    }
    session_reply(s, "220 %s", smtpd_params.smtpd_banner);
    return true;
}
