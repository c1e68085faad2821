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

bool session_greet(struct session *s)
{
    log_info("connect from %s", s->peer.label);
    s->rewrite = access_is_local_rewrite_client(s) ? REWRITE_LOCAL
                                                   : REWRITE_REMOTE;
    if (!limits_connect(s))
        return false;
    if (!s->standalone) {
        peek_early_input(s);
        if (!session_check_pipelining(s, "CONNECT"))
            return false;
    }
    if (tls_server_params.smtpd_tls_wrappermode && !s->standalone) {
        /* The client speaks TLS, and nobody here does. */
        s->hang_up = true;
        log_warning("no TLS support in this program: hanging up on %s",
                    s->peer.label);
        return false;
    }
    if (!smtpd_params.smtpd_delay_reject && !access_connect(s)) {
        s->access_denied = true;
        return !s->hang_up;
    }
    session_reply(s, "220 %s", smtpd_params.smtpd_banner);
    return true;
}
