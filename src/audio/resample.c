// SPDX-License-Identifier: GPL-3.0-or-later
#include "audio/audio_internal.h"

#include <limits.h>
#include <math.h>
#include <samplerate.h>
#include <stdlib.h>

int audio_resample(const float *samples, size_t count, double ratio, float **out, size_t *out_count, struct error *error)
{
    *out = NULL;
    *out_count = 0;
    if (!isfinite(ratio) || !src_is_valid_ratio(ratio) || (double)count * fmax(ratio, 1) > INT_MAX)
        return error_set(error, ERROR_USAGE, "cannot resample %zu samples by the factor %g; 1/256 to 256 are possible", count, ratio);
    size_t size = (size_t)llround((double)count * ratio);
    float *resampled = array_alloc(size ? size : 1, sizeof *resampled); // zeroed: libsamplerate may stop a sample early
    if (!resampled)
        return error_memory(error, "a resampled clip");
    SRC_DATA data = {.data_in = samples, .input_frames = (long)count, .data_out = resampled, .output_frames = (long)size,
                     .src_ratio = ratio};
    int status = count && size ? src_simple(&data, AUDIO_CONVERTER, 1) : 0;
    if (status != 0) {
        free(resampled);
        return error_set(error, ERROR_FORMAT, "cannot resample: %s", src_strerror(status));
    }
    *out = resampled;
    *out_count = size;
    return 0;
}
