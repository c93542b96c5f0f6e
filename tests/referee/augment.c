// SPDX-License-Identifier: GPL-3.0-or-later
// A chain of transforms over float samples, for test_augment.py.
//   augment CHAIN.yaml SEED TIMES IN.f32 OUT.f32 [NOISE.wav | RIR-FOLDER]...
// writes TIMES results behind each other.
#include "audio/audio.h"
#include "augment/augment.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

static int fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    return 1;
}

int main(int argc, char **argv)
{
    struct error error;
    struct augment_chain chain;
    struct augment_bank *bank;
    struct augment_scratch *scratch;
    struct sound sounds[MOST];
    struct pcm pcm[MOST];
    struct text_list rirs = {0};
    void *text, *in;
    size_t text_size, in_size, count = 0;
    if (argc < 6 || argc > 6 + MOST)
        return fail("usage");
    for (int i = 6; i < argc; i++) {
        if (folder_exists(argv[i])) {
            if (text_list_add(&rirs, argv[i], &error) < 0)
                return fail(error.message);
            continue;
        }
        if (audio_read(argv[i], 0, 0, &pcm[count], &error) < 0)
            return fail(error.message);
        sounds[count] = (struct sound){pcm[count].samples, pcm[count].count, SOUND_NOISE};
        count++;
    }
    if (file_read(argv[1], 1 << 20, &text, &text_size, &error) < 0 ||
        augment_chain_parse(text, text_size, argv[1], &chain, &error) < 0 ||
        file_read(argv[4], 1 << 28, &in, &in_size, &error) < 0 ||
        augment_bank_open(&bank, sounds, count, 0, &rirs, 1, NULL, &error) < 0 ||
        augment_scratch_open(&scratch, bank, in_size / sizeof(float), &error) < 0)
        return fail(error.message);
    FILE *out = fopen(argv[5], "wb");
    float *x = malloc(in_size);
    bool good = out && x;
    for (int i = 0; good && i < atoi(argv[3]); i++) {
        struct rng rng = rng_make(strtoull(argv[2], NULL, 10), (uint64_t)i);
        memcpy(x, in, in_size);
        augment_chain_run(&chain, bank, scratch, &rng, x, in_size / sizeof(float));
        good = fwrite(x, 1, in_size, out) == in_size;
    }
    augment_scratch_close(scratch);
    augment_bank_close(bank);
    text_list_free(&rirs);
    while (count)
        free(pcm[--count].samples);
    free(x);
    free(in);
    free(text);
    return good && fclose(out) == 0 ? 0 : fail("cannot write");
}
