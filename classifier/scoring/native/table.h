/* The table of terms that is mapped from disk, and looking hashes up in it. */
#ifndef ESC_TABLE_H
#define ESC_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__GNUC__) || defined(__clang__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif

/* The terms of one kind. The first three arrays belong to the model; `first[b]` is the first row
 * whose hash has the leading bits b, and is our own, so that whatever happens to the mapped file
 * no row outside the table is ever read. */
typedef struct {
    const uint64_t *hash;
    const float *idf, *coef;
    size_t rows, labels;
    uint32_t *first;
    unsigned shift;
} Table;

/* Return 0 where memory is short, -1 where the hashes are not in order. */
static int table_index(Table *table)
{
    unsigned bits = 1;
    while (bits < 24 && ((size_t)1 << bits) < 2 * table->rows)
        bits++;
    size_t buckets = (size_t)1 << bits;
    table->shift = 64 - bits;
    table->first = malloc((buckets + 1) * sizeof(uint32_t));
    if (!table->first)
        return 0;
    size_t next = 0;
    for (size_t row = 0; row < table->rows; row++) {
        if (row && table->hash[row] <= table->hash[row - 1])
            return -1;
        size_t bucket = (size_t)(table->hash[row] >> table->shift);
        while (next <= bucket)
            table->first[next++] = (uint32_t)row;
    }
    while (next <= buckets)
        table->first[next++] = (uint32_t)table->rows;
    return 1;
}

/* Candidates are looked up a load at a time, so that the memory is asked for many at once. */
#define LOAD 256

typedef struct {
    uint64_t hash[LOAD];
    size_t start[LOAD], end[LOAD];
    size_t size;
} Candidates;

typedef struct {
    uint32_t row[LOAD], index[LOAD]; /* the row of a known term, and which candidate it was */
    size_t size;
} Found;

static void look_up(const Table *table, const Candidates *candidates, Found *found)
{
    uint32_t low[LOAD], high[LOAD];
    size_t some = 0, known = 0;
    for (size_t i = 0; i < candidates->size; i++)
        PREFETCH(&table->first[candidates->hash[i] >> table->shift]);
    for (size_t i = 0; i < candidates->size; i++) {
        const uint32_t *first = &table->first[candidates->hash[i] >> table->shift];
        low[some] = first[0];
        high[some] = first[1];
        found->index[some] = (uint32_t)i;
        PREFETCH(&table->hash[first[0]]);
        some += first[0] < first[1];
    }
    for (size_t i = 0; i < some; i++) {
        uint32_t index = found->index[i], l = low[i], h = high[i];
        uint64_t hash = candidates->hash[index];
        while (h - l > 4) { /* only where somebody has crafted the hashes */
            uint32_t middle = l + (h - l) / 2;
            if (table->hash[middle] <= hash)
                l = middle;
            else
                h = middle;
        }
        while (l + 1 < h && table->hash[l] != hash)
            l++;
        found->row[known] = l;
        found->index[known] = index;
        known += table->hash[l] == hash;
    }
    found->size = known;
}

#endif
