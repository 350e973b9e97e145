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

/* How often each row occurred again in one sentence: open addressing, at most half full. */
typedef struct {
    Slot *slot;
    size_t size, capacity; /* the capacity is a power of two */
    unsigned shift;
} Counter;

#define COUNTER_BITS 8
#define COUNTER_KEEP ((size_t)1 << 11)

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

/* Of one kind of term in one sentence. Few rows occur twice in a sentence, and these alone are
 * counted: `seen` has a byte for each row of the table, which says whether it occurred by naming
 * the sentence, so that it need not be wiped for each. */
typedef struct {
    Counter counter;
    unsigned char *seen, now; /* `now` is the number of the sentence, from 1 to 255 */
    double square, *sum;      /* a sum for each label */
} Sums;

static int sums_make(Sums *sums, const Table *table)
{
    sums->sum = malloc(table->labels * sizeof(double));
    sums->seen = calloc(table->rows + 1, 1); /* touched only as far as rows occur */
    return counter_make(&sums->counter, COUNTER_BITS) && sums->sum && sums->seen;
}

static void sums_free(Sums *sums)
{
    free(sums->counter.slot);
    free(sums->seen);
    free(sums->sum);
}

/* Begin a sentence. */
static int sums_clear(Sums *sums, const Table *table)
{
    sums->square = 0;
    memset(sums->sum, 0, table->labels * sizeof(double));
    if (!++sums->now) { /* all numbers are used up */
        memset(sums->seen, 0, table->rows);
        sums->now = 1;
    }
    return !sums->counter.size || counter_clear(&sums->counter);
}

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

/* Count one more occurrence of a row that occurred before, of which `first` have been added in
 * `sums` already: 0, or 1 for the sums that are kept for a piece. */
static inline void weigh_again(const Table *table, Sums *sums, uint32_t row, int first)
{
    Slot *slot = counter_at(&sums->counter, row);
    sums->counter.size += !slot->count;
    slot->row = row;
    uint32_t before = ++slot->count;
    double old = sublinear(before), new = sublinear(before + 1);
    add_weight(table, sums, row, new - old - first, new * new - old * old - first);
}

/* Count rows and add their weights. */
static inline int weigh(const Table *table, Sums *sums, const uint32_t *rows, size_t n)
{
    if (!counter_reserve(&sums->counter, n))
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (sums->seen[rows[i]] == sums->now) {
            weigh_again(table, sums, rows[i], 0);
        } else {
            sums->seen[rows[i]] = sums->now;
            add_weight(table, sums, rows[i], 1, 1);
        }
    }
    return 1;
}

/* Count rows whose weights have been added as if none occurred before or twice, and correct what
 * did. `again` has room for all rows. */
static inline int correct(const Table *table, Sums *sums, const uint32_t *rows, size_t n,
                          uint32_t *again)
{
    unsigned char *seen = sums->seen, now = sums->now;
    size_t many = 0;
    for (size_t i = 0; i < n; i++) { /* free of branches, which nobody could foretell */
        again[many] = rows[i];
        many += seen[rows[i]] == now;
        seen[rows[i]] = now;
    }
    if (!counter_reserve(&sums->counter, many))
        return 0;
    for (size_t i = 0; i < many; i++)
        weigh_again(table, sums, again[i], 1);
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
