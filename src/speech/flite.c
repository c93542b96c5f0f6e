// SPDX-License-Identifier: GPL-3.0-or-later
// The engine flite: a few voices made from recordings of English speakers. Everything but flite_reads and
// flite_list runs in a child process.
#include "speech/speech_internal.h"

#include <flite/flite.h>
#include <flite/flite_version.h>
#include <math.h>
#include <string.h>

cst_voice *register_cmu_us_slt(const char *folder);
cst_voice *register_cmu_us_rms(const char *folder);
cst_voice *register_cmu_us_awb(const char *folder);
cst_voice *register_cmu_us_kal16(const char *folder);

static const struct {
    const char *name;
    double pitch; // Hz, mean of the speaker
    cst_voice *(*make)(const char *folder);
} speakers[] = {{"slt", 170, register_cmu_us_slt},
                {"rms", 100, register_cmu_us_rms},
                {"awb", 120, register_cmu_us_awb},
                {"kal16", 105, register_cmu_us_kal16}};

// espeak-ng's phonemes of American English in those of flite's lexicon. A '*' is the stress, 1 or 0.
static const struct {
    const char *espeak, *flite;
} phones[] = {
    {"aI3", "ay* er0"}, {"aI@", "ay* ax0"}, {"aU3", "aw* er0"}, {"aU@", "aw* ax0"}, {"i@3", "ih* r"}, {"A:", "aa*"},
    {"A@", "aa* r"},    {"O:", "ao*"},      {"O@", "ao* r"},    {"o@", "ao* r"},    {"e@", "eh* r"},  {"U@", "uh* r"},
    {"i@", "iy* ax0"},  {"@L", "ax0 l"},    {"3:", "er*"},      {"i:", "iy*"},      {"u:", "uw*"},    {"eI", "ey*"},
    {"OI", "oy*"},      {"oU", "ow*"},      {"aI", "ay*"},      {"aU", "aw*"},      {"aa", "ae*"},    {"a#", "ax*"},
    {"I2", "ih*"},      {"I#", "ih*"},      {"02", "aa*"},      {"O2", "ao*"},      {"E2", "eh*"},    {"@2", "ax*"},
    {"@5", "ax*"},      {"tS", "ch"},       {"dZ", "jh"},       {"t#", "t"},        {"d#", "d"},      {"n-", "ax0 n"},
    {"m-", "ax0 m"},    {"r-", "r"},        {"l#", "l"},        {"w#", "w"},        {"a", "ae*"},     {"A", "aa*"},
    {"E", "eh*"},       {"e", "eh*"},       {"I", "ih*"},       {"i", "iy*"},       {"0", "aa*"},     {"O", "ao*"},
    {"o", "ow*"},       {"U", "uh*"},       {"u", "uw*"},       {"@", "ax*"},       {"3", "er*"},     {"V", "ah*"},
    {"p", "p"},         {"b", "b"},         {"t", "t"},         {"d", "d"},         {"k", "k"},       {"g", "g"},
    {"f", "f"},         {"v", "v"},         {"T", "th"},        {"D", "dh"},        {"s", "s"},       {"z", "z"},
    {"S", "sh"},        {"Z", "zh"},        {"h", "hh"},        {"m", "m"},         {"n", "n"},       {"N", "ng"},
    {"l", "l"},         {"L", "l"},         {"r", "r"},         {"w", "w"},         {"j", "y"},       {"?", "t"},
};

enum { WORDS_MAXIMUM = 26 };

int flite_list(const struct language *language, struct buffer *lines)
{
    for (size_t i = 0; i < COUNT_OF(speakers) && strcmp(language->code, "en") == 0; i++)
        buffer_print(lines, "1\t%s\t%s\n", speakers[i].name, speakers[i].name);
    return 0;
}

const char *flite_version(void)
{
    return FLITE_PROJECT_VERSION;
}

int flite_open(void)
{
    return flite_init();
}

// ---- phonemes -------------------------------------------------------------------------------------------

// Appends the phone that `*at` begins with (the longest that fits) and moves on; false when there is none.
static bool put_phone(const char **at, bool stressed, struct buffer *entry)
{
    for (size_t i = 0; i < COUNT_OF(phones); i++) { // longer ones come first
        size_t length = strlen(phones[i].espeak);
        if (strncmp(*at, phones[i].espeak, length) != 0)
            continue;
        *at += length;
        if (stressed && strcmp(phones[i].flite, "ax*") == 0) { // the lexicon has no stressed schwa
            buffer_print(entry, " ah1");
            return true;
        }
        buffer_print(entry, " ");
        for (const char *c = phones[i].flite; *c; c++)
            buffer_print(entry, "%c", *c != '*' ? *c : stressed ? '1' : '0');
        return true;
    }
    return false;
}

// Turns the next word of [[phonemes]] into the phones of a lexicon entry; false at something that is not English.
static bool put_word(const char **at, struct buffer *entry)
{
    bool stressed = false;
    while (**at && **at != ' ' && **at != ']') {
        if (**at == '\'' || **at == ',')
            stressed = true;
        if (strchr("',|", **at)) {
            ++*at;
            continue;
        }
        size_t before = entry->size;
        if (!put_phone(at, stressed, entry))
            return false;
        if (strpbrk(entry->data + before, "01")) // the mark belongs to the first vowel after it
            stressed = false;
    }
    return true;
}

// Reads [[phonemes]]; each word becomes an entry "wordA nil : phones" of the lexicon (if not NULL) and a word of
// `text`.
static bool read_phonemes(const char *phonemes, cst_lexicon *lexicon, struct buffer *text)
{
    bool good = true;
    const char *at = phonemes + 2;
    for (int word = 0; good && *at && *at != ']' && word < WORDS_MAXIMUM; word++) {
        struct buffer entry;
        buffer_init(&entry, 4096);
        buffer_print(&entry, "worda%c nil :", 'a' + word);
        good = put_word(&at, &entry) && !entry.failed;
        if (good && lexicon) {
            buffer_print(text, "worda%c ", 'a' + word);
            lexicon->lex_addenda = cons_val(cst_lex_make_entry(lexicon, entry.data), lexicon->lex_addenda);
        }
        buffer_free(&entry);
        at += strspn(at, " ");
    }
    return good && strcmp(at, "]]") == 0;
}

bool flite_reads(const char *text)
{
    return !is_ipa(text) && (!is_phonemes(text) || read_phonemes(text, NULL, NULL));
}

// ---- speaking -------------------------------------------------------------------------------------------

static cst_wave *speak_phonemes(const char *phonemes, cst_voice *speaker)
{
    cst_lexicon *lexicon = val_lexicon(feat_val(speaker->features, "lexicon"));
    struct buffer text;
    buffer_init(&text, 4096);
    cst_wave *wave =
        read_phonemes(phonemes, lexicon, &text) && text.data ? flite_text_to_wave(text.data, speaker) : NULL;
    delete_val(lexicon->lex_addenda);
    lexicon->lex_addenda = NULL;
    buffer_free(&text);
    return wave;
}

int flite_speak(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                struct sound *sound)
{
    (void)language;
    for (size_t i = 0; i < COUNT_OF(speakers); i++) {
        if (strcmp(voice, speakers[i].name) != 0)
            continue;
        cst_voice *speaker = speakers[i].make(NULL); // the same one each time: made once a process
        feat_set_float(speaker->features, "int_f0_target_mean", (float)(speakers[i].pitch * exp(.28 * prosody->pitch)));
        feat_set_float(speaker->features, "int_f0_target_stddev", (float)(6 + 29 * prosody->range));
        feat_set_float(speaker->features, "duration_stretch", (float)(1 / prosody->pace));
        cst_wave *wave = is_phonemes(text) ? speak_phonemes(text, speaker) : flite_text_to_wave(text, speaker);
        bool good = wave && wave->num_samples > 0 && sound_reserve(sound, (size_t)wave->num_samples);
        if (good) {
            sound->count = (size_t)wave->num_samples;
            sound->rate = wave->sample_rate;
            for (size_t k = 0; k < sound->count; k++)
                sound->samples[k] = (float)wave->samples[k] / 32768;
        }
        delete_wave(wave);
        return good ? 0 : -1;
    }
    return -1;
}
