// SPDX-License-Identifier: GPL-3.0-or-later
// The engine Kokoro: a small neural synthesiser whose speakers are styles, vectors that can be blended. A voice is a
// style ("af_heart") or a blend of two or three ("af_heart~bm_lewis~35~em_alex~20": 35 % of the second, 20 % of the
// third). Text becomes phonemes by espeak-ng, phonemes tokens. Files, in <voices>/kokoro: model.onnx (Kokoro-82M, input
// tokens, style, speed; output audio) and styles/<name>.bin, float32 little endian [510][256]: row n - 1 is for n tokens.
#include "speech/ort.h"
#include "speech/speech_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STYLE_ROWS = 510, STYLE_SIZE = 256, TOKENS_MAXIMUM = 512, RATE = 24000, STYLES_MAXIMUM = 128, BLENDS = 6 };

// ---- tokens -----------------------------------------------------------------------------------------------

static const struct {
    const char *sign; // UTF-8
    int id;
} tokens[] = {
    {";", 1},    {":", 2},    {",", 3},    {".", 4},    {"!", 5},    {"?", 6},    {"—", 9},    {"…", 10},   {"\"", 11},
    {"(", 12},   {")", 13},   {"“", 14},   {"”", 15},   {" ", 16},   {"̃", 17},    {"ʣ", 18},   {"ʥ", 19},   {"ʦ", 20},
    {"ʨ", 21},   {"ᵝ", 22},   {"ꭧ", 23},   {"A", 24},   {"I", 25},   {"O", 31},   {"Q", 33},   {"S", 35},   {"T", 36},
    {"W", 39},   {"Y", 41},   {"ᵊ", 42},   {"a", 43},   {"b", 44},   {"c", 45},   {"d", 46},   {"e", 47},   {"f", 48},
    {"h", 50},   {"i", 51},   {"j", 52},   {"k", 53},   {"l", 54},   {"m", 55},   {"n", 56},   {"o", 57},   {"p", 58},
    {"q", 59},   {"r", 60},   {"s", 61},   {"t", 62},   {"u", 63},   {"v", 64},   {"w", 65},   {"x", 66},   {"y", 67},
    {"z", 68},   {"ɑ", 69},   {"ɐ", 70},   {"ɒ", 71},   {"æ", 72},   {"β", 75},   {"ɔ", 76},   {"ɕ", 77},   {"ç", 78},
    {"ɖ", 80},   {"ð", 81},   {"ʤ", 82},   {"ə", 83},   {"ɚ", 85},   {"ɛ", 86},   {"ɜ", 87},   {"ɟ", 90},   {"ɡ", 92},
    {"ɥ", 99},   {"ɨ", 101},  {"ɪ", 102},  {"ʝ", 103},  {"ɯ", 110},  {"ɰ", 111},  {"ŋ", 112},  {"ɳ", 113},  {"ɲ", 114},
    {"ɴ", 115},  {"ø", 116},  {"ɸ", 118},  {"θ", 119},  {"œ", 120},  {"ɹ", 123},  {"ɾ", 125},  {"ɻ", 126},  {"ʁ", 128},
    {"ɽ", 129},  {"ʂ", 130},  {"ʃ", 131},  {"ʈ", 132},  {"ʧ", 133},  {"ʊ", 135},  {"ʋ", 136},  {"ʌ", 138},  {"ɣ", 139},
    {"ɤ", 140},  {"χ", 142},  {"ʎ", 143},  {"ʒ", 147},  {"ʔ", 148},  {"ˈ", 156},  {"ˌ", 157},  {"ː", 158},  {"ʰ", 162},
    {"ʲ", 164},  {"↓", 169},  {"→", 171},  {"↗", 172},  {"↘", 173},  {"ᵻ", 177},  {"g", 92},
};

// How espeak-ng's IPA (affricates and diphthongs tied by '^') becomes what Kokoro was trained on; the first that fits
// counts. Only English has letters of its own for more than that.
enum spoken_as { ALL, OTHER, ENGLISH, AMERICAN, BRITISH };
static const struct {
    const char *from, *to;
    enum spoken_as spoken;
} rewrites[] = {
    {"a^ɪ", "I", ALL},      {"a^ʊ", "W", ALL},       {"d^ʒ", "ʤ", ALL},       {"e^ɪ", "A", ALL},
    {"t^ʃ", "ʧ", ALL},      {"ɔ^ɪ", "Y", ALL},       {"o^ʊ", "O", AMERICAN},  {"o^ʊ", "O", OTHER},
    {"ə^ʊ", "Q", BRITISH},  {"ə^ʊ", "Q", OTHER},     {"d^z", "ʣ", OTHER},     {"t^s", "ʦ", OTHER},
    {"ə^l", "ᵊl", ENGLISH}, {"e^ə", "ɛː", BRITISH},  {"ɜːɹ", "ɜɹ", AMERICAN}, {"ɜː", "ɜɹ", AMERICAN},
    {"ɪə", "iə", AMERICAN}, {"iə", "ɪə", BRITISH},   {"ʔn", "tn", ENGLISH},   {"ʲo", "jo", ENGLISH},
    {"ʲə", "jə", ENGLISH},  {"ʲ", "", ENGLISH},      {"ʔ", "t", ENGLISH},     {"ɚ", "əɹ", ALL},
    {"r", "ɹ", ENGLISH},    {"x", "k", ENGLISH},     {"ç", "k", ENGLISH},     {"ɐ", "ə", ENGLISH},
    {"ɬ", "l", ALL},        {"ɫ", "l", ALL},         {"ʉ", "u", ALL},         {"̃", "", ENGLISH},
    {"ː", "", AMERICAN},    {"e", "A", ENGLISH},     {"^", "", ALL},
};

static bool applies(enum spoken_as rule, enum spoken_as spoken)
{
    return rule == ALL || rule == spoken || (rule == ENGLISH && spoken != OTHER);
}

void kokoro_rewrite(const char *ipa, bool american, bool english, struct buffer *out)
{
    enum spoken_as spoken = !english ? OTHER : american ? AMERICAN : BRITISH;
    for (const char *at = ipa; *at;) {
        size_t i = 0, length = 1;
        while (i < COUNT_OF(rewrites) && (!applies(rewrites[i].spoken, spoken) ||
                                          strncmp(at, rewrites[i].from, strlen(rewrites[i].from)) != 0))
            i++;
        if (i < COUNT_OF(rewrites)) {
            buffer_append(out, rewrites[i].to, strlen(rewrites[i].to));
            at += strlen(rewrites[i].from);
            continue;
        }
        while ((at[length] & 0xc0) == 0x80)
            length++;
        buffer_append(out, at, length);
        at += length;
    }
}

// 0, the ids, 0. Signs without an id are left out. Returns how many, at most `most`.
size_t kokoro_tokens(const char *phonemes, int64_t *ids, size_t most)
{
    size_t count = 0;
    ids[count++] = 0;
    for (const char *at = phonemes; *at && count + 1 < most;) {
        size_t length = 1;
        while ((at[length] & 0xc0) == 0x80)
            length++;
        for (size_t i = 0; i < COUNT_OF(tokens); i++)
            if (strlen(tokens[i].sign) == length && memcmp(tokens[i].sign, at, length) == 0) {
                ids[count++] = tokens[i].id;
                break;
            }
        at += length;
    }
    ids[count++] = 0;
    return count;
}

// ---- voices -----------------------------------------------------------------------------------------------

// Languages by the first letter of a style's name. English is spoken by all styles: foreign ones are further timbres.
static const struct {
    const char *code;
    char letters[4];
} languages[] = {{"en", "ab"}, {"es", "e"}, {"fr", "f"}, {"hi", "h"}, {"it", "i"}, {"pt", "p"}};

static const char *letters_of(const struct language *language)
{
    for (size_t i = 0; i < COUNT_OF(languages); i++)
        if (strcmp(language->code, languages[i].code) == 0)
            return languages[i].letters;
    return NULL;
}

static char *kokoro_path(const char *name)
{
    char *folder = speech_folder(), *path = folder ? text_print("%s/kokoro/%s", folder, name) : NULL;
    free(folder);
    return path;
}

static size_t list_styles(struct text_list *styles)
{
    static const char *const endings[] = {".bin", NULL};
    struct error ignored;
    char *folder = kokoro_path("styles"), *model = kokoro_path("model.onnx");
    if (folder && model && file_exists(model) && folder_exists(folder) && ort_version())
        folder_list(folder, endings, styles, &ignored);
    free(folder);
    free(model);
    return styles->count;
}

// Styles come in clusters, which are drawn so that the languages and sexes in them differ; blends stay inside a
// cluster. So a cluster that is held out of training was never heard there, not even mixed into another voice.
enum { CLUSTER = 4 };

// A style with one or two others of its cluster: 20 to 50 % of the second, 10 to 30 % of the third.
static void print_blend(struct buffer *lines, size_t cluster, char *const *styles, size_t count, const char *name,
                        double share, struct rng *rng)
{
    const char *second = path_name(styles[rng_below(rng, (uint32_t)count)]),
               *third = path_name(styles[rng_below(rng, (uint32_t)count)]);
    unsigned much = 20 + rng_below(rng, 31), some = 10 + rng_below(rng, 21);
    bool three = rng_chance(rng, .5) && third != second && strcmp(third, name) != 0;
    if (strcmp(second, name) == 0)
        return;
    buffer_print(lines, "%g\tcluster %zu\t%.*s~%.*s~%u", share, cluster, (int)strcspn(name, "."), name,
                 (int)strcspn(second, "."), second, much);
    if (three)
        buffer_print(lines, "~%.*s~%u", (int)strcspn(third, "."), third, some);
    buffer_print(lines, "\n");
}

int kokoro_list(const struct language *language, struct buffer *lines)
{
    struct text_list styles = {0};
    const char *letters = letters_of(language);
    size_t count = letters ? list_styles(&styles) : 0;
    bool all = letters && strcmp(language->code, "en") == 0;
    struct rng rng = rng_make(1, 0);
    text_list_shuffle(&styles, &rng);
    for (size_t i = 0; i < count; i++) {
        size_t cluster = i / CLUSTER, others = count - cluster * CLUSTER < CLUSTER ? count - cluster * CLUSTER : CLUSTER;
        const char *name = path_name(styles.items[i]);
        int length = (int)strcspn(name, ".");
        bool native = strchr(letters, *name) != NULL;
        if (!native && !all)
            continue;
        buffer_print(lines, "%g\tcluster %zu\t%.*s\n", native ? 2.0 : 1.0, cluster, length, name);
        for (int k = 0; k < BLENDS; k++)
            print_blend(lines, cluster, &styles.items[cluster * CLUSTER], others, name, native ? 1 : .5, &rng);
    }
    text_list_free(&styles);
    return lines->failed ? -1 : 0;
}

// $WAKESMITH_KOKORO_CROP=0: the model renders its silence, too, as it was published; it takes 1.8 times as long.
static bool wants_crop(void)
{
    const char *crop = getenv("WAKESMITH_KOKORO_CROP");
    return !crop || strcmp(crop, "0") != 0;
}

const char *kokoro_version(void)
{
    return wants_crop() ? "82M-3" : "82M-3 whole"; // of this recipe of phonemes and blends
}

// ---- speaking ---------------------------------------------------------------------------------------------

// In a child process, which ends with it: the one place for its model.
static struct {
    struct ort *ort;
    struct ort_session *session;
    struct mapping model;
    struct buffer cropped;
    const char *first_input;
} kokoro;

int kokoro_open(void)
{
    struct error error;
    char *path = kokoro_path("model.onnx");
    int code = path ? mapping_open(&kokoro.model, path, &error) : -1;
    free(path);
    if (code == 0)
        code = ort_open(&kokoro.ort, &error);
    bool cropped = code == 0 && wants_crop() && onnx_crop(kokoro.model.data, kokoro.model.size, &kokoro.cropped) == 0;
    if (cropped)
        code = ort_session_open(&kokoro.session, kokoro.ort, kokoro.cropped.data, kokoro.cropped.size, &error);
    if (code == 0 && !kokoro.session)
        code = ort_session_open(&kokoro.session, kokoro.ort, kokoro.model.data, kokoro.model.size, &error);
    kokoro.first_input = "tokens";
    return code == 0 && espeak_open() == 0 ? 0 : -1;
}

static int add_style(const char *name, size_t length, size_t row, float share, float *style)
{
    struct error error;
    struct mapping file;
    char file_name[80];
    snprintf(file_name, sizeof file_name, "styles/%.*s.bin", (int)length, name);
    char *path = kokoro_path(file_name);
    int code = path ? mapping_open(&file, path, &error) : -1;
    free(path);
    if (code < 0)
        return -1;
    if (file.size == sizeof(float) * STYLE_ROWS * STYLE_SIZE)
        for (size_t i = 0; i < STYLE_SIZE; i++)
            style[i] += share * ((const float *)file.data)[row * STYLE_SIZE + i];
    else
        code = -1;
    mapping_close(&file);
    return code;
}

// first[~other~percent]...: what the others leave is the first's.
static int make_style(const char *voice, size_t row, float style[STYLE_SIZE])
{
    size_t length = strcspn(voice, "~");
    float rest = 1;
    for (int i = 0; i < STYLE_SIZE; i++)
        style[i] = 0;
    for (const char *at = voice + length; *at;) {
        size_t name = strcspn(at + 1, "~");
        const char *percent = at + 1 + name;
        if (!*percent)
            return -1;
        float share = (float)strtod(percent + 1, NULL) / 100;
        if (add_style(at + 1, name, row, share, style) != 0)
            return -1;
        rest -= share;
        at = percent + 1 + strcspn(percent + 1, "~");
    }
    return add_style(voice, length, row, rest, style);
}

static int keep(void *context, const float *values, size_t count)
{
    struct sound *sound = context;
    if (!sound_reserve(sound, count + 1))
        return -1;
    for (size_t i = 0; i < count; i++) // peaks reach 1.1
        sound->samples[i] = fmaxf(-1.2f, fminf(1.2f, values[i])) / 1.2f;
    sound->count = count;
    sound->rate = RATE;
    return 0;
}

size_t kokoro_ids(const struct language *language, const char *voice, const char *text, int64_t *ids, size_t most)
{
    struct buffer ipa, phonemes;
    buffer_init(&ipa, 1 << 16);
    buffer_init(&phonemes, 1 << 16);
    bool english = strcmp(language->code, "en") == 0;
    size_t count = 0, length = strlen(text);
    if (is_ipa(text)) {
        english = false;
        buffer_append(&ipa, text + 2, length - 4);
        buffer_append(&ipa, "", 1);
    } else if (espeak_tied_ipa(english && *voice == 'b' ? "gmw/en" : language->espeak, text, &ipa) != 0)
        ipa.failed = true;
    if (ipa.data && !ipa.failed)
        kokoro_rewrite(ipa.data, *voice != 'b', english, &phonemes);
    if (phonemes.data && !phonemes.failed)
        count = kokoro_tokens(phonemes.data, ids, most);
    buffer_free(&ipa);
    buffer_free(&phonemes);
    return count;
}

int kokoro_speak(const struct language *language, const char *voice, const char *text, const struct prosody *prosody,
                 struct sound *sound)
{
    int64_t ids[TOKENS_MAXIMUM];
    float style[STYLE_SIZE], speed = (float)prosody->pace;
    struct error error;
    size_t count = kokoro_ids(language, voice, text, ids, TOKENS_MAXIMUM);
    if (count < 3 || make_style(voice, count - 3 < STYLE_ROWS ? count - 3 : STYLE_ROWS - 1, style) != 0)
        return -1;
    struct ort_input inputs[] = {{kokoro.first_input, ORT_INT64, ids, 2, {1, (int64_t)count}},
                                 {"style", ORT_FLOAT, style, 2, {1, STYLE_SIZE}},
                                 {"speed", ORT_FLOAT, &speed, 1, {1}}};
    int code = ort_run(kokoro.session, inputs, COUNT_OF(inputs), "audio", keep, sound, &error);
    if (code == ERROR_STATE && strcmp(kokoro.first_input, "tokens") == 0) { // other exports call it so
        inputs[0].name = kokoro.first_input = "input_ids";
        code = ort_run(kokoro.session, inputs, COUNT_OF(inputs), "audio", keep, sound, &error);
    }
    return code == 0 ? 0 : -1;
}
