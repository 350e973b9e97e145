/* From rows to sums: sublinear counts times inverse document frequency, and their squares.
 *
 * Sums are kept up to date occurrence by occurrence. The c-th one of a term lifts its weight from
 * 1 + log(c - 1) to 1 + log(c), times its inverse document frequency.
 */
#ifndef ESC_WEIGH_H
#define ESC_WEIGH_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

typedef struct {
    uint32_t row, count; /* no count, no row */
} Slot;

/* How often each row occurred in one sentence: open addressing, at most half full. */
typedef struct {
    Slot *slot;
    size_t size, capacity; /* the capacity is a power of two */
    unsigned shift;
} Counter;

#define COUNTER_BITS 10
#define COUNTER_KEEP ((size_t)1 << 13)

static int counter_make(Counter *counter, unsigned bits)
{
    counter->slot = calloc((size_t)1 << bits, sizeof(Slot));
    counter->capacity = (size_t)1 << bits;
    counter->shift = 32 - bits;
    counter->size = 0;
    return counter->slot != NULL;
}

static inline Slot *counter_at(const Counter *counter, uint32_t row)
{
    size_t at = (uint32_t)(row * 2654435761u) >> counter->shift;
    while (counter->slot[at].count && counter->slot[at].row != row)
        at = (at + 1) & (counter->capacity - 1);
    return &counter->slot[at];
}

/* Make room for more rows. There are fewer than 2**28, so that a shift is left. */
static inline int counter_reserve(Counter *counter, size_t more)
{
    if (counter->size + more <= counter->capacity / 2)
        return 1;
    unsigned bits = 32 - counter->shift;
    while (((size_t)1 << bits) / 2 < counter->size + more)
        bits++;
    Counter grown;
    if (!counter_make(&grown, bits))
        return 0;
    for (size_t i = 0; i < counter->capacity; i++)
        if (counter->slot[i].count)
            *counter_at(&grown, counter->slot[i].row) = counter->slot[i];
    grown.size = counter->size;
    free(counter->slot);
    *counter = grown;
    return 1;
}

static int counter_clear(Counter *counter)
{
    if (counter->capacity > COUNTER_KEEP) { /* after one huge sentence, others stay quick */
        free(counter->slot);
        counter->slot = NULL;
        counter->capacity = 0;
        return counter_make(counter, COUNTER_BITS);
    }
    memset(counter->slot, 0, counter->capacity * sizeof(Slot));
    counter->size = 0;
    return 1;
}

/* Of one kind of term in one sentence. */
typedef struct {
    Counter counter;
    double square, *sum; /* a sum for each label */
} Sums;

static inline double sublinear(uint32_t count)
{
    static const double KNOWN[8] = {
        0, 1, 1.6931471805599453, 2.0986122886681098, 2.3862943611198906, 2.6094379124341003,
        2.791759469228055, 2.9459101490553132};
    return count < 8 ? KNOWN[count] : 1 + log((double)count);
}

static inline void add_weight(const Table *table, Sums *sums, uint32_t row, double value,
                              double square)
{
    double idf = (double)table->idf[row];
    const float *coef = table->coef + row * table->labels;
    double *sum = sums->sum;
    sums->square += square * idf * idf;
    for (size_t label = 0; label < table->labels; label++)
        sum[label] += value * idf * (double)coef[label];
}

/* Ask for the weights of all rows before the first is used. */
static inline void prefetch_weights(const Table *table, const uint32_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        PREFETCH(&table->idf[rows[i]]);
        PREFETCH(&table->coef[rows[i] * table->labels]);
    }
}

/* Count rows. Where `first` is 1 their first occurrence has been added already, as with the sums
 * that are kept for a piece: only what further ones differ by is added. */
static inline int weigh(const Table *table, Sums *sums, const uint32_t *rows, size_t n, int first)
{
    Counter *counter = &sums->counter;
    if (!counter_reserve(counter, n))
        return 0;
    for (size_t i = 0; i < n; i++) {
        Slot *slot = counter_at(counter, rows[i]);
        uint32_t before = slot->count++;
        if (!before) {
            slot->row = rows[i];
            counter->size++;
            if (first)
                continue;
        }
        double old = sublinear(before), new = sublinear(before + 1);
        add_weight(table, sums, rows[i], new - old - first, new * new - old * old - first);
    }
    return 1;
}

/* Add the normalised sums to the logits. */
static void add_sums(const Sums *sums, size_t labels, double *logits)
{
    if (sums->square > 0) {
        double scale = 1 / sqrt(sums->square);
        for (size_t label = 0; label < labels; label++)
            logits[label] += sums->sum[label] * scale;
    }
}

#endif
