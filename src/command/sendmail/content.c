/* SPDX-License-Identifier: ISC
 *
 * content.c - the message on standard input, as text records.
 */
#include <string.h>
#include <unistd.h>

#include "config/params.h"
#include "mail/header.h"
#include "mail/record.h"
#include "sendmail.h"

struct content {
    const struct request *request;
    struct extract *extract; /* NULL: recipients are not looked for */
    struct stream *in, *out;
    struct str line;   /* or a part of one */
    bool is_whole;     /* the line ends here, with a newline */
    bool is_last;      /* so does the input, without one */
    bool starts;       /* the line starts here */
    bool is_first;     /* no line before this one */
    bool in_preamble;  /* only lines of a mailbox file so far */
    bool strip_cr;
};

/* ---- lines ---- */

static bool read_line(struct content *c)
{
    size_t max = (size_t)common_params.line_length_limit;

    c->is_whole = stream_get_until(c->in, '\n', max, &c->line);
    if (c->is_whole)
        return true;
    if (stream_state(c->in) == STREAM_LIMIT) {
        stream_clear_error(c->in);
        return true;
    }
    c->is_last = true;
    return c->line.length > 0;
}

static bool ends_with_cr(const struct str *line)
{
    return line->length > 0 && line->data[line->length - 1] == '\r';
}

/* Programs that think in terms of SMTP write CRLF where UNIX has LF: "strict"
 * lets the first line decide. */
static void fix_line_ending(struct content *c)
{
    const char *fix = submit_params.sendmail_fix_line_endings;

    if (!c->is_whole)
        return;
    if (c->is_first)
        c->strip_cr = strcmp(fix, "always") == 0 ||
                      (strcmp(fix, "strict") == 0 && ends_with_cr(&c->line));
    while (c->strip_cr && ends_with_cr(&c->line))
        str_truncate(&c->line, c->line.length - 1);
}

/* Mail readers pipe messages as they are in a mailbox file: "From user date",
 * or quoted as ">From ". */
static bool is_mailbox_line(const struct content *c)
{
    const char *text = c->line.data;

    return strncmp(text + strspn(text, ">"), "From ", 5) == 0;
}

static bool is_end_dot(const struct content *c)
{
    return !c->request->ignore_dots && c->starts &&
           (c->is_whole || c->is_last) && c->line.length == 1 &&
           c->line.data[0] == '.';
}

/* ---- records ---- */

/* "To : x" becomes "To: x" where headers are read. */
static void join_colon(struct str *line)
{
    size_t name = header_name_length(line->data, line->length);

    if (name > 0)
        str_remove(line, name, strcspn(line->data + name, ":"));
}

static bool put_line(struct content *c, struct error *why)
{
    enum extract_answer place = EXTRACT_BODY;

    if (c->extract != NULL)
        place = extract_line(c->extract, &c->line, c->starts);
    if (place == EXTRACT_TOO_LONG)
        return error_set(why, "unable to extract recipients: message header "
                              "length exceeds safety limit");
    if (place == EXTRACT_UNTITLED)
        record_put(c->out, REC_NORM, "", 0);
    if (c->extract != NULL && c->starts && place == EXTRACT_HEADER)
        join_colon(&c->line);
    bool ends = c->is_whole || (c->is_last && place == EXTRACT_HEADER);
    record_put(c->out, ends ? REC_NORM : REC_CONT, c->line.data,
               c->line.length);
    if (c->extract != NULL && c->is_last && !ends)
        record_put(c->out, REC_NORM, "", 0);
    return true;
}

static bool copy_lines(struct content *c, struct error *why)
{
    while (!c->is_last && !stream_failed(c->out) && read_line(c)) {
        fix_line_ending(c);
        if (is_end_dot(c))
            return true;
        if (c->starts && c->in_preamble)
            c->in_preamble = is_mailbox_line(c);
        if (!c->in_preamble && !put_line(c, why))
            return false;
        c->starts = c->is_whole;
        c->is_first = c->is_first && !c->is_whole;
    }
    if (c->is_last && stream_state(c->in) != STREAM_EOF)
        return error_set(why, "error reading input: %s",
                         stream_error_text(c->in));
    return true;
}

bool content_copy(const struct request *r, struct extract *extract,
                  struct stream *out, struct error *why)
{
    struct content c = {
        .request = r,
        .extract = extract,
        .in = stream_open(STDIN_FILENO),
        .out = out,
        .line = STR_EMPTY,
        .starts = true,
        .is_first = true,
        .in_preamble = true,
    };
    bool ok = copy_lines(&c, why);

    str_fini(&c.line);
    stream_abandon(c.in);
    return ok;
}

void content_make_probe(const struct request *r, const char *sender,
                        struct stream *out)
{
    record_putf(out, REC_NORM, "From: %s", sender);
    record_put_text(out, REC_NORM, "Subject: probe");
    record_put_text(out, REC_CONT, "To:");
    for (char **text = r->recipients; *text != NULL; text++)
        record_putf(out, REC_NORM, "\t%s%s", *text,
                    text[1] != NULL ? "," : "");
}
