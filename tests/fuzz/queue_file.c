/* SPDX-License-Identifier: ISC
 *
 * queue_file.c - a whole queue file: envelope, recipients, content, pointers.
 */
#include "fuzz.h"
#include "mail/message_reader.h"

/* Pointers can form a loop, which ends only after very many turns. */
enum { RECORDS_MAX = 3000 };

static void read_recipients(struct message_reader *reader, struct arena *arena)
{
    struct recipient recipient;
    int count = 0;

    while (count++ < RECORDS_MAX &&
           message_reader_recipient(reader, arena, &recipient)) {
        FUZZ_CHECK(recipient.address != NULL && recipient.original != NULL &&
                   recipient.dsn_original != NULL);
        if (count == 2) {
            off_t position = message_reader_position(reader);
            FUZZ_CHECK(position == 0 ||
                       message_reader_resume(reader, position));
        }
    }
}

static void read_content(struct message_reader *reader)
{
    struct str line = STR_EMPTY;
    int count = 0;

    while (count++ < RECORDS_MAX && message_reader_content(reader, &line) >= 0)
        ;
    str_fini(&line);
}

static void read_records(struct message_reader *reader)
{
    struct str payload = STR_EMPTY;
    off_t offset;
    int count = 0;

    while (count++ < RECORDS_MAX &&
           message_reader_record(reader, &payload, &offset) >= 0)
        FUZZ_CHECK(offset >= 0);
    str_fini(&payload);
}

FUZZ(queue_file)
{
    struct error why = ERROR_NONE;
    struct envelope envelope;
    size_t size;
    const char *data = fuzz_rest(in, &size);
    struct message_reader *reader =
        message_reader_open(stream_open_memory(data, size), in->arena);

    if (message_reader_envelope(reader, &envelope, &why)) {
        FUZZ_CHECK(envelope.sender != NULL && envelope.verp != NULL);
        read_recipients(reader, in->arena);
        read_content(reader);
        if (message_reader_rewind_content(reader))
            read_content(reader);
        message_reader_failed(reader, &why);
    }
    message_reader_close(reader);
    reader = message_reader_open(stream_open_memory(data, size), in->arena);
    read_records(reader);
    message_reader_close(reader);
}
