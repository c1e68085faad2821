/* SPDX-License-Identifier: ISC
 *
 * main.c - trivial-rewrite: addresses to standard form, and where they go.
 */
#include "ipc/codec.h"
#include "ipc/dispatch.h"
#include "service/service.h"
#include "trivial_rewrite.h"

static struct resolver *for_mail, *for_verify;

static bool serve_rewrite(struct stream *s, struct arena *arena,
                          const void *request, void *context)
{
    const struct rewrite_request *q = request;
    struct rewrite_reply reply = {
        .address = rewrite_address(arena, rewrite_context_parse(q->rule),
                                   q->address),
    };

    (void)context;
    return ipc_send(s, rewrite_reply, &reply);
}

static bool serve_resolve(struct stream *s, struct arena *arena,
                          const void *request, void *context)
{
    const struct resolve_request *q = request;
    struct resolve_reply reply;

    (void)context;
    resolver_resolve(for_mail, arena, q->sender, q->address, &reply);
    return ipc_send(s, resolve_reply, &reply);
}

static bool serve_verify(struct stream *s, struct arena *arena,
                         const void *request, void *context)
{
    const struct resolve_request *q = request;
    struct resolve_reply reply;

    (void)context;
    resolver_resolve(for_verify, arena, q->sender, q->address, &reply);
    return ipc_send(s, resolve_reply, &reply);
}

static const struct dispatch_row requests[] = {
    { "rewrite", &rewrite_request_schema, serve_rewrite },
    { "resolve", &resolve_request_schema, serve_resolve },
    { "verify", &resolve_request_schema, serve_verify },
};

static void serve(struct service_client *client)
{
    dispatch_serve(client->stream, requests,
                   sizeof requests / sizeof *requests, common_params.ipc_idle,
                   common_params.ipc_timeout, NULL);
}

static void open_tables(void)
{
    struct resolver_options mail = {
        .local_transport = rewrite_params.local_transport,
        .virtual_transport = rewrite_params.virtual_transport,
        .relay_transport = rewrite_params.relay_transport,
        .default_transport = rewrite_params.default_transport,
        .relayhost = rewrite_params.relayhost,
        .transport_maps = address_params.transport_maps,
        .sender_relayhost_maps =
            rewrite_params.sender_dependent_relayhost_maps,
        .sender_transport_maps =
            rewrite_params.sender_dependent_default_transport_maps,
    };
    struct resolver_options verify = {
        .local_transport = verify_params.address_verify_local_transport,
        .virtual_transport = verify_params.address_verify_virtual_transport,
        .relay_transport = verify_params.address_verify_relay_transport,
        .default_transport = verify_params.address_verify_default_transport,
        .relayhost = verify_params.address_verify_relayhost,
        .transport_maps = verify_params.address_verify_transport_maps,
        .sender_relayhost_maps =
            verify_params.address_verify_sender_dependent_relayhost_maps,
        .sender_transport_maps =
            verify_params
                .address_verify_sender_dependent_default_transport_maps,
    };

    rewrite_open();
    resolve_open();
    for_mail = resolver_open(&mail);
    for_verify = resolver_open(&verify);
}

static const struct param_group *const groups[] = {
    &rewrite_param_group, &address_param_group, &message_param_group,
    &verify_param_group, NULL,
};

static const struct service rewrite_service = {
    .name = "trivial-rewrite",
    .groups = groups,
    .kind = SERVICE_STREAM,
    .sessions = SERVICE_MANY,
    .may = MAY_READ_CONFIG,
    .serve = serve,
    .before_jail = open_tables,
};

int main(int argc, char **argv)
{
    return service_main(&rewrite_service, argc, argv);
}
