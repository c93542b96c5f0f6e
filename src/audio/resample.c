// SPDX-License-Identifier: GPL-3.0-or-later
#include "audio/audio_internal.h"

#include <limits.h>
#include <math.h>
#include <soxr.h>
#include <stdlib.h>

static const double most_ratio = 256;

int audio_resample(const float *samples, size_t count, double ratio, float **out, size_t *out_count,
                   struct error *error)
{
    *out = NULL;
    *out_count = 0;
    if (!(ratio >= 1 / most_ratio && ratio <= most_ratio) || (double)count * fmax(ratio, 1) > INT_MAX)
        return error_set(error, ERROR_USAGE, "cannot resample %zu samples by the factor %g; 1/256 to 256 are possible",
                         count, ratio);
    size_t size = (size_t)llround((double)count * ratio), used, done;
    float *resampled = array_alloc(size ? size : 1, sizeof *resampled); // zeroed: soxr may stop a sample early
    if (!resampled)
        return error_memory(error, "a resampled clip");
    soxr_quality_spec_t quality = soxr_quality_spec(AUDIO_RESAMPLING, 0);
    soxr_error_t failure = NULL;
    if (size > 0)
        failure = soxr_oneshot(1, ratio, 1, samples, count, &used, resampled, size, &done, NULL, &quality, NULL);
    if (failure) {
        free(resampled);
        return error_set(error, ERROR_FORMAT, "cannot resample: %s", failure);
    }
    *out = resampled;
    *out_count = size;
    return 0;
}
