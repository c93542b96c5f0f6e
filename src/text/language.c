// SPDX-License-Identifier: GPL-3.0-or-later
// Every language that espeak-ng 1.51 has. The first two are the page's own; else order matters only where languages
// share letters: the last row that has any letter of a phrase wins, so a language stands behind those whose letters
// it also uses (Ukrainian behind Russian, Japanese behind Chinese).
// Titles are kept as typed where capitals do not exist or where the reference trainer keeps them.
#include "text/text_internal.h"

#include <string.h>
#include <strings.h>

// clang-format off
const struct language text_languages[] = {
    // code, other code, name, own name, script, letters, espeak-ng voice, title kept, neural voices
    {"en", "", "English", "English", "Latin", "", "gmw/en-US", false, "kokoro en_US-libritts_r-medium"},
    {"ru", "", "Russian", "Русский", "Cyrillic", "АяЁЁёё", "zle/ru", true, "ru_RU-dmitri-medium ru_RU-irina-medium"},
    {"uk", "", "Ukrainian", "Українська", "Cyrillic", "ЄЄІЇєєіїҐґ", "zle/uk", true, "uk_UA-ukrainian_tts-medium"},
    {"be", "", "Belarusian", "Беларуская", "Cyrillic", "ЎЎўў", "zle/be", true, ""},
    {"sr", "", "Serbian", "Српски", "Cyrillic", "ЂЂЈЋЏЏђђјћџџ", "zls/sr", true, "sr_RS-serbski_institut-medium"},
    {"mk", "", "Macedonian", "Македонски", "Cyrillic", "ЃЃЅЅЌЌѓѓѕѕќќ", "zls/mk", true, ""},
    {"bg", "", "Bulgarian", "Български", "Cyrillic", "", "zls/bg", true, "bg_BG-dimitar-medium"},
    {"kk", "", "Kazakh", "Қазақша", "Cyrillic", "", "trk/kk", true, "kk_KZ-issai-high"},
    {"ky", "", "Kyrgyz", "Кыргызча", "Cyrillic", "", "trk/ky", true, ""},
    {"ba", "", "Bashkir", "Башҡортса", "Cyrillic", "", "trk/ba", true, ""},
    {"cv", "", "Chuvash", "Чӑвашла", "Cyrillic", "", "trk/cv", true, ""},
    {"tt", "", "Tatar", "Татарча", "Cyrillic", "", "trk/tt", true, ""},
    {"nog", "", "Nogai", "Ногайша", "Cyrillic", "", "trk/nog", true, ""},
    {"de", "", "German", "Deutsch", "Latin", "", "gmw/de", false, "de_DE-thorsten-medium de_DE-mls-medium"},
    {"fr", "", "French", "Français", "Latin", "", "roa/fr", false, "kokoro fr_FR-siwis-medium fr_FR-mls-medium"},
    {"es", "", "Spanish", "Español", "Latin", "", "roa/es", false, "kokoro es_ES-davefx-medium es_ES-sharvard-medium"},
    {"it", "", "Italian", "Italiano", "Latin", "", "roa/it", false, "kokoro it_IT-paola-medium"},
    {"pl", "", "Polish", "Polski", "Latin", "", "zlw/pl", false, "pl_PL-darkman-medium pl_PL-gosia-medium"},
    {"nl", "", "Dutch", "Nederlands", "Latin", "", "gmw/nl", false, "nl_NL-mls-medium"},
    {"pt", "", "Portuguese", "Português", "Latin", "", "roa/pt", false, "kokoro pt_BR-faber-medium"},
    {"sv", "", "Swedish", "Svenska", "Latin", "", "gmq/sv", false, "sv_SE-nst-medium"},
    {"da", "", "Danish", "Dansk", "Latin", "", "gmq/da", false, "da_DK-talesyntese-medium"},
    {"nb", "no", "Norwegian", "Norsk", "Latin", "", "gmq/nb", false, "no_NO-talesyntese-medium"},
    {"is", "", "Icelandic", "Íslenska", "Latin", "", "gmq/is", false, "is_IS-bui-medium"},
    {"fi", "", "Finnish", "Suomi", "Latin", "", "urj/fi", false, "fi_FI-harri-medium"},
    {"et", "", "Estonian", "Eesti", "Latin", "", "urj/et", false, ""},
    {"smj", "", "Lule Saami", "Julevsámegiella", "Latin", "", "urj/smj", false, ""},
    {"lv", "", "Latvian", "Latviešu", "Latin", "", "bat/lv", false, "lv_LV-aivars-medium"},
    {"ltg", "", "Latgalian", "Latgalīšu", "Latin", "", "bat/ltg", false, ""},
    {"lt", "", "Lithuanian", "Lietuvių", "Latin", "", "bat/lt", false, ""},
    {"cs", "", "Czech", "Čeština", "Latin", "", "zlw/cs", false, "cs_CZ-jirka-medium"},
    {"sk", "", "Slovak", "Slovenčina", "Latin", "", "zlw/sk", false, "sk_SK-lili-medium"},
    {"sl", "", "Slovenian", "Slovenščina", "Latin", "", "zls/sl", false, "sl_SI-artur-medium"},
    {"hr", "", "Croatian", "Hrvatski", "Latin", "", "zls/hr", false, ""},
    {"bs", "", "Bosnian", "Bosanski", "Latin", "", "zls/bs", false, ""},
    {"sq", "", "Albanian", "Shqip", "Latin", "", "ine/sq", false, ""},
    {"hu", "", "Hungarian", "Magyar", "Latin", "", "urj/hu", false, "hu_HU-anna-medium"},
    {"ro", "", "Romanian", "Română", "Latin", "", "roa/ro", false, "ro_RO-mihai-medium"},
    {"ca", "", "Catalan", "Català", "Latin", "", "roa/ca", false, "ca_ES-upc_ona-medium"},
    {"an", "", "Aragonese", "Aragonés", "Latin", "", "roa/an", false, ""},
    {"eu", "", "Basque", "Euskara", "Latin", "", "eu", false, ""},
    {"ht", "", "Haitian Creole", "Kreyòl ayisyen", "Latin", "", "roa/ht", false, ""},
    {"pap", "", "Papiamento", "Papiamentu", "Latin", "", "roa/pap", false, ""},
    {"lb", "", "Luxembourgish", "Lëtzebuergesch", "Latin", "", "gmw/lb", false, "lb_LU-marylux-medium"},
    {"af", "", "Afrikaans", "Afrikaans", "Latin", "", "gmw/af", false, ""},
    {"ga", "", "Irish", "Gaeilge", "Latin", "", "cel/ga", false, ""},
    {"gd", "", "Scottish Gaelic", "Gàidhlig", "Latin", "", "cel/gd", false, ""},
    {"cy", "", "Welsh", "Cymraeg", "Latin", "", "cel/cy", false, "cy_GB-gwryw_gogleddol-medium"},
    {"mt", "", "Maltese", "Malti", "Latin", "", "sem/mt", false, ""},
    {"la", "", "Latin", "Latina", "Latin", "", "itc/la", false, ""},
    {"tr", "", "Turkish", "Türkçe", "Latin", "", "trk/tr", false, "tr_TR-dfki-medium"},
    {"az", "", "Azerbaijani", "Azərbaycanca", "Latin", "", "trk/az", false, ""},
    {"tk", "", "Turkmen", "Türkmençe", "Latin", "", "trk/tk", false, ""},
    {"uz", "", "Uzbek", "Oʻzbekcha", "Latin", "", "trk/uz", false, ""},
    {"ku", "", "Kurdish", "Kurdî", "Latin", "", "ira/ku", false, ""},
    {"vi", "", "Vietnamese", "Tiếng Việt", "Latin", "", "aav/vi", false, "vi_VN-vais1000-medium"},
    {"id", "", "Indonesian", "Bahasa Indonesia", "Latin", "", "poz/id", false, "id_ID-news_tts-medium"},
    {"ms", "", "Malay", "Bahasa Melayu", "Latin", "", "poz/ms", false, ""},
    {"mi", "", "Māori", "Te reo Māori", "Latin", "", "poz/mi", false, ""},
    {"haw", "", "Hawaiian", "ʻŌlelo Hawaiʻi", "Latin", "", "map/haw", false, ""},
    {"sw", "", "Swahili", "Kiswahili", "Latin", "", "bnt/sw", false, "sw_CD-lanfrica-medium"},
    {"tn", "", "Setswana", "Setswana", "Latin", "", "bnt/tn", false, ""},
    {"om", "", "Oromo", "Afaan Oromoo", "Latin", "", "cus/om", false, ""},
    {"gn", "", "Guarani", "Avañe'ẽ", "Latin", "", "sai/gn", false, ""},
    {"qu", "", "Quechua", "Runa Simi", "Latin", "", "qu", false, ""},
    {"quc", "", "K'iche'", "K'iche'", "Latin", "", "myn/quc", false, ""},
    {"nci", "", "Classical Nahuatl", "Nāhuatlahtōlli", "Latin", "", "azc/nci", false, ""},
    {"kl", "", "Greenlandic", "Kalaallisut", "Latin", "", "esx/kl", false, ""},
    {"el", "", "Greek", "Ελληνικά", "Greek", "ͰϿἀ\u1fff", "grk/el", false, "el_GR-rapunzelina-low"},
    {"grc", "", "Ancient Greek", "Ἑλληνική", "Greek", "", "grk/grc", false, ""},
    {"hy", "", "Armenian", "Հայերեն", "Armenian", "Աֆ", "ine/hy", false, ""},
    {"hyw", "", "Western Armenian", "Արեւմտահայերէն", "Armenian", "", "ine/hyw", false, ""},
    {"ka", "", "Georgian", "ქართული", "Georgian", "აჿ", "ccs/ka", true, "ka_GE-natia-medium"},
    {"he", "", "Hebrew", "עברית", "Hebrew", "\u05d0\u05ea", "sem/he", true, ""},
    {"ar", "", "Arabic", "العربية", "Arabic", "\u0620\u06ff\ufb50﷿\ufe70\ufefc", "sem/ar", true, "ar_JO-kareem-medium"},
    {"fa", "", "Persian", "فارسی", "Arabic", "\u067e\u067e\u0686\u0686\u0698\u0698\u06af\u06af", "ira/fa", true, "fa_IR-amir-medium"},
    {"ur", "", "Urdu", "اردو", "Arabic", "\u0679\u0679\u0688\u0688\u0691\u0691\u06ba\u06ba\u06d2\u06d2", "inc/ur", true, ""},
    {"sd", "", "Sindhi", "سنڌي", "Arabic", "\u067b\u067b\u0684\u0684\u068f\u068f\u06b3\u06b3", "inc/sd", true, ""},
    {"ug", "", "Uyghur", "ئۇيغۇرچە", "Arabic", "\u06c6\u06c8\u06d0\u06d0", "trk/ug", true, ""},
    {"am", "", "Amharic", "አማርኛ", "Ethiopic", "ሀፚ", "sem/am", true, ""},
    {"hi", "", "Hindi", "हिन्दी", "Devanagari", "\u0900ॿ", "inc/hi", true, "hi_IN-pratham-medium"},
    {"mr", "", "Marathi", "मराठी", "Devanagari", "ळळ", "inc/mr", true, ""},
    {"ne", "", "Nepali", "नेपाली", "Devanagari", "", "inc/ne", true, "ne_NP-google-medium"},
    {"kok", "", "Konkani", "कोंकणी", "Devanagari", "", "inc/kok", true, ""},
    {"bn", "", "Bengali", "বাংলা", "Bengali", "ঀ\u09fe", "inc/bn", true, ""},
    {"as", "", "Assamese", "অসমীয়া", "Bengali", "ৰৱ", "inc/as", true, ""},
    {"bpy", "", "Bishnupriya Manipuri", "বিষ্ণুপ্রিয়া মণিপুরী", "Bengali", "", "inc/bpy", true, ""},
    {"gu", "", "Gujarati", "ગુજરાતી", "Gujarati", "\u0a81\u0aff", "inc/gu", true, ""},
    {"pa", "", "Punjabi", "ਪੰਜਾਬੀ", "Gurmukhi", "\u0a01੶", "inc/pa", true, ""},
    {"or", "", "Oriya", "ଓଡ଼ିଆ", "Odia", "\u0b01୷", "inc/or", true, ""},
    {"ta", "", "Tamil", "தமிழ்", "Tamil", "\u0b82௺", "dra/ta", true, ""},
    {"te", "", "Telugu", "తెలుగు", "Telugu", "\u0c00౿", "dra/te", true, "te_IN-padmavathi-medium"},
    {"kn", "", "Kannada", "ಕನ್ನಡ", "Kannada", "ಀೲ", "dra/kn", true, ""},
    {"ml", "", "Malayalam", "മലയാളം", "Malayalam", "\u0d00ൿ", "dra/ml", true, "ml_IN-meera-medium"},
    {"si", "", "Sinhala", "සිංහල", "Sinhala", "\u0d81෴", "inc/si", true, ""},
    {"my", "", "Burmese", "မြန်မာ", "Myanmar", "က႟", "sit/my", true, ""},
    {"shn", "", "Shan", "လိၵ်ႈတႆး", "Myanmar", "ၵ\u108a", "tai/shn", true, ""},
    {"th", "", "Thai", "ไทย", "Thai", "ก๛", "tai/th", true, ""},
    {"zh", "cmn", "Chinese", "中文", "Han", "㐀䶿一鿿豈\ufaff𠀀\U000323af", "sit/cmn-Latn-pinyin", true, "zh_CN-huayan-medium"},
    {"yue", "", "Cantonese", "粵語", "Han", "", "sit/yue-Latn-jyutping", true, ""},
    {"hak", "", "Hakka", "客家話", "Han", "", "sit/hak", true, ""},
    {"ja", "", "Japanese", "日本語", "Kana", "ぁヿㇰㇿｦﾟ", "jpx/ja", true, ""},
    {"ko", "", "Korean", "한국어", "Hangul", "ᄀᇿ\u3130\u318f가힣", "ko", true, ""},
    {"chr", "", "Cherokee", "ᏣᎳᎩ", "Cherokee", "Ꭰᏽꭰꮿ", "iro/chr", true, ""},
    {"eo", "", "Esperanto", "Esperanto", "Latin", "", "art/eo", false, ""},
    {"ia", "", "Interlingua", "Interlingua", "Latin", "", "art/ia", false, ""},
    {"io", "", "Ido", "Ido", "Latin", "", "art/io", false, ""},
    {"lfn", "", "Lingua Franca Nova", "Lingua Franca Nova", "Latin", "", "art/lfn", false, ""},
    {"jbo", "", "Lojban", "Lojban", "Latin", "", "art/jbo", true, ""},
    {"py", "", "Pyash", "Pyash", "Latin", "", "art/py", false, ""},
    {"piqd", "", "Klingon", "tlhIngan Hol", "Latin", "", "art/piqd", true, ""},
    {"qya", "", "Quenya", "Quenya", "Latin", "", "art/qya", false, ""},
    {"sjn", "", "Sindarin", "Sindarin", "Latin", "", "art/sjn", false, ""},
    {"qdb", "", "Belter", "Lang Belta", "Latin", "", "art/qdb", false, ""},
};
// clang-format on
const size_t text_language_count = COUNT_OF(text_languages);

static const struct language *with_code(const char *code)
{
    for (size_t i = 0; i < text_language_count && *code; i++)
        if (strcasecmp(text_languages[i].code, code) == 0 || strcasecmp(text_languages[i].other_code, code) == 0)
            return &text_languages[i];
    return NULL;
}

void text_language_codes(char codes[TEXT_CODES_SIZE])
{
    size_t used = (size_t)snprintf(codes, TEXT_CODES_SIZE, "auto");
    for (size_t i = 0; i < text_language_count && used < TEXT_CODES_SIZE; i++)
        used += (size_t)snprintf(codes + used, TEXT_CODES_SIZE - used, " %s", text_languages[i].code);
}

int text_language_named(const char *code, const struct language **language, struct error *error)
{
    char codes[TEXT_CODES_SIZE];
    *language = NULL;
    if (strcasecmp(code, "auto") == 0)
        return 0;
    *language = with_code(code);
    if (*language)
        return 0;
    text_language_codes(codes);
    return error_set(error, ERROR_USAGE, "--lang %.20s is not known; possible are: %s", code, codes);
}

static bool has_letter(const struct language *language, int32_t letter)
{
    for (const char *at = language->letters; *at;) {
        int32_t first = text_next(&at), last = text_next(&at);
        if (letter >= first && letter <= last)
            return true;
    }
    return false;
}

const struct language *text_language_of(const char *phrase)
{
    size_t best = 0; // English
    for (int32_t letter; (letter = text_next(&phrase)) != 0;)
        for (size_t i = text_language_count - 1; i > best; i--)
            if (has_letter(&text_languages[i], letter))
                best = i;
    return &text_languages[best];
}
