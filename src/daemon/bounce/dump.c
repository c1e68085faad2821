/* SPDX-License-Identifier: ISC
 *
 * dump.c - the templates in print, for "postconf -b" and "postconf -t".
 */
#include "dump.h"

#include <stdio.h>
#include <string.h>

#include "base/fatal.h"
#include "bounce.h"
#include "config/params.h"

/* The built-in address is in the form that header_from_format asks for. */
static const char *from_of(const struct template *t)
{
    if (strcmp(t->from, "MAILER-DAEMON (Mail Delivery System)") == 0 &&
        strcmp(message_params.header_from_format, "standard") == 0)
        return "Mail Delivery System <MAILER-DAEMON>";
    return t->from;
}

static void print_whole(const struct template *t)
{
    printf("%s = <<EOF\nCharset: %s\nFrom: %s\nSubject: %s\n", t->name,
           t->charset, from_of(t), t->subject);
    if (*t->postmaster_subject != '\0')
        printf("Postmaster-Subject: %s\n", t->postmaster_subject);
    printf("\n%sEOF\n", t->text);
}

static void print_expanded(struct arena *arena, const struct template *t)
{
    const char *text = template_text(arena, t);
    const char *end = strstr(t->name, "_template");

    if (text == NULL)
        fatal("%s: the text of %s cannot be expanded; correct what the "
              "warning above shows",
              t->origin, t->name);
    printf("expanded_%.*s_text = <<EOF\n%sEOF\n", (int)(end - t->name),
           t->name, text);
}

void templates_dump(bool expanded)
{
    struct arena *arena = arena_new();

    for (int i = 0; i < TEMPLATE_KINDS; i++) {
        const struct template *t = template_get((enum template_kind)i);
        if (i > 0)
            putchar('\n');
        if (expanded)
            print_expanded(arena, t);
        else
            print_whole(t);
    }
    arena_free(arena);
    if (fflush(stdout) != 0 || ferror(stdout))
        fatal("write to standard output: %m");
}
