/* What a kernel holds: a model's arrays, checked and indexed, and the searches that calls take. */
#ifndef ESC_HOLD_H
#define ESC_HOLD_H

#include "score.h"

#define MAX_ROWS (1u << 28)
#define MAX_SPARE 4

typedef struct {
    PyObject_HEAD
    size_t labels, blocks;
    double *intercept;
    Block block[MAX_BLOCKS];
    Py_buffer buffer[5 * MAX_BLOCKS]; /* hold the model's arrays */
    size_t buffers;
    Page *page[N_PAGES];      /* written under the lock, and a page never changes nor goes */
    Search *spare[MAX_SPARE]; /* with the pieces that they have seen; taken under the lock */
    size_t spares;
} Kernel;

/* Take hold of an array of `count` items; NULL with an exception where it is of another size. */
static const void *hold(Kernel *kernel, PyObject *array, size_t count, size_t item)
{
    Py_buffer *buffer = &kernel->buffer[kernel->buffers];
    if (PyObject_GetBuffer(array, buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    kernel->buffers++;
    if ((size_t)buffer->len / item != count || (size_t)buffer->len % item ||
        (uintptr_t)buffer->buf % item) {
        PyErr_SetString(PyExc_ValueError, "an array is of the wrong size or not aligned");
        return NULL;
    }
    return count ? buffer->buf : kernel; /* of nothing, any address but NULL */
}

static int index_hashes(Table *table)
{
    int made = table_index(table);
    if (made == 0)
        PyErr_NoMemory();
    if (made < 0)
        PyErr_SetString(PyExc_ValueError, "the hashes are not in order");
    return made == 1 ? 0 : -1;
}

/* Take hold of the classes of words: their hashes, and a name for each and one for all others. */
static int add_classes(Kernel *kernel, Block *block, PyObject *given)
{
    PyObject *hash, *named;
    Py_ssize_t rows;
    if (!PyTuple_Check(given) || !PyArg_ParseTuple(given, "nOO", &rows, &hash, &named)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "a block of classes comes without them");
        return -1;
    }
    if (rows < 0 || rows > (Py_ssize_t)MAX_ROWS) {
        PyErr_SetString(PyExc_ValueError, "too many words");
        return -1;
    }
    block->words.rows = (size_t)rows;
    if (!(block->words.hash = hold(kernel, hash, (size_t)rows, sizeof(uint64_t))) ||
        !(block->named = hold(kernel, named, 2 * ((size_t)rows + 1), sizeof(uint64_t))))
        return -1;
    return index_hashes(&block->words);
}

static int add_block(Kernel *kernel, PyObject *given)
{
    PyObject *hash, *idf, *coef, *classes;
    Py_ssize_t rows, low, high;
    int kind;
    if (!PyArg_ParseTuple(given, "inOOOnnO", &kind, &rows, &hash, &idf, &coef, &low, &high,
                          &classes))
        return -1;
    Py_ssize_t shortest = kind == KIND_CHAR ? 2 : 1;
    if (rows < 0 || (size_t)rows > SIZE_MAX / sizeof(float) / kernel->labels ||
        rows > (Py_ssize_t)MAX_ROWS || low < shortest || high < low ||
        high > (Py_ssize_t)MAX_NGRAM || kind < KIND_WORD || kind > KIND_CLASS) {
        PyErr_SetString(PyExc_ValueError, "a block has a kind, size or n-grams out of bounds");
        return -1;
    }
    for (size_t b = 0; b < kernel->blocks; b++)
        if (kernel->block[b].kind == kind) {
            PyErr_SetString(PyExc_ValueError, "two blocks are of one kind");
            return -1;
        }
    Block *block = &kernel->block[kernel->blocks];
    Table *table = &block->table;
    block->kind = kind;
    block->low = (size_t)low;
    block->high = (size_t)high;
    table->rows = (size_t)rows;
    table->labels = kernel->labels;
    if (!(table->hash = hold(kernel, hash, table->rows, sizeof(uint64_t))) ||
        !(table->idf = hold(kernel, idf, table->rows, sizeof(float))) ||
        !(table->coef = hold(kernel, coef, table->rows * table->labels, sizeof(float))))
        return -1;
    kernel->blocks++; /* from here on its indexes are freed */
    if (kind == KIND_CLASS && add_classes(kernel, block, classes) < 0)
        return -1;
    return index_hashes(table);
}

static int kernel_fill(Kernel *kernel, PyObject *intercept, PyObject *blocks)
{
    Py_buffer view;
    if (PyObject_GetBuffer(intercept, &view, PyBUF_SIMPLE) < 0)
        return -1;
    kernel->labels = (size_t)view.len / sizeof(double);
    kernel->intercept = malloc((size_t)view.len + sizeof(double));
    if (kernel->intercept)
        memcpy(kernel->intercept, view.buf, (size_t)view.len);
    PyBuffer_Release(&view);
    if (!kernel->intercept) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t many = PyTuple_Size(blocks);
    if (many < 0)
        return -1;
    if (kernel->labels < 1 || kernel->labels > 1 << 20 || many > MAX_BLOCKS) {
        PyErr_SetString(PyExc_ValueError, "no labels, too many labels or too many blocks");
        return -1;
    }
    for (Py_ssize_t i = 0; i < many; i++)
        if (add_block(kernel, PyTuple_GetItem(blocks, i)) < 0)
            return -1;
    return 0;
}

#endif
