/* Pieces that have been seen: what stands between white space, with all that follows from it.
 *
 * Most of a text are words that it has had before. For each piece the rows of its terms are kept,
 * and the sums that they come to if none of them occurs twice; the rest is corrected by weigh().
 */
#ifndef ESC_PIECES_H
#define ESC_PIECES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define MAX_BLOCKS 3
#define PIECE_BYTES 64 /* longer ones are seldom seen twice */
#define PIECE_BITS 16
#define MAX_PIECES ((size_t)3 << (PIECE_BITS - 2)) /* three slots in four */
#define ARENA_BYTES ((size_t)16 << 20)
#define MAX_PROBES 32
#define PREFETCHED 64u /* of a piece, in units of eight bytes */

typedef struct {
    uint64_t hash, power; /* power is the base to the number of characters */
} Word;

/* Followed by the bytes of the piece, filled up to eight, which are looked at first; the sums of each
 * block with the square at their end, the words of each block of runs, and the rows of each block. */
typedef struct {
    uint32_t bytes, words, rows[MAX_BLOCKS]; /* words of all blocks together */
    uint32_t unused;                         /* a multiple of eight bytes */
} Piece;

typedef struct {
    uint64_t hash;
    uint32_t place; /* in the arena, in units of eight bytes, plus one; 0 for none */
    uint32_t size;  /* in the same units */
} PieceSlot;

typedef struct {
    PieceSlot *slot;
    double *arena; /* doubles for their alignment */
    size_t pieces, used;
} Pieces;

static int pieces_make(Pieces *pieces)
{
    /* Both are touched only as far as they fill. */
    pieces->slot = calloc((size_t)1 << PIECE_BITS, sizeof(PieceSlot));
    pieces->arena = malloc(ARENA_BYTES);
    return pieces->slot && pieces->arena;
}

static inline uint64_t piece_hash(const unsigned char *text, size_t length)
{
    uint64_t hash = length, next;
    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&next, text, 8);
        hash = (hash ^ next) * 0x9FB21C651E98DF25u;
        hash ^= hash >> 32;
    }
    next = 0;
    for (size_t i = 0; i < length; i++)
        next = next << 8 | text[i];
    hash = (hash ^ next) * 0x9FB21C651E98DF25u;
    return hash ^ hash >> 32;
}

static inline unsigned char *piece_bytes(Piece *piece)
{
    return (unsigned char *)(piece + 1);
}

static inline double *piece_sums(Piece *piece)
{
    return (double *)(piece + 1) + (piece->bytes + 7) / 8;
}

static inline Word *piece_words(Piece *piece, size_t sums)
{
    return (Word *)(piece_sums(piece) + sums);
}

static inline uint32_t *piece_rows(Piece *piece, size_t sums)
{
    return (uint32_t *)(piece_words(piece, sums) + piece->words);
}

/* The size of a piece in units of eight bytes. */
static inline size_t piece_size(const Piece *counts, size_t sums)
{
    size_t rows = 0;
    for (size_t b = 0; b < MAX_BLOCKS; b++)
        rows += counts->rows[b];
    return (sizeof(Piece) + counts->words * sizeof(Word)) / 8 + (counts->bytes + 7) / 8 + sums +
           (rows + 1) / 2;
}

static inline const PieceSlot *pieces_slot(const Pieces *pieces, uint64_t hash)
{
    return &pieces->slot[hash & (((size_t)1 << PIECE_BITS) - 1)];
}

/* Ask for the memory of the piece that is probably meant. */
static inline void pieces_prefetch(const Pieces *pieces, uint64_t hash)
{
    const PieceSlot *slot = pieces_slot(pieces, hash);
    if (slot->place)
        for (uint32_t at = 0; at < slot->size && at < PREFETCHED; at += 8) /* of 64 bytes */
            PREFETCH(pieces->arena + slot->place - 1 + at);
}

/* Find a piece; NULL where it is not known. */
static inline Piece *pieces_find(const Pieces *pieces, uint64_t hash, const unsigned char *text,
                                 size_t length)
{
    for (size_t probe = 0; probe < MAX_PROBES; probe++) {
        size_t at = (hash + probe) & (((size_t)1 << PIECE_BITS) - 1);
        const PieceSlot *slot = &pieces->slot[at];
        if (!slot->place)
            return NULL;
        if (slot->hash != hash)
            continue;
        Piece *piece = (Piece *)(pieces->arena + slot->place - 1);
        if (piece->bytes == length && !memcmp(piece_bytes(piece), text, length))
            return piece;
    }
    return NULL;
}

/* Make room for a piece of given counts; NULL where it can not be kept. When the arena is full
 * everything is forgotten: what is frequent comes back at once. */
static Piece *pieces_add(Pieces *pieces, uint64_t hash, const Piece *counts, size_t sums)
{
    size_t size = piece_size(counts, sums);
    if (size > ARENA_BYTES / 8)
        return NULL;
    if (pieces->used + size > ARENA_BYTES / 8 || pieces->pieces == MAX_PIECES) {
        memset(pieces->slot, 0, sizeof(PieceSlot) << PIECE_BITS);
        pieces->used = pieces->pieces = 0;
    }
    for (size_t probe = 0; probe < MAX_PROBES; probe++) {
        size_t at = (hash + probe) & (((size_t)1 << PIECE_BITS) - 1);
        PieceSlot *slot = &pieces->slot[at];
        if (slot->place)
            continue;
        Piece *piece = (Piece *)(pieces->arena + pieces->used);
        *piece = *counts;
        slot->hash = hash;
        slot->place = (uint32_t)(pieces->used + 1);
        slot->size = (uint32_t)size;
        pieces->used += size;
        pieces->pieces++;
        return piece;
    }
    return NULL;
}

#endif
