// SPDX-License-Identifier: GPL-3.0-or-later
// wake_word_sample_augmenter with folders of its own: recordings of any origin become the framework's feature sets,
// through the reference's chain of transforms or another.
#ifndef WAKESMITH_CLI_AUGMENT_FOLDER_H
#define WAKESMITH_CLI_AUGMENT_FOLDER_H

#include "cli/reference.h"

// Python's random.Random(seed).shuffle of the indices 0 .. count-1 (Mersenne Twister MT19937 of Matsumoto and Nishimura,
// seeded by an integer): the reference splits its recordings so.
void python_shuffle(uint32_t seed, size_t *indices, size_t count);

// <input>/*.wav ... -> <output>/{training,validation,testing}/wakeword_mmap, then the personal recordings likewise.
int augment_folders(const struct reference_wish *wish, struct error *error);

#endif
