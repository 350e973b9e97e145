/* Which terms a sentence has: runs of words, and windows of characters inside words.
 *
 * Hashes are those of classifier/model/hashing.py: c1*P**(n-1) + ... + cn modulo 2**64. Folding
 * looks at one character at a time, so what stands between white space can be taken on its own;
 * only runs of words reach across.
 */
#ifndef ESC_TERMS_H
#define ESC_TERMS_H

#include "fold.h"
#include "pieces.h"
#include "weigh.h"

#define BASE 0x9E3779B97F4A7C15u
#define MAX_NGRAM 16u
/* In longer texts sums that are corrected later could lose digits. */
#define MAX_KEPT ((size_t)1 << 16)

enum { KIND_WORD, KIND_CHAR, KIND_CLASS };
/* What becomes of known terms: weighed at once, kept with their piece, or noted with places. */
enum { WEIGH, KEEP, PLACE };

/* A table with the shortest and the longest of its n-grams. Where these are runs of classes, each
 * word gives way to the name of its class: `named` has one for each row of `words`, and one more for
 * all others. */
typedef struct {
    Table table;
    int kind;
    size_t low, high;
    Table words; /* of hashes alone */
    const Word *named;
} Block;

typedef struct {
    uint32_t row, start, end;
} Place;

/* A growing array of whatever; extending it by nothing gives memory too. */
typedef struct {
    void *item;
    size_t size, capacity;
} List;

static void *list_extend(List *list, size_t more, size_t item)
{
    if (!list->item || list->size + more > list->capacity) {
        size_t capacity = list->size + more + list->capacity / 2 + 64;
        void *grown = realloc(list->item, capacity * item);
        if (!grown)
            return NULL;
        list->item = grown;
        list->capacity = capacity;
    }
    list->size += more;
    return (char *)list->item + (list->size - more) * item;
}

/* The words of a sentence, or their classes, that a block of runs has seen. */
typedef struct {
    Word ring[MAX_NGRAM]; /* the latest */
    size_t n_words;
    Candidates runs; /* of two or more */
} Train;

typedef struct {
    const Block *block;
    size_t blocks, labels, readers; /* readers are the blocks that read words */
    int only; /* the one block whose places are wanted, else -1 */
    int mode; /* of the piece at hand */
    const Page *page[N_PAGES];
    unsigned char missing[N_PAGES];
    Units units;
    Candidates local; /* inside the piece */
    Train train[MAX_BLOCKS];
    Found found;
    Sums sums[MAX_BLOCKS];
    Pieces pieces;
    List rows, words, scratch; /* of uint32_t, Word and double: the piece to be kept */
    List again;                /* of uint32_t: rows of a piece that occurred before */
    List places;               /* of Place */
    size_t base;               /* where the piece lies among all laid units */
} Search;

/* Look up what has gathered. */
static int settle(Search *search, size_t b, Candidates *candidates, int mode)
{
    Found *found = &search->found;
    look_up(&search->block[b].table, candidates, found);
    candidates->size = 0;
    if (mode == WEIGH) {
        prefetch_weights(&search->block[b].table, found->row, found->size);
        return weigh(&search->block[b].table, &search->sums[b], found->row, found->size);
    }
    if (mode == KEEP) {
        uint32_t *rows = list_extend(&search->rows, found->size, sizeof(uint32_t));
        if (rows)
            memcpy(rows, found->row, found->size * sizeof(uint32_t));
        return rows != NULL;
    }
    Place *places = list_extend(&search->places, found->size, sizeof(Place));
    for (size_t i = 0; places && i < found->size; i++) {
        uint32_t index = found->index[i];
        places[i].row = found->row[i];
        places[i].start = (uint32_t)candidates->start[index];
        places[i].end = (uint32_t)candidates->end[index];
    }
    return places != NULL;
}

static inline int suggest(Search *search, size_t b, Candidates *candidates, int mode,
                          uint64_t hash, size_t start, size_t end)
{
    candidates->hash[candidates->size] = hash;
    candidates->start[candidates->size] = start;
    candidates->end[candidates->size] = end;
    return ++candidates->size < LOAD || settle(search, b, candidates, mode);
}

/* Put a word behind those before it, and suggest all runs of two or more that it ends. */
static inline int follow(Search *search, size_t b, uint64_t hash, uint64_t power)
{
    const Block *block = &search->block[b];
    Train *train = &search->train[b];
    int mode = search->mode == KEEP ? WEIGH : search->mode;
    size_t words = ++train->n_words;
    train->ring[words % MAX_NGRAM].hash = hash;
    train->ring[words % MAX_NGRAM].power = power;
    for (size_t n = 2; n <= block->high && n <= words; n++) {
        const Word *before = &train->ring[(words - n + 1) % MAX_NGRAM];
        hash += (before->hash * BASE + 32) * power;
        power *= BASE * before->power;
        /* Runs are looked up at the end of the sentence, by when the index is at hand. */
        PREFETCH(&block->table.first[hash >> block->table.shift]);
        if (n >= block->low &&
            !suggest(search, b, &train->runs, mode, hash, words - n, words))
            return 0;
    }
    return 1;
}

/* The class of a word, as hash and power of its name. */
static inline const Word *class_of(const Block *block, uint64_t hash)
{
    const uint32_t *first = &block->words.first[hash >> block->words.shift];
    uint32_t low = first[0], high = first[1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (block->words.hash[middle] == hash)
            return &block->named[middle];
        if (block->words.hash[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return &block->named[block->words.rows];
}

/* A word is two or more word characters. */
static int find_words(Search *search, size_t b)
{
    const Block *block = &search->block[b];
    Train *train = &search->train[b];
    const uint32_t *unit = search->units.unit;
    size_t size = search->units.size, at = 0;
    for (;;) {
        while (at < size && !(unit[at] & UNIT_WORD))
            at++;
        if (at == size)
            return 1;
        uint64_t hash = 0, power = 1;
        size_t start = at;
        /* The last unit is a blank, so a word ends before the units do. */
        for (; unit[at] & UNIT_WORD; at++) {
            hash = hash * BASE + (unit[at] & UNIT_CODE);
            power *= BASE;
        }
        if (at - start < 2)
            continue;
        if (block->kind == KIND_CLASS) {
            const Word *named = class_of(block, hash);
            hash = named->hash;
            power = named->power;
        }
        if (search->mode == KEEP) {
            Word *word = list_extend(&search->words, 1, sizeof(Word));
            if (!word)
                return 0;
            word->hash = hash;
            word->power = power;
        }
        if (block->low == 1 && !suggest(search, b, &search->local, search->mode, hash,
                                        train->n_words, train->n_words + 1))
            return 0;
        if (search->mode != KEEP && !follow(search, b, hash, power))
            return 0;
    }
}

/* A window may have the blank before or after a word at its ends, but none inside. */
static int find_windows(Search *search, size_t b)
{
    const uint32_t *unit = search->units.unit;
    size_t size = search->units.size, base = search->base;
    size_t low = search->block[b].low, high = search->block[b].high;
    for (size_t start = 0; start + 1 < size;) {
        size_t stop = start + 1; /* the blank after the word that the blank at `start` precedes */
        while (unit[stop] != BLANK)
            stop++;
        for (size_t begin = start; begin < stop; begin++) {
            uint64_t hash = unit[begin] & UNIT_CODE;
            size_t last = high - 1 < stop - begin ? begin + high - 1 : stop;
            for (size_t at = begin + 1; at <= last; at++) {
                hash = hash * BASE + (unit[at] & UNIT_CODE);
                if (at - begin + 1 >= low && !suggest(search, b, &search->local, search->mode, hash,
                                                      base + begin, base + at + 1))
                    return 0;
            }
        }
        start = stop;
    }
    return 1;
}

/* Find the terms of the piece that was folded; note how many rows are kept for each block. */
static int find_terms(Search *search, uint32_t *kept)
{
    for (size_t b = 0; b < search->blocks; b++) {
        if (search->only >= 0 && b != (size_t)search->only)
            continue;
        size_t before = search->rows.size;
        int fine = search->block[b].kind == KIND_CHAR ? find_windows(search, b)
                                                      : find_words(search, b);
        if (!fine || !settle(search, b, &search->local, search->mode))
            return 0;
        kept[b] = (uint32_t)(search->rows.size - before);
    }
    search->base += search->units.size - 1;
    return 1;
}

#endif
