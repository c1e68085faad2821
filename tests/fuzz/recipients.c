/* SPDX-License-Identifier: ISC
 *
 * recipients.c - sendmail -t: recipients in the headers of a message.
 *
 * A CR at the end of a line stands for a line that goes on with the next one.
 */
#include "../../src/command/sendmail/extract.c"

#include "fuzz.h"

FUZZ(recipients)
{
    struct extract extract = { .arena = in->arena, .header = STR_EMPTY };
    struct str line = STR_EMPTY;
    bool starts = true, in_body = false;

    message_params.header_size_limit = 500;
    while (in->size > 0) {
        const char *lf = memchr(in->data, '\n', in->size);
        size_t length = lf != NULL ? (size_t)(lf - in->data) : in->size;
        bool part = lf != NULL && length > 0 && in->data[length - 1] == '\r';
        str_set_bytes(&line, in->data, length - part);
        enum extract_answer answer = extract_line(&extract, &line, starts);
        FUZZ_CHECK(!in_body || answer == EXTRACT_BODY);
        if (answer == EXTRACT_TOO_LONG)
            break;
        in_body = answer == EXTRACT_BODY || answer == EXTRACT_UNTITLED;
        starts = !part;
        in->data += length + (lf != NULL);
        in->size -= length + (lf != NULL);
    }
    const struct address_list *list = extract_recipients(&extract);
    for (size_t i = 0; i < list->count; i++)
        FUZZ_CHECK(list->items[i] != NULL);
    FUZZ_CHECK(list->count == 0 || extract.header.length == 0);
    str_fini(&line);
    extract_fini(&extract);
}
