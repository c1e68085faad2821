/* SPDX-License-Identifier: ISC
 *
 * order.c - in which order servers are tried: RFC 5321, section 5.1.
 *
 * Equal servers come in random order, to spread the load among them. What
 * family an address is of decides only among equals.
 */
#include "base/array.h"
#include "base/random.h"
#include "smtp.h"

struct servers {
    ARRAY_OF(struct server *);
};

static struct servers to_array(struct server *list)
{
    struct servers all = ARRAY_EMPTY;

    for (; list != NULL; list = list->next)
        ARRAY_ADD(&all, list);
    return all;
}

/* Links them in the order of the array, which is freed. */
static struct server *to_list(struct servers *all)
{
    struct server *first = NULL;

    for (size_t i = all->count; i-- > 0;) {
        all->items[i]->next = first;
        first = all->items[i];
    }
    ARRAY_FREE(all);
    return first;
}

static void swap(struct servers *all, size_t i, size_t j)
{
    struct server *kept = all->items[i];

    all->items[i] = all->items[j];
    all->items[j] = kept;
}

static bool comes_first(const struct server *a, const struct server *b,
                        int first_family)
{
    if (a->preference != b->preference)
        return a->preference < b->preference;
    return addr_family(&a->addr) == first_family &&
           addr_family(&b->addr) != first_family;
}

struct server *order_servers(struct server *list, bool shuffle,
                             int first_family)
{
    struct servers all = to_array(list);

    for (size_t i = all.count; shuffle && i > 1; i--)
        swap(&all, i - 1, random_below(i));
    /* By insertion: few, mostly in order, and equals must stay put. */
    for (size_t i = 1; i < all.count; i++)
        for (size_t j = i; j > 0 && comes_first(all.items[j], all.items[j - 1],
                                                first_family);
             j--)
            swap(&all, j, j - 1);
    return to_list(&all);
}

struct server *order_balance(struct server *list, int limit)
{
    int have4 = 0, have6 = 0;

    for (struct server *s = list; s != NULL; s = s->next)
        addr_family(&s->addr) == AF_INET ? have4++ : have6++;
    if (limit < 2 || have4 == 0 || have6 == 0 || have4 + have6 <= limit)
        return list;

    bool first_is_4 = addr_family(&list->addr) == AF_INET;
    int room4 = (limit + first_is_4) / 2;
    if (room4 > have4)
        room4 = have4;
    if (limit - room4 > have6)
        room4 = limit - have6;
    int room6 = limit - room4;
    for (struct server **link = &list; *link != NULL;) {
        int *room = addr_family(&(*link)->addr) == AF_INET ? &room4 : &room6;
        if ((*room)-- > 0)
            link = &(*link)->next;
        else
            *link = (*link)->next;
    }
    return list;
}
