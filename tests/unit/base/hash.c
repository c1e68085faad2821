/* SPDX-License-Identifier: ISC
 *
 * hash.c - tests of base/hash.h.
 */
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "test.h"

TEST(hash_empty)
{
    struct hash *hash = hash_new();
    size_t position = 0;
    CHECK_INT(hash_count(hash), 0);
    CHECK(hash_get(hash, "x") == NULL && !hash_has(hash, ""));
    CHECK(hash_remove(hash, "x") == NULL);
    CHECK(!hash_next(hash, &position, NULL, NULL));
    hash_free(hash, free);
    hash_free(NULL, free);
}

TEST(hash_put_tells_what_was_there)
{
    struct hash *hash = hash_new();
    char key[] = "key";
    int one, two;
    CHECK(hash_put(hash, key, &one) == NULL);
    key[0] = 'K';
    CHECK(hash_put(hash, "key", &two) == &one);
    CHECK_INT(hash_count(hash), 1);
    CHECK(hash_put(hash, "", NULL) == NULL);
    CHECK(hash_has(hash, "") && hash_get(hash, "") == NULL);
    CHECK(hash_remove(hash, "key") == &two);
    CHECK(!hash_has(hash, "key"));
    CHECK_INT(hash_count(hash), 1);
    hash_free(hash, NULL);
}

static const char *name(int number)
{
    static char text[32];
    snprintf(text, sizeof text, "name-%d", number);
    return text;
}

TEST(hash_many_come_and_go)
{
    enum { MANY = 5000, KEPT = 10 };
    struct hash *hash = hash_new();
    static int values[MANY];
    for (int i = 0; i < MANY; i++) {
        hash_put(hash, name(i), &values[i]);
        if (i >= KEPT)
            CHECK(hash_remove(hash, name(i - KEPT)) == &values[i - KEPT]);
    }
    CHECK_INT(hash_count(hash), KEPT);
    for (int i = 0; i < MANY; i++)
        CHECK(hash_has(hash, name(i)) == (i >= MANY - KEPT));
    for (int i = 0; i < MANY; i++)
        hash_put(hash, name(i), &values[i]);
    CHECK_INT(hash_count(hash), MANY);
    for (int i = 0; i < MANY; i++)
        CHECK(hash_get(hash, name(i)) == &values[i]);
    hash_free(hash, NULL);
}

TEST(hash_walk_is_in_order_and_may_remove)
{
    struct hash *hash = hash_new();
    for (int i = 0; i < 100; i++)
        hash_put(hash, name(i), mem_strdup(name(i)));
    size_t position = 0;
    const char *key;
    void *value;
    for (int i = 0; hash_next(hash, &position, &key, &value); i++) {
        CHECK_STR(key, name(i));
        CHECK_STR(value, name(i));
        if (i % 2 == 0)
            free(hash_remove(hash, key));
    }
    CHECK_INT(hash_count(hash), 50);
    position = 0;
    CHECK(hash_next(hash, &position, &key, NULL));
    CHECK_STR(key, "name-1");
    hash_free(hash, free);
}

TEST(hash_bytes_sees_each_byte)
{
    const char text[] = "0123456789abcdef0123";
    for (size_t i = 0; i < sizeof text - 1; i++)
        CHECK(hash_bytes(text, i) != hash_bytes(text, i + 1));
    CHECK(hash_bytes("a", 1) == hash_bytes("a", 1));
    CHECK(hash_bytes("a\0", 2) != hash_bytes("a", 1));
}
