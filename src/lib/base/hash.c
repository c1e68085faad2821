/* SPDX-License-Identifier: ISC
 *
 * hash.c - a table from text to pointer, in memory.
 *
 * Entries stand in an array in the order in which they came, and a second
 * array of slots finds them by hash (open addressing, linear probing). A walk
 * follows the entries: its order does not depend on the random seed, so what
 * a program prints does not change from run to run.
 */
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/str.h"

enum { SLOTS_SMALLEST = 16 };

/* A slot holds the number of its entry plus FIRST_ENTRY. */
enum { SLOT_FREE = 0, SLOT_REMOVED = 1, FIRST_ENTRY = 2 };

struct entry {
    uint64_t hashed;
    char *key; /* owned; NULL when removed */
    void *value;
};

struct hash {
    struct entry *entries; /* owned; room for 3/4 of slot_count */
    size_t *slots;         /* owned */
    size_t slot_count;     /* a power of two, or 0 */
    size_t entry_count;    /* with the removed ones */
    size_t count;
};

static size_t entries_max(size_t slot_count)
{
    return slot_count / 4 * 3;
}

struct hash *hash_new(void)
{
    return mem_zalloc(sizeof(struct hash));
}

void hash_free(struct hash *hash, void (*free_value)(void *))
{
    if (hash == NULL)
        return;
    for (size_t i = 0; i < hash->entry_count; i++) {
        struct entry *entry = &hash->entries[i];
        if (entry->key != NULL && free_value != NULL && entry->value != NULL)
            free_value(entry->value);
        free(entry->key);
    }
    free(hash->entries);
    free(hash->slots);
    free(hash);
}

size_t hash_count(const struct hash *hash)
{
    return hash->count;
}

/* The slot of <key>, or NULL. There is always a free slot to stop at. */
static size_t *find(const struct hash *hash, const char *key, uint64_t hashed)
{
    if (hash->slot_count == 0)
        return NULL;
    size_t mask = hash->slot_count - 1;
    for (size_t at = hashed & mask;; at = (at + 1) & mask) {
        size_t slot = hash->slots[at];
        if (slot == SLOT_FREE)
            return NULL;
        if (slot == SLOT_REMOVED)
            continue;
        const struct entry *entry = &hash->entries[slot - FIRST_ENTRY];
        if (entry->hashed == hashed && strcmp(entry->key, key) == 0)
            return &hash->slots[at];
    }
}

static struct entry *find_entry(const struct hash *hash, const char *key)
{
    size_t *slot = find(hash, key, hash_bytes(key, strlen(key)));
    return slot == NULL ? NULL : &hash->entries[*slot - FIRST_ENTRY];
}

void *hash_get(const struct hash *hash, const char *key)
{
    const struct entry *entry = find_entry(hash, key);
    return entry == NULL ? NULL : entry->value;
}

bool hash_has(const struct hash *hash, const char *key)
{
    return find_entry(hash, key) != NULL;
}

static void occupy_slot(struct hash *hash, size_t number)
{
    size_t mask = hash->slot_count - 1;
    size_t at = hash->entries[number].hashed & mask;
    while (hash->slots[at] != SLOT_FREE)
        at = (at + 1) & mask;
    hash->slots[at] = number + FIRST_ENTRY;
}

/* Drop removed entries, and double the slots when the table is truly full. */
static void rebuild(struct hash *hash)
{
    size_t slot_count = hash->slot_count == 0 ? SLOTS_SMALLEST
                                              : hash->slot_count;
    if (hash->count > slot_count / 2)
        slot_count *= 2;
    if (slot_count > SIZE_MAX / 2 / sizeof(struct entry))
        fatal("out of memory: table of %zu entries", hash->count);

    size_t kept = 0;
    for (size_t i = 0; i < hash->entry_count; i++)
        if (hash->entries[i].key != NULL)
            hash->entries[kept++] = hash->entries[i];
    hash->entry_count = kept;
    hash->entries = mem_realloc(hash->entries, entries_max(slot_count) *
                                                   sizeof *hash->entries);
    free(hash->slots);
    hash->slots = mem_zalloc(slot_count * sizeof *hash->slots);
    hash->slot_count = slot_count;
    for (size_t i = 0; i < kept; i++)
        occupy_slot(hash, i);
}

void *hash_put(struct hash *hash, const char *key, void *value)
{
    uint64_t hashed = hash_bytes(key, strlen(key));
    size_t *slot = find(hash, key, hashed);
    if (slot != NULL) {
        struct entry *entry = &hash->entries[*slot - FIRST_ENTRY];
        void *old = entry->value;
        entry->value = value;
        return old;
    }
    if (hash->entry_count == entries_max(hash->slot_count))
        rebuild(hash);
    hash->entries[hash->entry_count] =
        (struct entry){ hashed, mem_strdup(key), value };
    occupy_slot(hash, hash->entry_count++);
    hash->count++;
    return NULL;
}

void *hash_remove(struct hash *hash, const char *key)
{
    size_t *slot = find(hash, key, hash_bytes(key, strlen(key)));
    if (slot == NULL)
        return NULL;
    struct entry *entry = &hash->entries[*slot - FIRST_ENTRY];
    void *value = entry->value;
    free(entry->key);
    *entry = (struct entry){ 0 };
    *slot = SLOT_REMOVED;
    hash->count--;
    return value;
}

bool hash_next(const struct hash *hash, size_t *position, const char **key,
               void **value)
{
    while (*position < hash->entry_count) {
        const struct entry *entry = &hash->entries[(*position)++];
        if (entry->key == NULL)
            continue;
        if (key != NULL)
            *key = entry->key;
        if (value != NULL)
            *value = entry->value;
        return true;
    }
    return false;
}

/* SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF"): a
 * stranger who does not know the seed cannot make names that collide. */

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

static const uint64_t *process_seed(void)
{
    static uint64_t seed[2];
    static bool made;

    while (!made) {
        ssize_t got = getrandom(seed, sizeof seed, 0);
        if (got < 0 && errno != EINTR)
            fatal("getrandom: %s", strerror(errno));
        made = got == (ssize_t)sizeof seed;
    }
    return seed;
}

uint64_t hash_bytes(const void *data, size_t length)
{
    const uint64_t *seed = process_seed();
    struct sip s = { seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d,
                     seed[0] ^ 0x6c7967656e657261,
                     seed[1] ^ 0x7465646279746573 };
    const unsigned char *bytes = data;
    uint64_t last = (uint64_t)length << 56, word;

    for (; length >= sizeof word; length -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        sip_word(&s, word);
        bytes += sizeof word;
    }
    for (size_t i = 0; i < length; i++)
        last |= (uint64_t)bytes[i] << 8 * i;
    sip_word(&s, last);
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
