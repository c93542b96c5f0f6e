// SPDX-License-Identifier: GPL-3.0-or-later
// How the phrase is said, in IPA: as it is read, or as somebody changed it.
import { useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Button, Help } from "../ui";
import { ipaOf, phonemesOf, SIGNS } from "./draft";

function Signs({ put }: { put: (sign: string) => void }) {
    return (
        <div class="signs" role="group" aria-label={t("word.spoken_signs")}>
            {SIGNS.map(sign => (
                <button key={sign} type="button" class="sign" lang="und-fonipa" onClick={() => put(sign)}>
                    {sign}
                </button>
            ))}
        </div>
    );
}

// `read`: how it is read, while nothing is changed. `change` gets "/IPA/", or "" for as it is read.
export function Spoken({
    read,
    phonemes,
    change,
}: {
    read: string;
    phonemes: string;
    change: (phonemes: string) => void;
}) {
    const field = useRef<HTMLInputElement>(null);
    const [typed, setTyped] = useState<string | null>(null); // null: nobody edits
    const open = typed !== null || phonemes !== "";
    const edit = (text: string) => {
        setTyped(text);
        change(phonemesOf(text));
    };
    const put = (sign: string) => {
        const input = field.current;
        if (!input) return;
        input.setRangeText(sign, input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length, "end");
        input.focus();
        edit(input.value);
    };
    return (
        <div class={open ? "word-fact word-fact-edit" : "word-fact word-fact-wide"}>
            <dt>
                {t("word.spoken")} <Help text={t("word.spoken_help")} />
            </dt>
            {open ? (
                <dd class="stack-close">
                    <input
                        ref={field}
                        class="ipa"
                        type="text"
                        lang="und-fonipa"
                        value={typed ?? ipaOf(phonemes)}
                        maxLength={190}
                        autoComplete="off"
                        autoCapitalize="off"
                        spellcheck={false}
                        aria-label={t("word.spoken_field")}
                        onInput={event => edit(event.currentTarget.value)}
                    />
                    <Signs put={put} />
                    <div class="row">
                        {phonemes !== "" && <span class="changed small">{t("word.spoken_changed")}</span>}
                        <Button
                            kind="quiet"
                            icon="undo"
                            onClick={() => {
                                setTyped(null);
                                change("");
                            }}>
                            {t("word.spoken_back")}
                        </Button>
                    </div>
                </dd>
            ) : (
                <dd class="row spoken">
                    <span class="ipa" lang="und-fonipa">
                        {read}
                    </span>
                    {read && (
                        <Button
                            kind="quiet"
                            onClick={() => {
                                setTyped(read);
                                requestAnimationFrame(() => field.current?.focus());
                            }}>
                            {t("word.spoken_change")}
                        </Button>
                    )}
                </dd>
            )}
        </div>
    );
}
