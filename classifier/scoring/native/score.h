/* A sentence, piece by piece: from the pieces that are known, or else from the table. */
#ifndef ESC_SCORE_H
#define ESC_SCORE_H

#include "terms.h"

static void search_free(Search *search)
{
    if (!search)
        return;
    for (size_t b = 0; b < MAX_BLOCKS; b++)
        sums_free(&search->sums[b]);
    free(search->pieces.slot);
    free(search->pieces.arena);
    free(search->units.unit);
    free(search->rows.item);
    free(search->words.item);
    free(search->places.item);
    free(search->scratch.item);
    free(search->again.item);
    free(search);
}

static Search *search_make(const Block *block, size_t blocks, size_t labels)
{
    Search *search = calloc(1, sizeof(Search));
    int fine = search && pieces_make(&search->pieces);
    for (size_t b = 0; fine && b < blocks; b++)
        fine = sums_make(&search->sums[b], &block[b].table);
    if (!fine) {
        search_free(search);
        return NULL;
    }
    search->block = block;
    search->blocks = blocks;
    search->labels = labels;
    for (size_t b = 0; b < blocks; b++)
        search->readers += block[b].kind != KIND_CHAR;
    return search;
}

/* Count a piece whose sums are known. */
static int add_piece(Search *search, Piece *piece)
{
    size_t stride = search->labels + 1, sums = search->blocks * stride;
    const double *sum = piece_sums(piece);
    const Word *words = piece_words(piece, sums);
    const uint32_t *rows = piece_rows(piece, sums);
    size_t many = search->readers ? piece->words / search->readers : 0;
    for (size_t b = 0; b < search->blocks; b++, sum += stride) {
        Sums *into = &search->sums[b];
        search->again.size = 0;
        uint32_t *again = list_extend(&search->again, piece->rows[b], sizeof(uint32_t));
        for (size_t label = 0; label < search->labels; label++)
            into->sum[label] += sum[label];
        into->square += sum[search->labels];
        if (!again || !correct(&search->block[b].table, into, rows, piece->rows[b], again))
            return 0;
        rows += piece->rows[b];
        if (search->block[b].kind == KIND_CHAR)
            continue;
        for (size_t i = 0; i < many; i++, words++)
            if (!follow(search, b, words->hash, words->power))
                return 0;
    }
    return 1;
}

/* Build a piece from what was found in it, among the known ones or where there is no room for it
 * in memory that the next one takes. */
static Piece *keep_piece(Search *search, uint64_t hash, const Piece *counts,
                         const unsigned char *text)
{
    size_t stride = search->labels + 1, sums = search->blocks * stride;
    const uint32_t *rows = search->rows.item;
    Piece *piece = pieces_add(&search->pieces, hash, counts, sums);
    if (!piece) {
        search->scratch.size = 0;
        piece = list_extend(&search->scratch, piece_size(counts, sums), sizeof(double));
        if (!piece)
            return NULL;
        *piece = *counts;
    }
    if (counts->words) /* a list that was never used has no memory */
        memcpy(piece_words(piece, sums), search->words.item, counts->words * sizeof(Word));
    if (search->rows.size)
        memcpy(piece_rows(piece, sums), rows, search->rows.size * sizeof(uint32_t));
    memcpy(piece_bytes(piece), text, counts->bytes);
    rows = piece_rows(piece, sums);
    for (size_t b = 0; b < search->blocks; b++) {
        prefetch_weights(&search->block[b].table, rows, counts->rows[b]);
        double *sum = piece_sums(piece) + b * stride;
        Sums once = {.square = 0, .sum = sum};
        memset(sum, 0, stride * sizeof(double));
        for (size_t i = 0; i < counts->rows[b]; i++)
            add_weight(&search->block[b].table, &once, rows[i], 1, 1);
        sum[search->labels] = once.square;
        rows += counts->rows[b];
    }
    return piece;
}

/* Pieces are cut some at a time, and those of the next texts before the first text is looked at, so
 * that the memory of all of them is asked for long before it is needed. */
#define AHEAD 32

typedef struct {
    const unsigned char *text;
    size_t bytes;
    uint64_t hash; /* of what may be kept */
} Span;

/* A text and the pieces of it that come next; none at its end. */
typedef struct {
    const unsigned char *at, *end; /* what is not cut yet */
    size_t longest;                /* piece that is kept: none where places are wanted */
    size_t n;
    Span span[AHEAD];
} Cut;

/* Cut the next pieces and ask for their slots. */
static void cut_more(const Search *search, Cut *cut)
{
    const unsigned char *at = cut->at, *end = cut->end;
    size_t n = 0;
    while (n < AHEAD) {
        while (at < end && is_space(*at))
            at++;
        if (at == end)
            break;
        Span *span = &cut->span[n++];
        span->text = at;
        while (at < end && !is_space(*at))
            at++;
        span->bytes = (size_t)(at - span->text);
        if (span->bytes <= cut->longest) {
            span->hash = piece_hash(span->text, span->bytes);
            PREFETCH(pieces_slot(&search->pieces, span->hash));
        }
    }
    cut->at = at;
    cut->n = n;
}

static void cut_first(const Search *search, Cut *cut, const unsigned char *text, size_t length,
                      int only)
{
    cut->at = text;
    cut->end = text + length;
    cut->longest = only < 0 && length <= MAX_KEPT ? PIECE_BYTES : 0;
    cut_more(search, cut);
}

/* Ask for the pieces that were cut. */
static void ask(const Search *search, const Cut *cut)
{
    for (size_t i = 0; i < cut->n; i++)
        if (cut->span[i].bytes <= cut->longest)
            pieces_prefetch(&search->pieces, cut->span[i].hash);
}

/* Find the terms of a piece and weigh them, or note their places. `state` is FOLDED, or what an
 * earlier piece of the sentence needs. */
static int search_piece(Search *search, const Span *span, size_t longest, int state)
{
    Piece counts = {.bytes = 0};
    search->mode = search->only < 0 ? WEIGH : PLACE;
    if (span->bytes <= longest) {
        Piece *known = pieces_find(&search->pieces, span->hash, span->text, span->bytes);
        search->mode = KEEP;
        search->rows.size = search->words.size = 0;
        if (known)
            return state != FOLDED || add_piece(search, known) ? state : NO_MEMORY;
    }
    int folded = fold(search->page, span->text, span->bytes, &search->units, search->missing);
    if (folded != FOLDED)
        return folded; /* after missing pages the search goes on, so that all are named at once */
    if (state != FOLDED)
        return state;
    if (!find_terms(search, counts.rows))
        return NO_MEMORY;
    if (search->mode == KEEP) {
        counts.bytes = (uint32_t)span->bytes;
        counts.words = (uint32_t)search->words.size;
        /* Added like a known one, so that sums do not depend on what was seen before. */
        Piece *kept = keep_piece(search, span->hash, &counts, span->text);
        if (!kept || !add_piece(search, kept))
            return NO_MEMORY;
    }
    return FOLDED;
}

/* Find the terms of a sentence whose first pieces are cut, and weigh them, or note their places where
 * `only` names a block. */
static int search_text(Search *search, Cut *cut, int only)
{
    int state = FOLDED;
    search->only = only;
    search->base = search->places.size = search->local.size = 0;
    for (size_t b = 0; b < search->blocks; b++) {
        search->train[b].n_words = search->train[b].runs.size = 0;
        if (!sums_clear(&search->sums[b], &search->block[b].table))
            return NO_MEMORY;
    }
    while (cut->n) {
        for (size_t i = 0; i < cut->n; i++) {
            state = search_piece(search, &cut->span[i], cut->longest, state);
            if (state == NEEDS_PYTHON || state == NO_MEMORY)
                return state;
        }
        cut_more(search, cut);
        ask(search, cut);
    }
    for (size_t b = 0; b < search->blocks; b++)
        if (search->train[b].runs.size &&
            !settle(search, b, &search->train[b].runs, only < 0 ? WEIGH : PLACE))
            return NO_MEMORY;
    return state;
}

#endif
