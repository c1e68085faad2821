/* SPDX-License-Identifier: ISC
 *
 * command.c - the message into the command.
 */
#include <paths.h>
#include <unistd.h>

#include "base/text.h"
#include "delivery/command.h"
#include "mail/quote.h"
#include "pipe.h"

static struct copy_options decoration(const struct attributes *a,
                                      const struct request *r)
{
    const char *sender = r->wire->sender;
    const struct recipient *to = &r->recipients[0];

    if (*sender == '\0')
        sender = a->null_sender;
    const char *external = quote_822_dup(r->arena, sender);
    return (struct copy_options){
        .from_line_sender = a->flags & PIPE_FROM ? external : NULL,
        .return_path = a->flags & PIPE_RETURN_PATH ? external : NULL,
        .original_to = a->flags & PIPE_ORIGINAL &&
                               common_params.enable_original_recipient
                           ? quote_822_dup(r->arena, to->original)
                           : NULL,
        .delivered_to = a->flags & PIPE_DELIVERED
                            ? quote_822_dup(r->arena, to->address)
                            : NULL,
        .quote_from = a->flags & PIPE_QUOTE_FROM,
        .blank_line_at_end = a->flags & PIPE_BLANK,
        .dot_stuff = a->flags & PIPE_DOT,
        .line_end = a->eol,
        .arrival = (time_t)r->wire->arrival_s,
    };
}

static void set_success(const struct attributes *a, struct arena *arena,
                        const char *output, struct dsn *dsn)
{
    *dsn = (struct dsn){
        .status = "2.0.0",
        .action = a->flags & PIPE_FINAL ? "delivered" : "relayed",
        .reason = *output == '\0'
                      ? arena_printf(arena, "delivered via %s service",
                                     service_name())
                      : arena_printf(arena, "delivered via %s service (%s)",
                                     service_name(), output),
    };
}

void pipe_into_command(const struct attributes *a, int time_limit_s,
                       struct request *r, const struct argument_list *arguments,
                       struct dsn *dsn)
{
    static const char *const added[] = { "PATH=" _PATH_DEFPATH, NULL };
    const struct copy_options copy = decoration(a, r);
    struct command_end end;

    command_run(r->arena, &(struct command_order){
        .proc = {
            .fork_attempts = common_params.fork_attempts,
            .fork_delay_s = common_params.fork_delay,
            .argv = arguments->items,
            .env_export = common_params.export_environment,
            .env_add = added,
            .folder = a->folder,
            .chroot_folder = a->chroot_folder,
            .uid = a->uid,
            .gid = a->gid,
            .set_user = getuid() == 0,
            .own_group = true,
        },
        .name = arguments->items[0],
        .message = r->message,
        .copy = &copy,
        .time_limit_s = time_limit_s,
    }, &end);
    if (end.succeeded)
        set_success(a, r->arena, text_trim(end.output), dsn);
    else
        *dsn = end.dsn;
}
