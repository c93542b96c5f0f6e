// SPDX-License-Identifier: GPL-3.0-or-later
// Accents: a text as speakers of other dialects and languages say it. An espeak-ng voice of theirs reads the text as it
// is spelt, and as one of them would spell what it sounds like ("джарвис" for "jarvis"). What comes out is kept when it
// is still the same word: by a distance between rows of IPA phones with articulatory costs.
#include "speech/speech_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- how one would spell it -----------------------------------------------------------------------------

// What letters stand for, in this order; sounds that are none of these are spelt as the one that comes closest.
static const char *const spelt[] = {"p", "b", "t",  "d", "k", "ɡ", "f", "v", "s", "z", "ʃ", "ʒ", "tʃ", "dʒ", "ts", "h",
                                    "m", "n", "ɲ", "l", "r", "j", "w", "i", "e", "a", "o", "u", "ə", "y", "ø"};
enum { SPELT = COUNT_OF(spelt), VOWELS = 8 /* the last of them */ };

// A voice reads the text as it is spelt, and in its own letters where they stand here: separated by spaces, "-" for a
// sound that is left out. `end` follows a consonant at the end of a word. `join` follows a consonant before another
// one, and `alone` are the vowels where no consonant is before them: scripts whose consonants bring a vowel.
struct accent {
    const char *voice, *letters, *end, *join, *alone;
    int share; // times that it stands in the list
};
static const struct accent accents[] = {
    {"en-us", "", "", "", "", 2},
    {"gmw/en", "", "", "", "", 2},
    {"en-gb-scotland", "", "", "", "", 2},
    {"en-gb-x-gbclan", "", "", "", "", 2},
    {"en-gb-x-gbcwmd", "", "", "", "", 2},
    {"en-gb-x-rp", "", "", "", "", 2},
    {"en-029", "", "", "", "", 2},
    {"en-us-nyc", "", "", "", "", 2},
    {"de", "p b t d k g f w ss s sch sch tsch dsch z h m n nj l r j w i e a o u e ü ö", "", "", "", 1},
    {"nl", "p b t d k k f v s z sj zj tsj dzj ts h m n nj l r j w ie e a o oe e uu eu", "", "", "", 1},
    {"fr-fr", "p b t d k g f v ss z ch j tch dj ts - m n gn l r y ou i é a o ou e u eu", "e", "", "", 1},
    {"es", "p b t d k g f v s s ch y ch y ts j m n ñ l r i u i e a o u e i e", "", "", "", 1},
    {"es-419", "p b t d k g f v s s ch y ch y ts j m n ñ l r i u i e a o u e i e", "", "", "", 1},
    {"it", "p b t d k gh f v s s sci gi ci gi z - m n gn l r i u i e a o u e i e", "", "", "", 1},
    {"pt", "p b t d k g f v ss z ch j tch dj ts rr m n nh l r i u i e a o u e i e", "", "", "", 1},
    {"pt-br", "p b t d k g f v ss z ch j tch dj ts rr m n nh l r i u i e a o u e i e", "", "", "", 1},
    {"ro", "p b t d k g f v s z ș j tș dj ț h m n ni l r i u i e a o u ă iu e", "", "", "", 1},
    {"pl", "p b t d k g f w s z sz ż cz dż c h m n ń l r j ł i e a o u e i e", "", "", "", 1},
    {"cs", "p b t d k g f v s z š ž č dž c h m n ň l r j v i e a o u e i e", "", "", "", 1},
    {"hr", "p b t d k g f v s z š ž č dž c h m n nj l r j v i e a o u e i e", "", "", "", 1},
    {"hu", "p b t d k g f v sz z s zs cs dzs c h m n ny l r j v i e á o u ö ü ö", "", "", "", 1},
    {"fi", "p b t d k g f v s s š š tš dž ts h m n nj l r j v i e a o u e y ö", "", "", "", 1},
    {"sv", "p b t d k g f v s s sj sj tj dj ts h m n nj l r j v i e a å o e y ö", "", "", "", 1},
    {"da", "", "", "", "", 1},
    {"nb", "", "", "", "", 1},
    {"tr", "p b t d k g f v s z ş j ç c ts h m n ny l r y v i e a o u ı ü ö", "", "", "", 1},
    {"el", "π μπ τ ντ κ γκ φ β σ ζ σ ζ τσ τζ τσ χ μ ν νι λ ρ γι ου ι ε α ο ου ε ι ε", "", "", "", 1},
    {"id", "p b t d k g f v s z sy j c j ts h m n ny l r y w i e a o u e i e", "", "", "", 1},
    {"sw", "p b t d k g f v s z sh j ch j ts h m n ny l r y w i e a o u a i e", "", "", "", 1},
    {"af", "", "", "", "", 1},
    {"ru", "п б т д к г ф в с з ш ж ч дж ц х м н нь л р й в и э а о у э ю ё", "", "", "", 1},
    {"uk", "п б т д к ґ ф в с з ш ж ч дж ц г м н нь л р й в і е а о у е ю е", "", "", "", 1},
    {"bg", "п б т д к г ф в с з ш ж ч дж ц х м н нь л р й у и е а о у ъ ю е", "", "", "", 1},
    {"hi", "प ब ट ड क ग फ व स ज़ श झ च ज त्स ह म न ञ ल र य व ि े ा ो ु - ि े", "", "्", "इ ए आ ओ उ अ इ ए", 1},
    {"bn", "প ব ট ড ক গ ফ ভ স জ শ জ চ জ ত্স হ ম ন ঞ ল র য় ও ি ে া ো ু - ি ে", "", "্", "ই এ আ ও উ অ ই এ", 1},
};

// Columns of a row of letters: *letter is not ended. False without such a column.
static bool letter_of(const char *letters, size_t column, const char **letter, size_t *length)
{
    for (; column > 0 && *letters; column--) {
        letters += strcspn(letters, " ");
        letters += *letters == ' ';
    }
    *letter = letters;
    *length = strcspn(letters, " ");
    return *length > 0;
}

static size_t closest_spelt(const struct phone *phone)
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t i = 0; i < SPELT; i++) {
        struct phones one;
        phones_read(spelt[i], &one);
        double cost = phone_change(phone, &one.items[0]);
        best = cost < least ? i : best;
        least = fmin(cost, least);
    }
    return best;
}

// As a speaker of the accent would write what was heard.
static void respell(const struct accent *accent, const struct phones *heard, struct buffer *out)
{
    bool after_consonant = false; // of the same word
    for (size_t i = 0; i < heard->count; i++) {
        const struct phone *phone = &heard->items[i];
        size_t column = closest_spelt(phone), length = 0;
        bool vowel = column >= SPELT - VOWELS;
        bool last = i + 1 == heard->count || heard->items[i + 1].starts;
        const char *letter = "";
        if (phone->starts && i > 0) {
            buffer_print(out, " ");
            after_consonant = false;
        }
        if (vowel && !after_consonant && *accent->alone)
            letter_of(accent->alone, column - (SPELT - VOWELS), &letter, &length);
        else
            letter_of(accent->letters, column, &letter, &length);
        if (!vowel && after_consonant)
            buffer_print(out, "%s", accent->join);
        if (length > 0 && *letter != '-')
            buffer_append(out, letter, length);
        if (!vowel && last)
            buffer_print(out, "%s", accent->end);
        after_consonant = !vowel;
    }
}

// ---- asking espeak-ng -----------------------------------------------------------------------------------

struct reading { // what is asked: this voice reads this text
    const char *voice;
    char *text; // owned; NULL: nothing to ask
    size_t of;  // index of the text it stands for
    int share;
    char *ipa; // the answer, in the memory of the answers; "" when the voice does not read it
};
struct readings {
    struct reading *items;
    size_t count;
};

static int answer_readings(void *context, int output)
{
    const struct readings *readings = context;
    if (espeak_open() != 0)
        return -1;
    for (size_t i = 0; i < readings->count; i++) {
        struct buffer line;
        buffer_init(&line, 1 << 16);
        // "(en)...": the voice goes over to another language; that is no accent.
        if (espeak_tied_ipa(readings->items[i].voice, readings->items[i].text, &line) != 0 || !line.data ||
            strchr(line.data, '('))
            line.size = 0;
        buffer_append(&line, "\n", 1);
        if (line.failed || !child_write(output, line.data, line.size))
            return -1;
        buffer_free(&line);
    }
    return 0;
}

static int ask(struct readings *readings, struct buffer *answer, struct error *error)
{
    TRY(child_call(answer_readings, readings, answer, "how other voices read a text", error));
    char *rest = answer->data, none[] = "", *line;
    for (size_t i = 0; i < readings->count; i++)
        readings->items[i].ipa = rest && (line = strsep(&rest, "\n")) ? line : none;
    return 0;
}

static void readings_close(struct readings *readings)
{
    for (size_t i = 0; i < readings->count; i++)
        free(readings->items[i].text);
    free(readings->items);
    *readings = (struct readings){0};
}

// ---- the whole ------------------------------------------------------------------------------------------


static int read_own(const struct text_list *texts, const struct language *language, struct phones *own,
                    struct error *error)
{
    struct readings readings = {array_alloc(texts->count + 1, sizeof *readings.items), texts->count};
    struct buffer answer = {0};
    if (!readings.items)
        return error_memory(error, "the accents");
    int code = 0;
    for (size_t i = 0; i < texts->count && code == 0; i++) {
        readings.items[i] = (struct reading){.voice = language->espeak, .text = strdup(texts->items[i]), .of = i};
        code = readings.items[i].text ? 0 : error_memory(error, "the accents");
    }
    if (code == 0)
        code = ask(&readings, &answer, error);
    bool english = strcmp(language->code, "en") == 0;
    for (size_t i = 0; i < texts->count && code == 0; i++) {
        char *ipa = (char *)readings.items[i].ipa, *flap;
        for (; english && (flap = strstr(ipa, "ɾ")); ipa = flap) { // an American t or d, no r
            *flap = 't';
            memmove(flap + 1, flap + strlen("ɾ"), strlen(flap + strlen("ɾ")) + 1);
        }
        phones_read(readings.items[i].ipa, &own[i]);
    }
    buffer_free(&answer);
    readings_close(&readings);
    return code;
}

static int add_reading(struct readings *readings, const struct accent *accent, const char *text, size_t of,
                       struct error *error)
{
    char *copy = strdup(text);
    readings->items[readings->count] = (struct reading){.voice = accent->voice, .text = copy, .of = of,
                                                        .share = accent->share};
    readings->count += copy != NULL;
    return copy ? 0 : error_memory(error, "the accents");
}

static int add_readings(struct readings *readings, const struct text_list *texts, const struct phones *own,
                        struct error *error)
{
    readings->items = array_alloc(2 * COUNT_OF(accents) * texts->count + 1, sizeof *readings->items);
    if (!readings->items)
        return error_memory(error, "the accents");
    for (size_t i = 0; i < texts->count; i++)
        for (size_t k = 0; k < COUNT_OF(accents); k++) {
            struct buffer text;
            if (!is_phonemes(texts->items[i])) // another voice knows other phonemes
                TRY(add_reading(readings, &accents[k], texts->items[i], i, error));
            if (!*accents[k].letters)
                continue;
            buffer_init(&text, 1 << 16);
            respell(&accents[k], &own[i], &text);
            int code = text.data && !text.failed ? add_reading(readings, &accents[k], text.data, i, error) : 0;
            buffer_free(&text);
            TRY(code);
        }
    return 0;
}

static bool is_listed(const struct text_list *list, size_t from, const char *text)
{
    for (size_t i = from; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}

// Adds "[/ipa/]" when the reading is the text still, and is not what is to be avoided.
static int take_reading(const struct reading *reading, const struct phones *own, const struct phones *avoid,
                        size_t avoid_count, size_t from, struct text_list *accents_of, struct error *error)
{
    struct phones heard;
    char *text = text_print("[/%s/]", reading->ipa);
    if (!text)
        return error_memory(error, "the accents");
    phones_read(reading->ipa, &heard);
    bool good = heard.count > 0 && phones_same_word(own, &heard) && !is_listed(accents_of, from, text);
    for (size_t i = 0; i < avoid_count && good; i++)
        good = !phones_same_word(&avoid[i], &heard);
    int code = 0;
    for (int i = 0; i < reading->share && good && code == 0; i++)
        code = text_list_add(accents_of, text, error);
    free(text);
    return code;
}

// Of what was found for one text, `most`.
static void draw_some(struct text_list *list, size_t from, size_t most, struct rng *rng)
{
    for (size_t i = from; i < list->count && i < from + most; i++) {
        size_t other = i + rng_below(rng, (uint32_t)(list->count - i));
        char *swap = list->items[i];
        list->items[i] = list->items[other];
        list->items[other] = swap;
    }
    while (list->count > from + most)
        free(list->items[--list->count]);
}

int speech_accents(const struct text_list *texts, const struct language *language, const struct text_list *avoid,
                   size_t each, uint64_t seed, struct text_list *list, struct error *error)
{
    struct phones *own = array_alloc(texts->count + 1, sizeof *own);
    size_t avoided = avoid ? avoid->count : 0;
    struct phones *others = array_alloc(avoided + 1, sizeof *others);
    struct readings readings = {0};
    struct buffer answer = {0};
    struct rng rng = rng_make(seed_mix(seed, "accents"), 0);
    int code = own && others ? 0 : error_memory(error, "the accents");
    *list = (struct text_list){0};
    if (code == 0)
        code = read_own(texts, language, own, error);
    if (code == 0 && avoided)
        code = read_own(avoid, language, others, error);
    if (code == 0)
        code = add_readings(&readings, texts, own, error);
    if (code == 0)
        code = ask(&readings, &answer, error);
    for (size_t i = 0, from = 0; i < readings.count && code == 0; i++) {
        const struct reading *reading = &readings.items[i];
        if (i == 0 || readings.items[i - 1].of != reading->of)
            from = list->count;
        code = take_reading(reading, &own[reading->of], others, avoided, from, list, error);
        bool last = i + 1 == readings.count || readings.items[i + 1].of != reading->of;
        if (last && each && code == 0)
            draw_some(list, from, each, &rng);
    }
    text_list_shuffle(list, &rng);
    if (code < 0)
        text_list_free(list);
    buffer_free(&answer);
    readings_close(&readings);
    free(others);
    free(own);
    return code;
}
