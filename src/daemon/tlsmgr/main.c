/* SPDX-License-Identifier: ISC
 *
 * main.c - tlsmgr: will keep TLS sessions and ticket keys. As long as this
 * suite speaks no TLS, every request is answered with "no", at once, so that
 * a master.cf that lists the service works as it stands.
 */
#include "base/log.h"
#include "ipc/codec.h"
#include "ipc/dispatch.h"
#include "ipc/messages/small.h"
#include "service/service.h"

enum { STATUS_REFUSED = 1 };

static bool refuse(struct stream *s, struct arena *arena, const void *request,
                   void *context)
{
    struct tlsmgr_reply reply = { .status = STATUS_REFUSED };

    (void)arena, (void)request, (void)context;
    log_warning("refused a request: TLS is not built into this version; "
                "set the *_tls_security_level parameters to none");
    return ipc_send(s, tlsmgr_reply, &reply);
}

static const struct dispatch_row requests[] = {
    { "seed", &tlsmgr_request_schema, refuse },
    { "policy", &tlsmgr_request_schema, refuse },
    { "lookup", &tlsmgr_request_schema, refuse },
    { "update", &tlsmgr_request_schema, refuse },
    { "delete", &tlsmgr_request_schema, refuse },
    { "tktkey", &tlsmgr_request_schema, refuse },
};

static void serve(struct service_client *client)
{
    dispatch_serve(client->stream, requests,
                   sizeof requests / sizeof *requests, common_params.ipc_ttl,
                   common_params.ipc_timeout, NULL);
}

static const struct service tlsmgr = {
    .name = "tlsmgr",
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_MANY,
    .flags = SERVICE_SOLITARY,
    .serve = serve,
};

int main(int argc, char **argv)
{
    return service_main(&tlsmgr, argc, argv);
}
