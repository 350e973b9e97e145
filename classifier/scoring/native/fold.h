/* Folding: UTF-8 in, lower case without accents out, one unit a code point.
 *
 * What a character folds to is not known here. Python says so, page by page of 256 characters
 * (scoring/kernel.py), so that the running interpreter's Unicode is the one that counts.
 */
#ifndef ESC_FOLD_H
#define ESC_FOLD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 256u
#define N_PAGES (0x110000u / PAGE_SIZE)

/* A unit: the code point, 0x110000 for NUL, and what kind of character it is. */
#define UNIT_CODE 0x1FFFFFu
#define UNIT_WORD (1u << 21)
#define UNIT_SPACE (1u << 22)
#define UNIT_KNOWN (UNIT_CODE | UNIT_WORD | UNIT_SPACE)
#define BLANK (UNIT_SPACE | 32u)

/* Bytes that Python counts as white space, whatever it thinks of other characters. */
static inline int is_space(unsigned char byte)
{
    return byte == ' ' || (byte >= 9 && byte <= 13) || (byte >= 28 && byte <= 31);
}

/* An entry of a page is a unit, or one of these. */
#define ENTRY_MANY (1u << 30) /* bits 0-15: where in the pool, bits 16-23: how many units */
#define ENTRY_HARD (1u << 31) /* depends on the neighbours: Python's own folding is needed */

typedef struct {
    uint32_t entry[PAGE_SIZE];
    uint32_t pool[]; /* no longer than add_page() has checked */
} Page;

typedef struct {
    uint32_t *unit;
    size_t size, capacity;
} Units;

enum { FOLDED, NEEDS_PAGES, NEEDS_PYTHON, NO_MEMORY };

static inline int units_reserve(Units *units, size_t wanted)
{
    if (wanted > units->capacity) {
        size_t capacity = wanted + wanted / 2 + 256;
        uint32_t *grown = realloc(units->unit, capacity * sizeof(uint32_t));
        if (!grown)
            return 0;
        units->unit = grown;
        units->capacity = capacity;
    }
    return 1;
}

static inline void units_push(Units *units, uint32_t unit)
{
    /* Runs of white space become one blank, which is how windows of characters are laid. */
    if (unit & UNIT_SPACE) {
        if (units->unit[units->size - 1] != BLANK)
            units->unit[units->size++] = BLANK;
    } else {
        units->unit[units->size++] = unit;
    }
}

/* Fold valid UTF-8 into units with one blank before, between and after the words; a lone blank is
 * what is left where nothing else is.
 *
 * Characters of unknown pages are skipped and their pages marked in `missing`.
 */
static int fold(const Page *const *pages, const unsigned char *text, size_t length, Units *units,
                unsigned char *missing)
{
    const unsigned char *at = text, *end = text + length;
    int status = FOLDED;
    if (!units_reserve(units, length + 2))
        return NO_MEMORY;
    units->unit[0] = BLANK;
    units->size = 1;
    while (at < end) {
        uint32_t code = *at++;
        if (code >= 0x80) {
            /* CPython made these bytes from a str, so the sequence is whole. */
            if (code < 0xE0) {
                code = (code & 0x1F) << 6 | (at[0] & 0x3Fu);
                at += 1;
            } else if (code < 0xF0) {
                code = (code & 0x0F) << 12 | (at[0] & 0x3Fu) << 6 | (at[1] & 0x3Fu);
                at += 2;
            } else {
                code = (code & 0x07) << 18 | (at[0] & 0x3Fu) << 12 | (at[1] & 0x3Fu) << 6 |
                       (at[2] & 0x3Fu);
                at += 3;
            }
        }
        const Page *page = pages[code / PAGE_SIZE];
        if (!page) {
            missing[code / PAGE_SIZE] = 1;
            status = NEEDS_PAGES;
            continue;
        }
        uint32_t entry = page->entry[code % PAGE_SIZE];
        if (!(entry & (ENTRY_MANY | ENTRY_HARD))) {
            units_push(units, entry);
            continue;
        }
        if (entry & ENTRY_HARD)
            return NEEDS_PYTHON;
        size_t many = entry >> 16 & 0xFF;
        const uint32_t *from = page->pool + (entry & 0xFFFF);
        /* One unit for each byte to come is enough for all that does not expand. */
        if (!units_reserve(units, units->size + many + (size_t)(end - at) + 1))
            return NO_MEMORY;
        for (size_t i = 0; i < many; i++)
            units_push(units, from[i]);
    }
    if (units->unit[units->size - 1] != BLANK)
        units->unit[units->size++] = BLANK;
    return status;
}

#endif
