// SPDX-License-Identifier: GPL-3.0-or-later
// corpus_open over hostile files: as they are, and with the checksum made right so that what lies behind it is reached;
// and the same bytes as IPA.
#include "speech/speech.h"
#include "speech/speech_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void open_bytes(const void *data, size_t size)
{
    int file = memfd_create("corpus", MFD_CLOEXEC);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct corpus corpus;
    struct error error = {0};
    if (file >= 0 && write(file, data, size) == (ssize_t)size && corpus_open(&corpus, path, &error) == 0) {
        long sum = 0;
        for (size_t i = 0; i < corpus.clip_count; i++)
            for (size_t k = 0; k < corpus.clips[i].count; k++)
                sum += corpus.samples[corpus.clips[i].start + k];
        volatile long seen = sum;
        (void)seen;
        corpus_close(&corpus);
    } else if (file >= 0 && !*error.message)
        abort(); // a failure without its sentence
    if (file >= 0)
        close(file);
}

static void read_ipa(const void *data, size_t size)
{
    char text[1000];
    size_t sounds = 0;
    struct error error = {0};
    snprintf(text, sizeof text, "/%.*s/", (int)(size < 900 ? size : 900), (const char *)data);
    if (ipa_count(text, &sounds, &error) < 0 ? !*error.message : sounds == 0 || sounds > PHONEMES_MAXIMUM)
        abort();
}

// IPA of anything: phones, and what Kokoro is told.
static void read_phones(const void *data, size_t size)
{
    char text[1000];
    int64_t ids[64];
    struct phones phones;
    struct buffer tokens;
    snprintf(text, sizeof text, "%.*s", (int)(size < 900 ? size : 900), (const char *)data);
    phones_read(text, &phones);
    if (phones.count > PHONES_MAXIMUM || phones_distance(&phones, &phones) > 0 || !phones_same_word(&phones, &phones))
        abort();
    buffer_init(&tokens, 1 << 14);
    kokoro_rewrite(text, size % 2, size % 3, &tokens);
    if (tokens.data && !tokens.failed && kokoro_tokens(tokens.data, ids, COUNT_OF(ids)) > COUNT_OF(ids))
        abort();
    buffer_free(&tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    open_bytes(data, size);
    read_ipa(data, size);
    read_phones(data, size);
    void *sealed = array_alloc(1, size + 1);
    if (!sealed)
        return 0;
    memcpy(sealed, data, size);
    corpus_seal(sealed, size);
    open_bytes(sealed, size);
    free(sealed);
    return 0;
}
