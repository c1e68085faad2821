/* SPDX-License-Identifier: ISC
 *
 * chat.c - the transcript of a session, a ring of its last lines.
 */
#include "smtp/chat.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { CHAT_LINES = 1000, CHAT_LINE_MAX = 2048 };

struct chat {
    char *lines[CHAT_LINES]; /* owned */
    size_t first, count;
};

struct chat *chat_new(void)
{
    return mem_zalloc(sizeof(struct chat));
}

void chat_free(struct chat *chat)
{
    if (chat == NULL)
        return;
    chat_reset(chat);
    free(chat);
}

void chat_reset(struct chat *chat)
{
    for (size_t i = 0; i < chat->count; i++)
        free(chat->lines[(chat->first + i) % CHAT_LINES]);
    chat->first = chat->count = 0;
}

void chat_note(struct chat *chat, const char *direction, const char *text)
{
    size_t length = strnlen(text, CHAT_LINE_MAX);
    char *line = mem_printf("%s %.*s", direction, (int)length, text);

    text_printable(line, '?', true);
    if (chat->count == CHAT_LINES) {
        free(chat->lines[chat->first]);
        chat->first = (chat->first + 1) % CHAT_LINES;
        chat->count--;
    }
    chat->lines[(chat->first + chat->count++) % CHAT_LINES] = line;
}

size_t chat_length(const struct chat *chat)
{
    return chat->count;
}

void chat_each(const struct chat *chat, void (*visit)(const char *line, void *),
               void *context)
{
    for (size_t i = 0; i < chat->count; i++)
        visit(chat->lines[(chat->first + i) % CHAT_LINES], context);
}
