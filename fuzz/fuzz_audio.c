// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a sound file: read, measured, resampled; no crash, no more memory than the samples need.
#include "audio/audio.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// libsndfile forgets its Vorbis state when the headers of a stream are damaged.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libvorbis\nleak:libogg\nleak:libsndfile\n";
}

static void use(const struct pcm *pcm)
{
    float *samples = malloc((pcm->count + 1) * sizeof *samples);
    if (!samples)
        return;
    for (size_t i = 0; i < pcm->count; i++)
        samples[i] = (float)pcm->samples[i] / 32768;
    struct audio_measure measure;
    audio_measure(samples, pcm->count, &measure);
    audio_judge(&measure, 1);
    size_t begin, end;
    audio_speech_bounds(samples, pcm->count, 30, &begin, &end);
    if (begin > end || end > pcm->count)
        abort();
    free(samples);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int handle = memfd_create("clip", MFD_CLOEXEC);
    if (handle < 0)
        return 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", handle);
    if (write(handle, data, size) == (ssize_t)size) {
        struct pcm pcm;
        struct error error;
        if (audio_read(path, 0, 2, &pcm, &error) == 0)
            use(&pcm);
        free(pcm.samples);
        if (audio_read(path, 0.25, 0.5, &pcm, &error) == 0)
            use(&pcm);
        free(pcm.samples);
    }
    close(handle);
    return 0;
}
