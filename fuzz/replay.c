// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a fuzz target over every file of the folders named on the command line, so that a corpus is a test.
// --mutate=N: instead, over N seeded mutations of them. Each may take 5 s; a crash ends the program by its signal.
// Names of files that are not there are passed over; without any the test skips.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    static uint8_t data[4 << 20];
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    return 1;
}

// ---- mutations ----

enum { SECONDS = 5, LARGEST = 4 << 20, EDITS = 4 };

static uint64_t state = 20250301;

static uint32_t below(uint32_t limit) // splitmix64
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return limit ? (uint32_t)((z ^ z >> 31) % limit) : 0;
}

// One edit: a bit, a byte, a number at its limits, a piece moved over another, the end cut off.
static size_t edit(uint8_t *data, size_t size)
{
    static const uint32_t limits[] = {0, 1, 0x7f, 0x80, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc};
    uint32_t length = (uint32_t)size, at = below(length), word = limits[below(sizeof limits / sizeof *limits)];
    uint32_t piece = 1 + below(length - at < 64 ? length - at : 64);
    if (!size)
        return 0;
    switch (below(8)) {
    case 0:
        return below(8) ? size : at;
    case 1:
        memmove(data + at, data + below(length - piece + 1), piece);
        return size;
    case 2:
    case 3:
        data[at] = (uint8_t)below(256);
        return size;
    case 4:
    case 5:
        at &= ~3u;
        memcpy(data + at, &word, length - at < 4 ? length - at : 4);
        return size;
    default:
        data[at] ^= (uint8_t)(1u << below(8));
        return size;
    }
}

static int mutate(int times, char **paths, int count)
{
    static uint8_t data[LARGEST];
    int made = 0, files = 0;
    for (int i = 0; i < count; i++) {
        FILE *file = fopen(paths[i], "rb");
        size_t whole = file ? fread(data, 1, sizeof data, file) : 0;
        uint8_t *copy = malloc(whole + 1);
        if (file)
            fclose(file);
        if (!whole || !copy) {
            free(copy);
            continue;
        }
        files++;
        for (int share = times / count + (i < times % count); share > 0; share--, made++) {
            size_t size = whole;
            memcpy(copy, data, whole);
            for (uint32_t edits = 1 + below(EDITS); edits; edits--)
                size = edit(copy, size);
            alarm(SECONDS);
            LLVMFuzzerTestOneInput(copy, size);
            alarm(0);
        }
        free(copy);
    }
    printf("%d mutations of %d files\n", made, files);
    return files ? 0 : 77;
}

int main(int argc, char **argv)
{
    int files = 0, times;
    if (argc > 1 && sscanf(argv[1], "--mutate=%d", &times) == 1)
        return mutate(times, argv + 2, argc - 2);
    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        if (!dir)
            continue;
        for (struct dirent *entry; (entry = readdir(dir));) {
            char path[4096];
            if (entry->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name) < (int)sizeof path)
                files += replay(path);
        }
        closedir(dir);
    }
    printf("%d corpus files\n", files);
    return files ? 0 : 1;
}
