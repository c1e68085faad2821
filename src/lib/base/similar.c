/* SPDX-License-Identifier: ISC
 *
 * similar.c - what a misspelt word was probably meant to be.
 */
#include "base/similar.h"

#include <stdbool.h>
#include <string.h>

enum { MAX_LENGTH = 64, MAX_DISTANCE = 4 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One row of the table of distances between all beginnings of the two words;
 * <above> and <above2> are the rows before. */
static void fill_row(const char *word, const char *other, size_t i,
                     const size_t *above2, const size_t *above, size_t *row)
{
    size_t length = strlen(other);

    row[0] = i;
    for (size_t k = 1; k <= length; k++) {
        bool same = word[i - 1] == other[k - 1];
        row[k] = least(least(above[k], row[k - 1]) + 1, above[k - 1] + !same);
        if (i > 1 && k > 1 && word[i - 1] == other[k - 2] &&
            word[i - 2] == other[k - 1])
            row[k] = least(row[k], above2[k - 2] + 1);
    }
}

size_t similar_distance(const char *word, const char *other, size_t limit)
{
    size_t rows[3][MAX_LENGTH + 1];
    size_t length = strlen(word), width = strlen(other);
    size_t gap = length > width ? length - width : width - length;

    if (gap > limit || length > MAX_LENGTH || width > MAX_LENGTH)
        return limit + 1;
    for (size_t k = 0; k <= width; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= length; i++)
        fill_row(word, other, i, rows[(i + 1) % 3], rows[(i + 2) % 3],
                 rows[i % 3]);
    return least(rows[length % 3][width], limit + 1);
}

const char *similar_word(const char *word, const char *const *words,
                         size_t count)
{
    size_t limit = least((strlen(word) + 1) / 3, MAX_DISTANCE);
    const char *best = NULL;

    for (size_t i = 0; i < count && limit > 0; i++) {
        size_t distance = similar_distance(word, words[i], limit);
        if (distance > limit || (best != NULL && distance == limit))
            continue;
        best = words[i];
        limit = distance;
    }
    return best;
}
