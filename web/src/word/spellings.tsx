// SPDX-License-Identifier: GPL-3.0-or-later
// Other ways to write the same word, each a field of its own.
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { Button, Card, Help } from "../ui";
import { SPELLINGS_MOST } from "./draft";

export function Spellings({ also, change }: { also: string[]; change: (also: string[]) => void }) {
    const list = useRef<HTMLOListElement>(null),
        added = useRef(false);
    useEffect(() => {
        // a field that was asked for is the one to type in
        if (added.current) list.current?.querySelector<HTMLInputElement>("li:last-child input")?.focus();
        added.current = false;
    }, [also.length]);
    const add = () => {
        added.current = true;
        change([...also, ""]);
    };
    return (
        <Card
            title={
                <>
                    {t("word.also")} <Help text={t("word.also_help")} />
                </>
            }
            aside={
                also.length < SPELLINGS_MOST && (
                    <Button icon="add" onClick={add}>
                        {t("word.also_add")}
                    </Button>
                )
            }>
            <p class="muted">{also.length < SPELLINGS_MOST ? t("word.also_lead") : t("word.also_full")}</p>
            {also.length > 0 && (
                <ol class="spellings" ref={list}>
                    {also.map((text, index) => (
                        <li key={index}>
                            <input
                                type="text"
                                value={text}
                                maxLength={200}
                                autoComplete="off"
                                spellcheck={false}
                                aria-label={t("word.also_nth", { n: index + 1 })}
                                onInput={event =>
                                    change(also.map((old, at) => (at === index ? event.currentTarget.value : old)))
                                }
                            />
                            <Button
                                kind="quiet"
                                icon="close"
                                label={t("word.also_remove", { n: index + 1 })}
                                onClick={() => change(also.filter((_, at) => at !== index))}
                            />
                        </li>
                    ))}
                </ol>
            )}
        </Card>
    );
}
