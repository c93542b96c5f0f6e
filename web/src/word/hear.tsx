// SPDX-License-Identifier: GPL-3.0-or-later
// How the phrase will be spoken: clips of the voices that training uses, played one after the other.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import type { PreviewClip } from "../api-types";
import { t } from "../i18n";
import { Button, Card, Notice, playInTurn, PlayButton, stopPlaying, usePlaying } from "../ui";
import { spellingsOf, spokenText, voiceName } from "./draft";
import type { Draft } from "./draft";

const CLIPS = 5;

export function Hear({ draft, disabled }: { draft: Draft; disabled: boolean }) {
    const also = spellingsOf(draft),
        phrase = draft.phrase.trim();
    const wanted = JSON.stringify([phrase, draft.lang, draft.phonemes, also]);
    const [clips, setClips] = useState<PreviewClip[] | null>(null);
    const [lacking, setLacking] = useState<string | null>(null); // why some voices are not among them
    const [busy, setBusy] = useState(false),
        [trouble, setTrouble] = useState<string | null>(null);
    const request = useRef<AbortController | null>(null);
    const playing = usePlaying(),
        sounds = clips?.some(clip => clip.url === playing) ?? false;
    useEffect(() => {
        // clips of another phrase are not this phrase
        setClips(null);
        setTrouble(null);
        return () => {
            request.current?.abort();
            setBusy(false);
            stopPlaying();
        };
    }, [wanted]);

    async function hear(): Promise<void> {
        if (sounds) return stopPlaying();
        if (clips) return playInTurn(clips.map(clip => clip.url)).catch(() => {});
        const mine = (request.current = new AbortController());
        setBusy(true);
        setTrouble(null);
        try {
            const answer = await api.preview(
                { phrase, lang: draft.lang, phonemes: draft.phonemes, also, clips: CLIPS },
                mine.signal,
            );
            if (mine.signal.aborted) return;
            setClips(answer.clips);
            setLacking(answer.notice ?? null);
            setBusy(false);
            // a browser that wants another click to play sound still shows the buttons
            await playInTurn(answer.clips.map(clip => clip.url)).catch(() => {});
        } catch (error) {
            if (!mine.signal.aborted) setTrouble(sentenceOf(error));
        }
        if (!mine.signal.aborted) setBusy(false);
    }

    const label = sounds ? t("word.hear_stop") : clips ? t("word.hear_again") : t("word.hear_button");
    return (
        <Card
            title={t("word.hear")}
            aside={
                <Button icon={sounds ? "stop" : "speak"} busy={busy} disabled={disabled} onClick={hear}>
                    {label}
                </Button>
            }>
            <p class="muted">{busy ? t("word.hearing") : t("word.hear_lead")}</p>
            {trouble && <Notice tone="bad">{trouble}</Notice>}
            {clips && lacking && <Notice>{lacking}</Notice>}
            {clips && (
                <ul class="clips">
                    {clips.map(clip => (
                        <li key={clip.url} class={clip.url === playing ? "clip clip-plays" : "clip"}>
                            <PlayButton
                                url={clip.url}
                                label={`${t("app.play")}: ${t("word.voice", { name: voiceName(clip.voice) })}`}
                            />
                            <span class="clip-text">
                                <strong>{voiceName(clip.voice)}</strong>
                                <span class="muted small">{spokenText(clip.text, draft)}</span>
                            </span>
                        </li>
                    ))}
                </ul>
            )}
        </Card>
    );
}
