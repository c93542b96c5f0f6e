// SPDX-License-Identifier: GPL-3.0-or-later
// Phones: sounds of any language, read from IPA, and how differently they sound. Places, manners and vowel positions
// are those of the IPA chart; the costs are ours.
#include "speech/speech_internal.h"

#include <math.h>
#include <string.h>
#include <utf8proc.h>

enum { STOP, AFFRICATE, FRICATIVE, NASAL, LATERAL, RHOTIC, GLIDE, MANNERS };

// What one manner costs for another.
static const double manners[MANNERS][MANNERS] = {
    //             stop affr fric nasal lat rho glide
    [STOP] =      {0,  .3, .5, .7, .8, .6, .8},
    [AFFRICATE] = {.3, 0,  .3, .9, .9, .8, .5},
    [FRICATIVE] = {.5, .3, 0,  .9, .8, .6, .5},
    [NASAL] =     {.7, .9, .9, 0,  .6, .7, .8},
    [LATERAL] =   {.8, .9, .8, .6, 0,  .5, .5},
    [RHOTIC] =    {.6, .8, .6, .7, .5, 0,  .5},
    [GLIDE] =     {.8, .5, .5, .8, .5, .5, 0},
};

// Place: 0 lips, 1 glottis.
static const struct consonant {
    const char *sign;
    int manner;
    double place;
    bool voiced;
} consonants[] = {
    {"p", STOP, 0, false},          {"b", STOP, 0, true},           {"t", STOP, .35, false},
    {"d", STOP, .35, true},         {"ʈ", STOP, .45, false},        {"ɖ", STOP, .45, true},
    {"c", STOP, .6, false},         {"ɟ", STOP, .6, true},          {"k", STOP, .8, false},
    {"g", STOP, .8, true},          {"ɡ", STOP, .8, true},          {"q", STOP, .9, false},
    {"ʔ", STOP, 1, false},          {"ɓ", STOP, 0, true},           {"ɗ", STOP, .35, true},
    {"ɸ", FRICATIVE, 0, false},     {"β", FRICATIVE, 0, true},      {"f", FRICATIVE, .08, false},
    {"v", FRICATIVE, .08, true},    {"θ", FRICATIVE, .3, false},    {"ð", FRICATIVE, .3, true},
    {"s", FRICATIVE, .37, false},   {"z", FRICATIVE, .37, true},    {"ʃ", FRICATIVE, .5, false},
    {"ʒ", FRICATIVE, .5, true},     {"ʂ", FRICATIVE, .48, false},   {"ʐ", FRICATIVE, .48, true},
    {"ɕ", FRICATIVE, .55, false},   {"ʑ", FRICATIVE, .55, true},    {"ɧ", FRICATIVE, .58, false},
    {"ç", FRICATIVE, .62, false},   {"ʝ", FRICATIVE, .6, true},     {"x", FRICATIVE, .8, false},
    {"ɣ", FRICATIVE, .8, true},     {"χ", FRICATIVE, .88, false},   {"h", FRICATIVE, 1, false},
    {"ɦ", FRICATIVE, 1, true},      {"ħ", FRICATIVE, .95, false},   {"ʕ", FRICATIVE, .95, true},
    {"m", NASAL, 0, true},          {"ɱ", NASAL, .05, true},        {"n", NASAL, .35, true},
    {"ɳ", NASAL, .45, true},        {"ɲ", NASAL, .6, true},         {"ŋ", NASAL, .8, true},
    {"ɴ", NASAL, .9, true},         {"l", LATERAL, .35, true},      {"ɫ", LATERAL, .4, true},
    {"ɭ", LATERAL, .45, true},      {"ʎ", LATERAL, .55, true},      {"ɬ", LATERAL, .35, false},
    {"ɹ", RHOTIC, .4, true},        {"r", RHOTIC, .4, true},        {"ɾ", RHOTIC, .38, true},
    {"ɻ", RHOTIC, .45, true},       {"ɽ", RHOTIC, .45, true},       {"ʁ", RHOTIC, .5, true},
    {"ʀ", RHOTIC, .5, true},        {"j", GLIDE, .58, true},        {"ɥ", GLIDE, .45, true},
    {"w", GLIDE, .05, true},        {"ʋ", GLIDE, .08, true},        {"ɰ", GLIDE, .8, true},
};

// Openness: 0 close, 1 open; back: 0 front, 1 back.
static const struct vowel {
    const char *sign;
    double open, back;
    bool rounded;
} vowels[] = {
    {"i", 0, 0, false},      {"y", 0, 0, true},       {"ɨ", 0, .5, false},    {"ʉ", 0, .6, true},
    {"ɯ", 0, 1, false},      {"u", 0, 1, true},       {"ɪ", .15, .15, false}, {"ʏ", .15, .15, true},
    {"ʊ", .15, .85, true},   {"e", .33, 0, false},    {"ø", .33, 0, true},    {"ɘ", .33, .5, false},
    {"ɵ", .33, .5, true},    {"ɤ", .33, 1, false},    {"o", .33, 1, true},    {"ə", .5, .5, false},
    {"ɚ", .5, .5, false},    {"ɛ", .6, .05, false},   {"œ", .6, .05, true},   {"ɜ", .55, .5, false},
    {"ɝ", .55, .5, false},   {"ʌ", .7, .8, false},    {"ɔ", .65, 1, true},    {"æ", .8, .1, false},
    {"ɐ", .8, .5, false},    {"a", 1, .3, false},     {"ä", 1, .5, false},    {"ɑ", 1, .9, false},
    {"ɒ", .95, 1, true},     {"ᵻ", .15, .4, false},
};

// ---- reading --------------------------------------------------------------------------------------------

static bool find_consonant(const char *sign, struct phone *phone)
{
    for (size_t i = 0; i < COUNT_OF(consonants); i++)
        if (strcmp(consonants[i].sign, sign) == 0) {
            *phone = (struct phone){.manner = consonants[i].manner, .place = consonants[i].place,
                                    .voiced = consonants[i].voiced};
            return true;
        }
    return false;
}

static bool find_vowel(const char *sign, struct phone *phone)
{
    for (size_t i = 0; i < COUNT_OF(vowels); i++)
        if (strcmp(vowels[i].sign, sign) == 0) {
            *phone = (struct phone){.vowel = true, .open = vowels[i].open, .back = vowels[i].back,
                                    .rounded = vowels[i].rounded};
            return true;
        }
    return false;
}

// t or d and the hiss that follows are one sound.
static bool joins(const struct phone *stop, const struct phone *hiss)
{
    return !stop->vowel && stop->manner == STOP && fabs(stop->place - .35) < .15 && !hiss->vowel &&
           hiss->manner == FRICATIVE && hiss->place > .36 && hiss->place < .6 && !hiss->starts;
}

void phones_read(const char *ipa, struct phones *phones)
{
    bool starts = true;
    phones->count = 0;
    for (const char *at = ipa; *at && phones->count < PHONES_MAXIMUM;) {
        char sign[8] = "";
        struct phone phone;
        size_t length = 1;
        while ((at[length] & 0xc0) == 0x80 && length < 6)
            length++;
        memcpy(sign, at, length);
        at += length;
        starts |= *sign == ' ';
        if (!find_consonant(sign, &phone) && !find_vowel(sign, &phone))
            continue; // stress, length and other marks
        phone.starts = starts;
        starts = false;
        struct phone *last = phones->count ? &phones->items[phones->count - 1] : NULL;
        if (last && joins(last, &phone)) {
            last->manner = AFFRICATE;
            last->place = phone.place;
        } else
            phones->items[phones->count++] = phone;
        if (strcmp(sign, "ɚ") == 0 || strcmp(sign, "ɝ") == 0) // a vowel and an r
            if (phones->count < PHONES_MAXIMUM)
                find_consonant("ɹ", &phones->items[phones->count++]);
    }
}

// ---- comparing ------------------------------------------------------------------------------------------

double phone_change(const struct phone *a, const struct phone *b)
{
    if (a->vowel && b->vowel)
        return fmin(1, .75 * fabs(a->open - b->open) + .4 * fabs(a->back - b->back) +
                           .15 * (a->rounded != b->rounded));
    if (a->vowel || b->vowel) { // i and j, u and w
        const struct phone *vowel = a->vowel ? a : b, *other = a->vowel ? b : a;
        bool alike = other->manner == GLIDE && vowel->open < .4 && (other->place > .3) == (vowel->back < .5);
        return alike ? .3 : 1.4;
    }
    if (a->manner == RHOTIC && b->manner == RHOTIC)
        return fabs(a->place - b->place) > .01 ? .15 : 0;
    return fmin(1, manners[a->manner][b->manner] + fmin(.8, 1.2 * fabs(a->place - b->place)) +
                       .25 * (a->voiced != b->voiced));
}

// A sound more or less: people drop and add r, h, weak vowels and halves of diphthongs.
static double more_or_less(const struct phones *phones, size_t at)
{
    const struct phone *phone = &phones->items[at];
    bool after_vowel = at > 0 && phones->items[at - 1].vowel;
    if (phone->vowel)
        return after_vowel || (at + 1 < phones->count && phones->items[at + 1].vowel)        ? .35
               : fabs(phone->open - .5) < .06 && fabs(phone->back - .5) < .06 ? .3
                                                                                              : .8;
    return phone->manner == RHOTIC ? .3 : phone->manner == GLIDE ? .35 : phone->place > .94 ? .35 : .8;
}

// Above it, it is another sound: changing one for the other costs twice.
static const double change_most = .62;

double phones_distance(const struct phones *a, const struct phones *b)
{
    double rows[2][PHONES_MAXIMUM + 1], *last = rows[0], *row = rows[1];
    last[0] = 0;
    for (size_t j = 0; j < b->count; j++)
        last[j + 1] = last[j] + more_or_less(b, j);
    for (size_t i = 0; i < a->count; i++) {
        row[0] = last[0] + more_or_less(a, i);
        for (size_t j = 0; j < b->count; j++) {
            double change = phone_change(&a->items[i], &b->items[j]);
            row[j + 1] = fmin(last[j] + (change > change_most ? 2 * change : change),
                              fmin(last[j + 1] + more_or_less(a, i), row[j] + more_or_less(b, j)));
        }
        double *swap = last;
        last = row;
        row = swap;
    }
    return last[b->count];
}

// So much change a phone; of long words every further phone counts half, or another sound would hide among them.
static const double same_word = .17, few = 6;

bool phones_same_word(const struct phones *word, const struct phones *heard)
{
    double phones = (double)word->count;
    return phones_distance(word, heard) <= same_word * (fmin(phones, few) + fmax(phones - few, 0) / 2);
}
