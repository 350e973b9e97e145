/* classifier.scoring._kernel: the scorer in C. scoring/kernel.py is its only user.
 *
 * What it computes is what scoring/engine.py computes. It keeps to Python's stable interface, so
 * that one build serves every later Python, and lets go of the interpreter's lock while it scores.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "hold.h"

#define REVISION 2 /* scoring/kernel.py names the revision that it was written for */
/* Folding can lengthen a text 18 times, and places in it are counted in 32 bits. */
#define MAX_BYTES (1 << 27)

/* A call has a search of its own, so that calls in several threads do not meet. */
static Search *take_search(Kernel *kernel)
{
    Search *search = kernel->spares ? kernel->spare[--kernel->spares]
                                    : search_make(kernel->block, kernel->blocks, kernel->labels);
    if (!search) {
        PyErr_NoMemory();
        return NULL;
    }
    memcpy(search->page, kernel->page, sizeof(search->page));
    memset(search->missing, 0, sizeof(search->missing));
    return search;
}

/* A search that ran out of memory may lack a part, so it is not used again. */
static void give_back(Kernel *kernel, Search *search, int whole)
{
    if (whole && kernel->spares < MAX_SPARE)
        kernel->spare[kernel->spares++] = search;
    else
        search_free(search);
}

static PyObject *missing_pages(const Search *search)
{
    PyObject *found = PyList_New(0);
    for (size_t page = 0; found && page < N_PAGES; page++) {
        if (!search->missing[page])
            continue;
        PyObject *number = PyLong_FromSize_t(page);
        if (!number || PyList_Append(found, number) < 0)
            Py_CLEAR(found);
        Py_XDECREF(number);
    }
    return found;
}

static void kernel_dealloc(PyObject *self)
{
    Kernel *kernel = (Kernel *)self;
    PyTypeObject *type = Py_TYPE(self);
    for (size_t i = 0; i < kernel->blocks; i++) {
        free(kernel->block[i].table.first);
        free(kernel->block[i].words.first);
    }
    for (size_t i = 0; i < kernel->buffers; i++)
        PyBuffer_Release(&kernel->buffer[i]);
    for (size_t i = 0; i < N_PAGES; i++)
        free(kernel->page[i]);
    for (size_t i = 0; i < kernel->spares; i++)
        search_free(kernel->spare[i]);
    free(kernel->intercept);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static PyObject *kernel_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    PyObject *intercept, *blocks;
    if (keywords && PyDict_Size(keywords)) {
        PyErr_SetString(PyExc_TypeError, "Kernel() takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "OO", &intercept, &blocks))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    PyObject *self = allocate(type, 0); /* all zero, which dealloc can free */
    if (self && kernel_fill((Kernel *)self, intercept, blocks) < 0)
        Py_CLEAR(self);
    return self;
}

/* add_page(number, entries, pool): how 256 characters fold. */
static PyObject *kernel_add_page(PyObject *self, PyObject *args)
{
    Kernel *kernel = (Kernel *)self;
    Py_ssize_t number;
    const char *entries, *pool;
    Py_ssize_t length, pool_length;
    if (!PyArg_ParseTuple(args, "ny#y#", &number, &entries, &length, &pool, &pool_length))
        return NULL;
    size_t units = (size_t)pool_length / sizeof(uint32_t);
    if (number < 0 || number >= (Py_ssize_t)N_PAGES || length != PAGE_SIZE * sizeof(uint32_t) ||
        units > 0xFFFF || (size_t)pool_length % sizeof(uint32_t)) {
        PyErr_SetString(PyExc_ValueError, "a page has a wrong number or size");
        return NULL;
    }
    if (kernel->page[number]) /* another thread was faster */
        Py_RETURN_NONE;
    Page *page = malloc(sizeof(Page) + (size_t)pool_length);
    if (!page)
        return PyErr_NoMemory();
    memcpy(page->entry, entries, (size_t)length);
    memcpy(page->pool, pool, (size_t)pool_length);
    int fine = 1;
    for (size_t i = 0; i < PAGE_SIZE; i++) {
        uint32_t entry = page->entry[i];
        if (entry & ENTRY_HARD)
            continue;
        if (entry & ENTRY_MANY)
            fine &= (entry & 0xFFFF) + (entry >> 16 & 0xFF) <= units;
        else
            fine &= !(entry & ~UNIT_KNOWN);
    }
    for (size_t i = 0; i < units; i++)
        fine &= !(page->pool[i] & ~UNIT_KNOWN);
    if (!fine) {
        free(page);
        PyErr_SetString(PyExc_ValueError, "a page has an entry out of bounds");
        return NULL;
    }
    kernel->page[number] = page;
    Py_RETURN_NONE;
}

/* A text as UTF-8, owned by the str; NULL with UnicodeEncodeError for a lone surrogate. */
static const unsigned char *utf8_of(PyObject *text, Py_ssize_t *length)
{
    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "a sentence is not a str");
        return NULL;
    }
    return (const unsigned char *)PyUnicode_AsUTF8AndSize(text, length);
}

typedef struct {
    const unsigned char *at;
    Py_ssize_t length;
} Text;

static int search_cut(Search *search, const Text *text, Cut *cut, int only)
{
    return text->length > MAX_BYTES ? NEEDS_PYTHON : search_text(search, cut, only);
}

static int score_all(const Kernel *kernel, const Text *texts, size_t n, double *logits,
                     unsigned char *states, Search *search)
{
    Cut cut[3]; /* of this text, whose pieces are at hand, and of the next two */
    for (size_t i = 0; i < 2 && i < n; i++)
        cut_first(search, &cut[i], texts[i].at, (size_t)texts[i].length, -1);
    for (size_t i = 0; i < n; i++, logits += kernel->labels) {
        if (i + 2 < n)
            cut_first(search, &cut[(i + 2) % 3], texts[i + 2].at, (size_t)texts[i + 2].length, -1);
        if (i + 1 < n)
            ask(search, &cut[(i + 1) % 3]);
        int state = search_cut(search, &texts[i], &cut[i % 3], -1);
        if (state == NO_MEMORY)
            return 0;
        states[i] = (unsigned char)state;
        if (state != FOLDED)
            continue;
        memcpy(logits, kernel->intercept, kernel->labels * sizeof(double));
        for (size_t b = 0; b < kernel->blocks; b++)
            add_sums(&search->sums[b], kernel->labels, logits);
    }
    return 1;
}

/* score(texts, logits, states): fill both arrays; return the pages that were missing. */
static PyObject *kernel_score(PyObject *self, PyObject *args)
{
    Kernel *kernel = (Kernel *)self;
    PyObject *texts, *result = NULL;
    Py_buffer logits, states;
    /* A tuple, so that nobody takes a text away while the lock is not held. */
    if (!PyArg_ParseTuple(args, "Ow*w*", &texts, &logits, &states))
        return NULL;
    Py_ssize_t n = PyTuple_Check(texts) ? PyTuple_Size(texts) : -1;
    Text *text = n < 0 ? NULL : malloc(((size_t)n + 1) * sizeof(Text));
    Search *search = NULL;
    int fine = 1;
    if (n < 0 || states.len != n || (uintptr_t)logits.buf % sizeof(double) ||
        (size_t)logits.len != (size_t)n * kernel->labels * sizeof(double)) {
        PyErr_SetString(PyExc_ValueError, "expected a tuple and arrays that fit it");
        goto done;
    }
    if (!text) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        if (!(text[i].at = utf8_of(PyTuple_GetItem(texts, i), &text[i].length)))
            goto done;
    if (!(search = take_search(kernel)))
        goto done;
    Py_BEGIN_ALLOW_THREADS
    fine = score_all(kernel, text, (size_t)n, logits.buf, states.buf, search);
    Py_END_ALLOW_THREADS
    result = fine ? missing_pages(search) : PyErr_NoMemory();
done:
    if (search)
        give_back(kernel, search, fine);
    free(text);
    PyBuffer_Release(&logits);
    PyBuffer_Release(&states);
    return result;
}

/* find(block, text): (state, missing pages, places of known terms as rows of three uint32). */
static PyObject *kernel_find(PyObject *self, PyObject *args)
{
    Kernel *kernel = (Kernel *)self;
    Py_ssize_t number;
    PyObject *given;
    Text text;
    if (!PyArg_ParseTuple(args, "nO", &number, &given))
        return NULL;
    if (number < 0 || (size_t)number >= kernel->blocks) {
        PyErr_SetString(PyExc_ValueError, "no such block");
        return NULL;
    }
    if (!(text.at = utf8_of(given, &text.length)))
        return NULL;
    Search *search = take_search(kernel);
    if (!search)
        return NULL;
    Cut cut;
    cut_first(search, &cut, text.at, (size_t)text.length, (int)number);
    int state = search_cut(search, &text, &cut, (int)number);
    PyObject *result = NULL;
    PyObject *pages = state == NO_MEMORY ? PyErr_NoMemory() : missing_pages(search);
    const List *places = &search->places;
    if (pages)
        result = Py_BuildValue("iNy#", state, pages, places->item ? (const char *)places->item : "",
                               (Py_ssize_t)(places->size * sizeof(Place)));
    give_back(kernel, search, state != NO_MEMORY);
    return result;
}

static PyMethodDef kernel_methods[] = {
    {"add_page", kernel_add_page, METH_VARARGS, "Say how 256 characters fold."},
    {"score", kernel_score, METH_VARARGS, "Compute the logits of a tuple of texts."},
    {"find", kernel_find, METH_VARARGS, "Find the places of the known terms of a text."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot kernel_slots[] = {
    {Py_tp_new, kernel_new},
    {Py_tp_dealloc, kernel_dealloc},
    {Py_tp_methods, kernel_methods},
    {Py_tp_doc, "Kernel(intercept, blocks): a model's arrays, ready to score."},
    {0, NULL},
};

static PyType_Spec kernel_spec = {
    .name = "classifier.scoring._kernel.Kernel",
    .basicsize = sizeof(Kernel),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = kernel_slots,
};

static int module_exec(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&kernel_spec);
    if (!type)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type) < 0 ||
                 PyModule_AddIntConstant(module, "REVISION", REVISION) < 0;
    Py_DECREF(type);
    return failed ? -1 : 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "classifier.scoring._kernel",
    .m_doc = "The scorer in C.",
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__kernel(void)
{
    return PyModuleDef_Init(&module);
}
