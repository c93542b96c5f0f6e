// SPDX-License-Identifier: GPL-3.0-or-later
// Phonemes as a user writes them, in IPA or in espeak-ng's mnemonics, turned into mnemonics that the language knows.
//
// A sound of IPA has several mnemonics, and each language of espeak-ng knows some of them and reads them in its own
// way. So espeak-ng is asked what it makes of each, and the one wins that comes back as the sign that was written;
// without any, the first that is known at all.
#include "speech/speech_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

struct sign {
    const char *ipa;   // decomposed (NFD); the longest that fits is taken
    const char *names; // mnemonics to try, by rank; '|' between those that stand for one sign together. What other
                       // languages read as two phonemes ("A@") comes last: there it would be another sound
};

static const struct sign vowels[] = {
    {"a", "a a: A"},         {"ɐ", "a# 3 V & a @"},    {"ɑ", "A A: a"},         {"ɒ", "0 O A A: o a"},
    {"æ", "& a aa E"},       {"ɔ", "O o a"},             {"o", "o O oU u"},         {"ɔː", "O: o: O o"},
    {"oː", "o: o O: O"},       {"e", "e E eI"},          {"ɛ", "E e a"},            {"ə", "@ @2 @- E e a"},
    {"ɘ", "@ E e"},              {"ɚ", "3 @|r E|r e|r a|r"},           {"ɝ", "3: 3 @|r E|r e|r a|r"},       {"ɜ", "3: 3 @ E e"},
    {"ɜː", "3: W: Y: @: @ E e"},   {"ɪ", "I i e"},             {"ᵻ", "I# I i"},         {"ɨ", "y I# I i"},
    {"i", "i i: I e"},         {"ʏ", "y I"},             {"y", "y y: u i"},       {"ʊ", "U u o"},
    {"u", "u u: U o"},         {"ʉ", "u- u"},            {"ɯ", "@ u- u"},         {"ʌ", "V a# a A"},
    {"ɤ", "o- o V"},         {"ø", "Y W 3: E"},        {"œ", "W Y 3: E"},       {"ɵ", "8 Y W @"},
    {"ɑːɹ", "A:|r A|r a:|r a|r A@"},      {"ɔːɹ", "O:|r O|r o|r O@"},       {"ɪɹ", "I|r i|r i@3"},       {"ʊɹ", "U|r u|r U@"},
    {"ɛɹ", "E|r e|r e@"},        {"aɪ", "aI a|I a|j a|i"}, {"eɪ", "eI e|I e|j e|i"}, {"ɔɪ", "OI O|I O|j O|i"},
    {"ɔʏ", "OY O|Y O|j"},    {"ɔø", "OY O|Y O|j"},     {"aʊ", "aU a|U a|w a|u"}, {"oʊ", "oU o|U o|w o|u"},
    {"əʊ", "@U oU o|U o|u"}, {"ɪə", "I|@ i|a i@"},     {"iə", "i|@ i|a i@"},    {"eə", "e|@ e|a e@"},
    {"ɛə", "E|@ e|a e@"},    {"ʊə", "U|@ u|a U@"},     {"aɪɚ", "aI|3 aI|r a|j|r aI3"},     {"aɪə", "aI|@ a|j|a a|i|a aI@"},
};

static const struct sign consonants[] = {
    {"p", "p"},          {"b", "b p"},           {"t", "t"},           {"d", "d t"},          {"k", "k"},
    {"g", "g k"},          {"ɡ", "g k"},           {"c", "c t; k;"},     {"ɟ", "J d; g;"},    {"q", "q k"},
    {"ʔ", "?"},          {"m", "m"},           {"n", "n"},           {"ŋ", "N n|g n"},        {"ɲ", "n^ n; n|j"},
    {"ɳ", "n. n"},       {"ɴ", "N\\ N n"},     {"ʈ", "t. t"},        {"ɖ", "d. d"},       {"f", "f p\\ p"},
    {"v", "v w f b"},        {"ʋ", "v# v"},        {"θ", "T s t"},         {"ð", "D z d"},        {"s", "s"},
    {"z", "z s"},          {"ʃ", "S S; s"},           {"ʒ", "Z z S s"},           {"ɕ", "S; s\\ s; S"}, {"ʑ", "Z; z; Z"},
    {"ʂ", "s. S"},       {"ʐ", "z. Z"},        {"c\u0327", "C x"},         {"ʝ", "J^ j"},       {"x", "x X h"},
    {"ɣ", "Q gH g"},     {"χ", "X x h"},       {"ʁ", "r Q\" R"},     {"ʀ", "r R"},        {"ħ", "H h"},
    {"ʕ", "?|A A"},      {"h", "h x H Q"},         {"ɦ", "h H"},         {"β", "B v"},        {"ɸ", "p\\ f"},
    {"j", "j i"},          {"w", "w u v"},       {"ɥ", "y w j"},       {"ɹ", "r R l"},          {"r", "r R R2 l"},
    {"ɾ", "* ** r"},     {"ɽ", "r. r` r"},     {"l", "l"},           {"ɫ", "L l"},        {"ɭ", "l l."},
    {"ʎ", "l^ l; l|j"},  {"ɬ", "l# S|l"},      {"tʃ", "tS t|S tS; t|s"},     {"dʒ", "dZ d|Z d|z d|j t|S t|s"},    {"ts", "ts t|s"},
    {"dz", "dz d|z"},    {"tɕ", "ts; tS; tS"}, {"dʑ", "dz; dZ; dZ"}, {"ʈʂ", "ts. tS"},    {"pf", "pF p|f"},
    {"r̝", "R^ R Z"},     {"r̝̊", "R^ R S"},
};

// Where the sign means another sound: dictionaries of some languages write a simpler one, and [[A]] of Arabic is ʕ.
static const struct {
    const char *language;
    struct sign sign;
} habits[] = {{"en", {"r", "r"}}, {"en", {"e", "E"}}, {"de", {"r", "r"}},
              {"fr", {"r", "r"}}, {"pt", {"r", "r"}}, {"ar", {"ɑ", "a"}},
              {"ar", {"ɑːɹ", "a:|r"}}};

// What follows a sound and changes it; left out where the language knows no such sound.
static const struct sign marks[] = {
    {"ː", ":"}, {":", ":"}, {"ʲ", ";"}, {"\u0303", "~"}, {"\u0329", "-"}, {"ˤ", "H"}, {"ʰ", "#"},
    {"ˑ", ""},  {"ʷ", ""},  {"ˠ", ""},  {"ʱ", ""},       {"˞", ""},       {"ᵝ", ""},  {"̯", ""},
};
// What says nothing: between syllables and sounds (ties are taken out before).
static const char *const fillers[] = {".", "‿", "|", "‖", "-"};
static const char *const ties[] = {"\u0361", "\u035c", "^"};
static const struct {
    const char *ipa;
    char mnemonic;
} stresses[] = {{"ˈ", '\''}, {"'", '\''}, {"ˌ", ','}, {",", ','}};

static size_t begins(const char *text, const char *with)
{
    size_t length = strlen(with);
    return strncmp(text, with, length) == 0 ? length : 0;
}

static const struct sign *longest(const struct sign *signs, size_t count, const char *at)
{
    const struct sign *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (begins(at, signs[i].ipa) && (!best || strlen(signs[i].ipa) > strlen(best->ipa)))
            best = &signs[i];
    return best;
}

// ---- reading IPA ----------------------------------------------------------------------------------------

struct piece { // one sound
    const struct sign *sign;
    const char *ipa; // its text, `size` bytes
    size_t size;
    char marks[8];
    char stress; // '\'', ',' or 0; stands before the vowel
    bool vowel, starts;
};

static void read_marks(const char **at, struct piece *piece)
{
    for (const struct sign *mark; (mark = longest(marks, COUNT_OF(marks), *at)); *at += strlen(mark->ipa))
        if (strlen(piece->marks) + 1 < sizeof piece->marks)
            strcat(piece->marks, mark->names);
    // Other small changes of a sound, as dictionaries rarely write them.
    while ((unsigned char)**at == 0xcc || ((unsigned char)**at == 0xcd && (unsigned char)(*at)[1] < 0xb0))
        *at += 2;
}

static size_t filler(const char *at)
{
    for (size_t i = 0; i < COUNT_OF(fillers); i++)
        if (begins(at, fillers[i]))
            return strlen(fillers[i]);
    return 0;
}

static size_t read_stress(const char *at, char *stress)
{
    for (size_t i = 0; i < COUNT_OF(stresses); i++)
        if (begins(at, stresses[i].ipa)) {
            *stress = stresses[i].mnemonic;
            return strlen(stresses[i].ipa);
        }
    return 0;
}

static int refuse_sign(const char *at, const char *given, struct error *error)
{
    size_t size = 1;
    while (((unsigned char)at[size] & 0xc0) == 0x80)
        size++;
    return error_set(error, ERROR_USAGE, "\"%.*s\" in %.80s is no sign of IPA that is known here: write it with others",
                     (int)size, at, given);
}

static char *plain_ipa(const char *given) // decomposed, without slashes and ties; caller frees
{
    char *ipa = (char *)utf8proc_NFD((const utf8proc_uint8_t *)given), *to = ipa;
    for (const char *at = ipa ? ipa + 1 : ""; *at && *at != '/';) {
        size_t tie = 0;
        for (size_t i = 0; i < COUNT_OF(ties) && !tie; i++)
            tie = begins(at, ties[i]);
        if (!tie)
            *to++ = *at++;
        at += tie;
    }
    if (ipa)
        *to = 0;
    return ipa;
}

static int cut(const char *ipa, const char *given, struct piece pieces[PHONEMES_MAXIMUM], size_t *count,
               struct error *error)
{
    char stress = 0;
    bool starts = true;
    *count = 0;
    for (const char *at = ipa; *at;) {
        size_t skipped = *at == ' ' ? 1 : read_stress(at, &stress);
        starts = starts || *at == ' ';
        skipped = skipped ? skipped : filler(at);
        at += skipped;
        if (skipped)
            continue;
        const struct sign *vowel = longest(vowels, COUNT_OF(vowels), at),
                          *consonant = longest(consonants, COUNT_OF(consonants), at), *sign = vowel ? vowel : consonant;
        if (!sign)
            return refuse_sign(at, given, error);
        if (*count == PHONEMES_MAXIMUM)
            return error_set(error, ERROR_USAGE, "%.80s ... has more sounds than can be said", given);
        struct piece *piece = &pieces[(*count)++];
        *piece = (struct piece){.sign = sign, .ipa = at, .vowel = vowel != NULL, .starts = starts};
        if (vowel) {
            piece->stress = stress;
            stress = 0;
        }
        starts = false;
        at += strlen(sign->ipa);
        read_marks(&at, piece);
        piece->size = (size_t)(at - piece->ipa);
    }
    return *count ? 0 : error_set(error, ERROR_USAGE, "%.80s has no sound in it", given);
}

// ---- asking espeak-ng what it knows ---------------------------------------------------------------------

struct question {
    const struct text_list *texts; // [[phonemes]]
    const struct language *language;
};

static int answer_ipa(void *context, int output)
{
    const struct question *question = context;
    if (espeak_open() != 0)
        return 0; // too few answers: no voice for the language
    for (size_t i = 0; i < question->texts->count; i++) {
        struct buffer line;
        buffer_init(&line, 1 << 20);
        if (espeak_phonemes(question->texts->items[i], question->language, true, &line) != 0)
            return 0;
        buffer_append(&line, "\n", 1);
        if (line.failed || !child_write(output, line.data, line.size))
            return -1;
        buffer_free(&line);
    }
    return 0;
}

// *answers: the IPA of each of `texts`; the caller frees it in any case.
static int ask(const struct text_list *texts, const struct language *language, struct text_list *answers,
               struct error *error)
{
    struct question question = {texts, language};
    struct buffer answer = {0};
    int code = child_call(answer_ipa, &question, &answer, "what phonemes mean", error);
    char *rest = answer.data;
    while (code == 0 && rest && *rest)
        code = text_list_add(answers, strsep(&rest, "\n"), error);
    if (code == 0 && answers->count != texts->count)
        code = error_set(error, ERROR_MISSING, "no voice reads phonemes of %s (%s): install espeak-ng-data",
                         language->name, language->code);
    buffer_free(&answer);
    return code;
}

// A word of phonemes ends at the first that is not known, without a word about it: a t behind them tells.
static int ask_probe(const char *names, char stress, struct text_list *probes, struct error *error)
{
    const char mark[2] = {stress, 0};
    char *probe = text_print("[[%s%s|t]]", mark, names);
    int code = probe ? text_list_add(probes, probe, error) : error_memory(error, "phonemes");
    free(probe);
    return code;
}

static size_t probe_ends(const char *answer) // where the t stands; 0: not there
{
    size_t end = strlen(answer);
    while (end > 0 && (answer[end - 1] & 0x80)) // marks
        end--;
    return end > 1 && answer[end - 1] == 't' ? end - 1 : 0;
}

static const char *names_of(const struct sign *sign, const struct language *language)
{
    for (size_t i = 0; i < COUNT_OF(habits); i++)
        if (strcmp(habits[i].language, language->code) == 0 && strcmp(habits[i].sign.ipa, sign->ipa) == 0)
            return habits[i].sign.names;
    return sign->names;
}

// Is `answer`, without its stress and its t, what is written?
static bool is_piece(const char *answer, const struct piece *piece)
{
    size_t end = probe_ends(answer);
    char ignored;
    size_t stress = read_stress(answer, &ignored);
    return end == stress + piece->size && memcmp(answer + stress, piece->ipa, piece->size) == 0;
}

// ---- from pieces to mnemonics ---------------------------------------------------------------------------

// Every mnemonic of a piece with its marks, then every one without them.
static int list_options(const struct piece *piece, const struct language *language, struct text_list *options,
                        struct error *error)
{
    for (int plain = 0; plain <= (*piece->marks != 0); plain++)
        for (const char *at = names_of(piece->sign, language); *at; at += strspn(at, " ")) {
            size_t length = strcspn(at, " ");
            char name[32];
            bool marked = length && strchr(":;~-#", at[length - 1]) && *piece->marks == at[length - 1];
            snprintf(name, sizeof name, "%.*s%s", (int)length, at, plain || marked ? "" : piece->marks);
            TRY(text_list_add(options, name, error));
            at += length;
        }
    return 0;
}

static const char *choose(const struct piece *piece, const struct text_list *options, char *const *answers)
{
    const char *known = NULL;
    for (size_t i = 0; i < options->count; i++) {
        if (is_piece(answers[i], piece))
            return options->items[i];
        if (!known && probe_ends(answers[i]))
            known = options->items[i];
    }
    return known;
}

static int choose_all(const struct piece *pieces, size_t count, const struct text_list *options, char *const *answers,
                      const struct language *language, struct buffer *out, struct error *error)
{
    buffer_print(out, "[[");
    for (size_t i = 0; i < count; i++) {
        const struct piece *piece = &pieces[i];
        const char *name = choose(piece, &options[i], answers), stress[2] = {piece->stress, 0};
        if (!name)
            return error_set(error, ERROR_USAGE, "espeak-ng has no sound like \"%.*s\" in %s: write it with others",
                             (int)piece->size, piece->ipa, language->name);
        buffer_print(out, "%s%s%s", i == 0 ? "" : piece->starts ? " " : "|", stress, name);
        answers += options[i].count;
    }
    buffer_print(out, "]]");
    return out->failed ? error_memory(error, "phonemes") : 0;
}

int ipa_count(const char *given, size_t *sounds, struct error *error)
{
    struct piece *pieces = array_alloc(PHONEMES_MAXIMUM, sizeof *pieces);
    char *plain = plain_ipa(given);
    int code = pieces && plain ? cut(plain, given, pieces, sounds, error) : error_memory(error, "phonemes");
    free(plain);
    free(pieces);
    return code;
}

static int translate(const char *ipa, const char *given, const struct language *language, struct buffer *out,
                     struct error *error)
{
    struct piece *pieces = array_alloc(PHONEMES_MAXIMUM, sizeof *pieces);
    struct text_list *options = array_alloc(PHONEMES_MAXIMUM, sizeof *options), probes = {0}, answers = {0};
    size_t count = 0;
    int code = pieces && options ? cut(ipa, given, pieces, &count, error) : error_memory(error, "phonemes");
    for (size_t i = 0; i < count && code == 0; i++) {
        code = list_options(&pieces[i], language, &options[i], error);
        for (size_t k = 0; k < options[i].count && code == 0; k++)
            code = ask_probe(options[i].items[k], pieces[i].vowel ? '\'' : 0, &probes, error);
    }
    if (code == 0)
        code = ask(&probes, language, &answers, error);
    if (code == 0)
        code = choose_all(pieces, count, options, answers.items, language, out, error);
    for (size_t i = 0; options && i < count; i++)
        text_list_free(&options[i]);
    text_list_free(&probes);
    text_list_free(&answers);
    free(options);
    free(pieces);
    return code;
}

// ---- checking mnemonics ---------------------------------------------------------------------------------

// Asks for the whole, then for each word with a t behind it.
static int understand(const char *mnemonics, const char *given, const struct language *language, char **ipa,
                      struct error *error)
{
    struct text_list probes = {0}, answers = {0};
    struct buffer word;
    int code = text_list_add(&probes, mnemonics, error);
    const char *end = mnemonics + strlen(mnemonics) - 2;
    for (const char *at = mnemonics + 2; at < end && code == 0; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ]");
        buffer_init(&word, 1 << 16);
        buffer_append(&word, at, length);
        code = word.failed ? error_memory(error, "phonemes") : length ? ask_probe(word.data, 0, &probes, error) : 0;
        buffer_free(&word);
        at += length;
        if (*at == ']')
            break;
    }
    if (code == 0)
        code = ask(&probes, language, &answers, error);
    if (code == 0 && (answers.count < 2 || !*answers.items[0]))
        code = error_set(error, ERROR_USAGE, "%.80s has no sound that espeak-ng knows in %s", given, language->name);
    for (size_t i = 1; i < answers.count && code == 0; i++)
        if (!probe_ends(answers.items[i]))
            code = error_set(error, ERROR_USAGE, "espeak-ng understands \"%.*s\" of %.80s only as far as /%.60s/ in %s",
                             (int)(strlen(probes.items[i]) - 6), probes.items[i] + 2, given, answers.items[i],
                             language->name);
    if (code == 0 && !(*ipa = strdup(answers.items[0])))
        code = error_memory(error, "phonemes");
    text_list_free(&probes);
    text_list_free(&answers);
    return code;
}

// ---- what users write -----------------------------------------------------------------------------------

static bool is_enclosed(const char *text, const char *open, const char *close)
{
    size_t size = strlen(text), ends = strlen(open) + strlen(close);
    return size > ends && begins(text, open) && strcmp(text + size - strlen(close), close) == 0;
}

bool speech_is_phonemes(const char *text)
{
    return is_enclosed(text, "/", "/") || is_enclosed(text, "[[", "]]");
}

int speech_read_phonemes(const char *given, const struct language *language, char **mnemonics, char **ipa,
                         struct error *error)
{
    struct buffer out;
    int code = 0;
    *mnemonics = *ipa = NULL;
    if (!speech_is_phonemes(given))
        return error_set(error, ERROR_USAGE,
                         "phonemes stand between slashes in IPA, like /dʒˈɑːvɪs/, or between [[ and ]] in espeak-ng's "
                         "letters, not \"%.60s\"",
                         given);
    buffer_init(&out, 1 << 16);
    if (*given == '/') {
        char *plain = plain_ipa(given);
        code = plain ? translate(plain, given, language, &out, error) : error_memory(error, "phonemes");
        free(plain);
    } else
        buffer_print(&out, "%s", given);
    if (code == 0 && out.failed)
        code = error_memory(error, "phonemes");
    if (code == 0)
        code = understand(out.data, given, language, ipa, error);
    if (code == 0 && !(*mnemonics = strdup(out.data)))
        code = error_memory(error, "phonemes");
    if (code < 0) {
        free(*ipa);
        *ipa = NULL;
    }
    buffer_free(&out);
    return code;
}

int speech_written(const struct text_list *texts, const struct language *language, struct text_list *written,
                   struct error *error)
{
    struct text_list asked = {0}, answers = {0};
    size_t next = 0;
    int code = 0;
    *written = (struct text_list){0};
    for (size_t i = 0; i < texts->count && code == 0; i++)
        if (is_phonemes(texts->items[i]))
            code = text_list_add(&asked, texts->items[i], error);
    if (code == 0 && asked.count)
        code = ask(&asked, language, &answers, error);
    for (size_t i = 0; i < texts->count && code == 0; i++) {
        const char *ipa = is_phonemes(texts->items[i]) ? answers.items[next++] : "";
        char *text = *ipa ? text_print("/%s/", ipa) : strdup(texts->items[i]);
        code = text ? text_list_add(written, text, error) : error_memory(error, "a text");
        free(text);
    }
    text_list_free(&asked);
    text_list_free(&answers);
    if (code < 0)
        text_list_free(written);
    return code;
}

int speech_mute_engines(const char *text, const struct language *language, char names[64], struct error *error)
{
    struct voice *voices;
    size_t count, used = 0;
    names[0] = 0;
    TRY(speech_voices(language, &voices, &count, error));
    for (size_t i = 0; i < count; i++) { // sorted by engine
        const struct engine *engine = &speech_engines[speech_engine_row(voices[i].engine)];
        bool seen = i > 0 && strcmp(voices[i].engine, voices[i - 1].engine) == 0;
        if (!seen && engine->reads && !engine->reads(text) && used < 64)
            used += (size_t)snprintf(names + used, 64 - used, "%s%s", used ? ", " : "", engine->name);
    }
    free(voices);
    return 0;
}
